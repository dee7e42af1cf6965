"""What a chat costs, compared with a bare workflow on the same server in the same run.

The floor is a workflow whose update handler returns at once. Everything above that is Baton: the queue, the
decision as a local activity, the database, search attributes and writes.
"""

from __future__ import annotations

import asyncio
import statistics
import tempfile
import time
from collections.abc import Awaitable, Callable
from pathlib import Path

from rich.console import Console
from rich.table import Table
from temporalio.client import Client, WorkflowHistory
from temporalio.worker import Replayer, Worker

from baton.temporal.plugin import BatonPlugin
from lab.bench.floors.workflows import Bare
from lab.bench.tables import table_of
from lab.rig import CHANNEL, Rig, billed, event, fresh, open_rig
from lab.server import running_server
from workflows.chat import Chat

MESSAGES = 20
CHATS = 40
AT_ONCE = 20


async def _seconds(call: Callable[[], Awaitable[object]]) -> float:
    started = time.perf_counter()
    await call()
    return time.perf_counter() - started


async def _bare(client: Client, queue: str) -> tuple[list[float], float, WorkflowHistory]:
    """Latency of updates one after another, seconds for all chats at once, and one history."""
    first = await client.start_workflow(Bare.run, id=fresh("bare"), task_queue=queue)
    latencies = [
        await _seconds(lambda: first.execute_update(Bare.take, event("customer_message", "customer")))
        for _ in range(MESSAGES)
    ]
    gate = asyncio.Semaphore(AT_ONCE)

    async def one() -> None:
        async with gate:
            handle = await client.start_workflow(Bare.run, id=fresh("bare"), task_queue=queue)
            for _ in range(MESSAGES):
                await handle.execute_update(Bare.take, event("customer_message", "customer"))

    together = await _seconds(lambda: asyncio.gather(*(one() for _ in range(CHATS))))
    return latencies, together, await first.fetch_history()


async def _talk(rig: Rig, chat: str) -> list[float]:
    """A conversation: the customer and Ivan write in turn."""
    turns = (lambda: rig.customer(chat), lambda: rig.staff(chat, "ivan"))
    return [await _seconds(turns[number % 2]) for number in range(MESSAGES)]


async def _chats(rig: Rig) -> tuple[list[float], float, WorkflowHistory]:
    chat = fresh("talk")
    latencies = await _talk(rig, chat)
    await rig.settled(chat)
    gate = asyncio.Semaphore(AT_ONCE)

    async def one() -> None:
        async with gate:
            await _talk(rig, fresh("talk"))

    together = await _seconds(lambda: asyncio.gather(*(one() for _ in range(CHATS))))
    return latencies, together, await rig.history(chat)


async def _replay(kind: type, history: WorkflowHistory) -> float:
    replayer = Replayer(workflows=[kind], plugins=[BatonPlugin()])
    await replayer.replay_workflow(history)
    return statistics.median([await _seconds(lambda: replayer.replay_workflow(history)) for _ in range(5)])


def _size(history: WorkflowHistory) -> int:
    return sum(item.ByteSize() for item in history.events)


async def _measure() -> Table:
    async with running_server() as server:
        async with Worker(server.client, task_queue="bench-bare", workflows=[Bare]):
            bare_latencies, bare_together, bare_history = await _bare(server.client, "bench-bare")
        with tempfile.TemporaryDirectory() as folder:
            async with open_rig(server, Path(folder), "bench-chat") as rig:
                latencies, together, history = await _chats(rig)
    bare_replay, replay = await _replay(Bare, bare_history), await _replay(Chat, history)

    table = table_of(f"A chat of {MESSAGES} messages beside a bare workflow", "bare", "chat", "ratio")
    rows: list[tuple[str, float, float, str]] = [
        ("latency of a message, median, ms", _ms(bare_latencies), _ms(latencies), ".1f"),
        (f"messages a second, {AT_ONCE} at once", _rate(bare_together), _rate(together), ".0f"),
        ("replay of the history, ms", bare_replay * 1000, replay * 1000, ".1f"),
        ("events in the history", len(bare_history.events), len(history.events), ".0f"),
        ("size of the history, bytes", _size(bare_history), _size(history), ".0f"),
        ("billed actions", len(billed(bare_history)), len(billed(history)), ".0f"),
    ]
    for name, floor, value, form in rows:
        table.add_row(name, format(floor, form), format(value, form), f"{value / floor:.2f}")
    return table


def _ms(latencies: list[float]) -> float:
    return statistics.median(latencies) * 1000


def _rate(seconds: float) -> float:
    return CHATS * MESSAGES / seconds


def main() -> None:
    """Measure, and print the table."""
    console = Console()
    console.print(f"{CHATS} chats of {MESSAGES} messages on {CHANNEL}; the first is measured alone …")
    console.print(asyncio.run(_measure()))
