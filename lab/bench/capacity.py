"""What one case costs, and what a given number of cases needs: the figures of docs/capacity.md.

A real server with a database file, a worker in its own process, and the embedded help desk on SQLite.
The measured totals are divided by the number of cases, and multiplied for other numbers of cases.
"""

from __future__ import annotations

import asyncio
import os
import sys
import tempfile
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

from rich.console import Console
from rich.table import Table

from baton.settings import CHECKOUT
from lab.bench.tables import table_of
from lab.departments import ANSWERS, QUIET, SEPARATE_RIG
from lab.processes import processor_seconds, resident_bytes
from lab.rig import Rig, billed, fresh, open_rig
from lab.server import plain_server
from worker import READY

CHATS, MESSAGES = 100, 8
TICKETS = 40
AT_ONCE = 10

MONTH = 30 * 24 * 3600.0
PEAK = 4.0
"""The load of the busiest minute, as a multiple of the average."""
BUSY = 0.6
"""The share of a core that a worker may use on average in the busiest minute."""
DOLLARS_PER_MILLION_ACTIONS = 50.0
"""List price of the first tier in 2026; see docs/capacity.md."""


@dataclass(frozen=True)
class Cost:
    """What one case costs, on average."""

    events: float
    """History events."""
    history: float
    """Bytes of history, as Temporal counts them."""
    server: float
    """Bytes in the server's database."""
    desk: float
    """Bytes in the help desk's database."""
    cpu: float
    """Seconds of the worker's processor."""
    actions: float


@dataclass(frozen=True)
class Place:
    """Where everything runs."""

    rig: Rig
    worker: int
    """Process ID."""
    server_files: Path
    desk_files: Path

    def cpu(self) -> float:
        """Seconds of processor time that the worker has used."""
        return processor_seconds(self.worker)

    def memory(self) -> int:
        """The worker's resident memory, in bytes."""
        return resident_bytes(self.worker)


def _size(files: Path) -> int:
    """The size of a SQLite database in bytes, including what is not yet in its main file."""
    return sum(path.stat().st_size for path in files.parent.glob(f"{files.name}*"))


@asynccontextmanager
async def running_place(folder: Path) -> AsyncIterator[Place]:
    server_files = folder / "temporal.db"
    async with (
        plain_server(server_files) as environment,
        open_rig(environment, folder, "bench-capacity", working=False, **SEPARATE_RIG) as rig,
    ):
        config = environment.client.service_client.config
        worker = await asyncio.create_subprocess_exec(
            sys.executable,
            "worker.py",
            cwd=CHECKOUT,
            env={
                **os.environ,
                **rig.settings.as_environment(),
                "TEMPORAL_ADDRESS": config.target_host,
                "TEMPORAL_NAMESPACE": environment.client.namespace,
            },
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.DEVNULL,
        )
        try:
            assert worker.stdout is not None
            while (line := await worker.stdout.readline()).decode().strip() != READY:
                if not line:
                    raise RuntimeError("the worker ended before it was ready")
            yield Place(rig, worker.pid, server_files, folder / "baton.db")
        finally:
            worker.terminate()
            await worker.wait()


async def _together(play: Callable[[str], Awaitable[None]], names: list[str]) -> None:
    gate = asyncio.Semaphore(AT_ONCE)

    async def one(name: str) -> None:
        async with gate:
            await play(name)

    await asyncio.gather(*(one(name) for name in names))


async def _cost(
    place: Place, play: Callable[[str], Awaitable[None]], names: list[str], case: Callable[[str], str]
) -> Cost:
    cpu, server, desk = place.cpu(), _size(place.server_files), _size(place.desk_files)
    await _together(play, names)
    for name in names:
        await place.rig.settled(case(name))
    histories = [await place.rig.history(case(name)) for name in names[:10]]
    events = [item for history in histories for item in history.events]
    return Cost(
        events=len(events) / len(histories),
        history=sum(item.ByteSize() for item in events) / len(histories),
        server=(_size(place.server_files) - server) / len(names),
        desk=(_size(place.desk_files) - desk) / len(names),
        cpu=(place.cpu() - cpu) / len(names),
        actions=sum(len(billed(history)) for history in histories) / len(histories),
    )


async def _measure(say: Callable[[str], None]) -> tuple[Cost, Cost, float]:
    """A chat, a ticket, and the bytes of memory that one open chat takes in a worker."""
    with tempfile.TemporaryDirectory() as folder:
        async with running_place(Path(folder)) as place:
            rig = place.rig

            async def chat(name: str) -> None:
                for number in range(MESSAGES):
                    await (rig.staff(name, "ivan") if number % 2 else rig.customer(name))

            async def ticket(name: str) -> None:
                await rig.asked(name, QUIET)
                for who in ANSWERS.values():
                    await rig.note(who, name)
                await rig.on_ticket("cem", name, "send_reply", text="All in one.", status="closed")

            await _together(chat, [fresh("warm") for _ in range(AT_ONCE)])
            say(f"{CHATS} chats of {MESSAGES} messages …")
            before = place.memory()
            of_chat = await _cost(place, chat, [fresh("chat") for _ in range(CHATS)], lambda name: name)
            memory = (place.memory() - before) / CHATS
            say(f"{TICKETS} tickets for three departments, from the first message to closing …")
            of_ticket = await _cost(
                place, ticket, [fresh("T") for _ in range(TICKETS)], lambda name: f"ticket:{name}"
            )
            return of_chat, of_ticket, memory


def _costs(of_chat: Cost, of_ticket: Cost) -> Table:
    table = table_of("One case", f"chat, {MESSAGES} messages", "ticket, 3 departments")
    rows: list[tuple[str, Callable[[Cost], float], str]] = [
        ("history events", lambda cost: cost.events, ".0f"),
        ("history, KB", lambda cost: cost.history / 1e3, ".1f"),
        ("Temporal's database, KB", lambda cost: cost.server / 1e3, ".1f"),
        ("help desk's database, KB", lambda cost: cost.desk / 1e3, ".1f"),
        ("worker's processor, ms", lambda cost: cost.cpu * 1e3, ".0f"),
        ("billed actions", lambda cost: cost.actions, ".1f"),
    ]
    for name, read, form in rows:
        table.add_row(name, format(read(of_chat), form), format(read(of_ticket), form))
    return table


def _plan(cost: Cost, memory: float) -> Table:
    """What this many chats a month need, by the formulas of docs/capacity.md."""
    table = Table(title="What follows for the busiest minute, by multiplication")
    columns = (
        "chats a month",
        "messages/s",
        "cores",
        "memory, GB",
        "database, GB",
        "actions, $",
    )
    for column in columns:
        table.add_column(column, justify="right")
    for chats in (10_000, 100_000, 1_000_000, 10_000_000):
        peak = chats * MESSAGES / MONTH * PEAK
        cores = chats * cost.cpu / MONTH * PEAK / BUSY
        open_at_once = chats / 30  # a chat stays open for a day
        table.add_row(
            f"{chats:,}",
            f"{peak:.1f}",
            f"{max(cores, 1):.1f}",
            f"{open_at_once * memory / 1e9:.2f}",
            f"{chats * (cost.server + cost.desk) / 1e9:.1f}",
            f"{chats * cost.actions / 1e6 * DOLLARS_PER_MILLION_ACTIONS:,.0f}",
        )
    return table


def main() -> None:
    """Measure, and print the tables."""
    console = Console()
    of_chat, of_ticket, memory = asyncio.run(_measure(console.print))
    console.print(_costs(of_chat, of_ticket))
    console.print(f"An open chat takes {memory / 1e3:.0f} KB of a worker's memory while it is cached.\n")
    console.print(_plan(of_chat, memory))
