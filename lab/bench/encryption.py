"""What encryption costs: the same conversations with keys and without, on the same server in the same run.

Rounds of both alternate, so that other load on the machine affects both.
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
from temporalio.testing import WorkflowEnvironment
from temporalio.worker import Replayer

from baton.temporal.codec import EncryptionCodec
from baton.temporal.keys import KeyRing, new_key
from baton.temporal.plugin import BatonPlugin
from lab.bench.tables import table_of
from lab.rig import Rig, fresh, open_rig
from lab.server import running_server
from workflows.chat import Chat

MESSAGES = 20
CHATS = 20
AT_ONCE = 10
ROUNDS = 5


async def _seconds(call: Callable[[], Awaitable[object]]) -> float:
    started = time.perf_counter()
    await call()
    return time.perf_counter() - started


async def _talk(rig: Rig, chat: str) -> list[float]:
    """A conversation: the customer and Ivan write in turn. Seconds for each message."""
    turns = (lambda: rig.customer(chat), lambda: rig.staff(chat, "ivan"))
    return [await _seconds(turns[number % 2]) for number in range(MESSAGES)]


async def _many(rig: Rig) -> float:
    gate = asyncio.Semaphore(AT_ONCE)

    async def one() -> None:
        async with gate:
            await _talk(rig, fresh("talk"))

    return CHATS * MESSAGES / await _seconds(lambda: asyncio.gather(*(one() for _ in range(CHATS))))


class _Side:
    """One of the two: its measurements, round by round."""

    def __init__(self, rig: Rig, plugin: BatonPlugin) -> None:
        self.rig = rig
        self.replayer = Replayer(workflows=[Chat], plugins=[plugin])
        self.latencies: list[float] = []
        self.rates: list[float] = []
        self.replays: list[float] = []
        self.history = WorkflowHistory("", [])

    async def measure(self) -> None:
        chat = fresh("talk")
        self.latencies += await _talk(self.rig, chat)
        await self.rig.settled(chat)
        self.history = await self.rig.history(chat)
        self.replays.append(await _seconds(lambda: self.replayer.replay_workflow(self.history)))
        self.rates.append(await _many(self.rig))


async def _measure() -> Table:
    plugins = [BatonPlugin(), BatonPlugin(EncryptionCodec(KeyRing({"bench": new_key()})))]
    async with running_server() as server:
        address = server.client.service_client.config.target_host
        with tempfile.TemporaryDirectory() as folder:
            environments = [
                WorkflowEnvironment.from_client(await Client.connect(address, plugins=[plugin]))
                for plugin in plugins
            ]
            async with (
                open_rig(environments[0], Path(folder) / "0", "bench-plain") as plain,
                open_rig(environments[1], Path(folder) / "1", "bench-encrypted") as encrypted,
            ):
                sides = [_Side(rig, plugin) for rig, plugin in zip((plain, encrypted), plugins, strict=True)]
                for turn in range(ROUNDS + 1):
                    for side in sides[:: -1 if turn % 2 else 1]:
                        await side.measure()
                    if turn == 0:  # to warm up
                        for side in sides:
                            for found in (side.latencies, side.rates, side.replays):
                                found.clear()
    table = table_of(f"A chat of {MESSAGES} messages, with keys and without", "plain", "encrypted", "ratio")
    for name, form, value in _ROWS:
        floor, above = (value(side) for side in sides)
        table.add_row(name, format(floor, form), format(above, form), f"{above / floor:.2f}")
    return table


_ROWS: list[tuple[str, str, Callable[[_Side], float]]] = [
    ("latency of a message, median, ms", ".1f", lambda side: statistics.median(side.latencies) * 1000),
    (f"messages a second, {AT_ONCE} at once", ".0f", lambda side: statistics.median(side.rates)),
    ("replay of the history, ms", ".1f", lambda side: statistics.median(side.replays) * 1000),
    ("size of the history, bytes", ".0f", lambda side: sum(one.ByteSize() for one in side.history.events)),
]


def main() -> None:
    """Measure, and print the table."""
    console = Console()
    console.print(f"{ROUNDS} rounds of each, in turns …")
    console.print(asyncio.run(_measure()))
