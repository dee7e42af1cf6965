"""What a rolling deploy costs the people who write: 200 chats move from version to version, and back.

Two versions of the workers, each in its own process, on a real server. Everybody keeps writing in every
chat while one version after the other is made current. The floor is the latency before the first roll, in the
same run. Afterwards a check makes sure that every event was taken once; ``main`` returns 1 if not.
"""

from __future__ import annotations

import asyncio
import random
import statistics
import tempfile
import time
from collections import Counter
from contextlib import AsyncExitStack
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path

from rich.console import Console
from rich.table import Table

from baton.contract import chat_workflow_id
from lab.bench.tables import table_of
from lab.deployment import Deployment
from lab.ledger import applied_keys, events_of
from lab.rig import CHANNEL, Rig, event, eventually, fresh, open_rig
from lab.server import running_server

CHATS = 200
PAUSE = (5.0, 15.0)
"""Seconds between two messages in a chat, at least and at most: some 20 messages a second in all."""
CALM_SECONDS = 20.0
ROLLS = ("new", "old", "new", "old", "new")
LONGEST_ROLL = 180.0
LOOK_EVERY = 1.0


@dataclass
class Phase:
    """A period between two changes, and what was answered in it."""

    name: str
    latencies: list[float] = field(default_factory=list)
    seconds: float = 0.0


class Traffic:
    """Customers and Ivan. They write in turn in every chat, each after the previous message is answered."""

    def __init__(self, rig: Rig) -> None:
        self.rig = rig
        self.phases = [Phase("warming up")]
        self.sent: dict[str, list[str]] = {fresh("live"): [] for _ in range(CHATS)}
        self._stopped = asyncio.Event()

    async def write(self) -> None:
        async with asyncio.TaskGroup() as group:
            for chat in self.sent:
                group.create_task(self._write(chat))

    def stop(self) -> None:
        self._stopped.set()

    async def _write(self, chat: str) -> None:
        # Not all at once: as many chats begin each second as will later write each second.
        pause = random.uniform(0, PAUSE[1])
        while not await self._stops_within(pause):
            kind, who = (("customer_message", "customer"), ("agent_message", "ivan"))[
                len(self.sent[chat]) % 2
            ]
            message = event(kind, who, text="And then?")
            began = time.perf_counter()
            await self.rig.send(chat, message)
            self.phases[-1].latencies.append(time.perf_counter() - began)
            self.sent[chat].append(message["id"])
            pause = random.uniform(*PAUSE)

    async def _stops_within(self, seconds: float) -> bool:
        try:
            await asyncio.wait_for(self._stopped.wait(), seconds)
        except TimeoutError:
            return False
        return True


async def _all_on_version(rig: Rig, deployment: str, build: str) -> bool:
    """Whether all run on this version, by the server's list: asking each one would add load."""
    query = f"TemporalWorkerDeploymentVersion = '{deployment}:{build}' AND ExecutionStatus = 'Running'"
    await asyncio.sleep(LOOK_EVERY)
    return (await rig.client.temporal.count_workflows(query)).count == CHATS


async def _measure(say: Console) -> tuple[Table, list[str]]:
    """The table, and what was lost or doubled."""
    async with AsyncExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory()))
        server = await stack.enter_async_context(running_server())
        rig = await stack.enter_async_context(open_rig(server, folder, "bench-deploy", working=False))
        deployment = Deployment(rig, fresh("bench"))
        for build in ("old", "new"):
            await stack.enter_async_context(deployment.worker(build))
        await deployment.make_current("old")
        traffic = Traffic(rig)
        writing = asyncio.create_task(traffic.write())
        say.print(f"{CHATS} chats begin …")
        await asyncio.sleep(PAUSE[1] + 5)
        traffic.phases.append(Phase("before"))
        await asyncio.sleep(CALM_SECONDS)
        traffic.phases[-1].seconds = CALM_SECONDS
        for number, build in enumerate(ROLLS, 1):
            say.print(f"Roll {number}, to {build} …")
            traffic.phases.append(Phase(f"roll {number}, to {build}"))
            began = time.perf_counter()
            await deployment.make_current(build)
            await eventually(
                partial(_all_on_version, rig, deployment.name, build),
                f"not every chat went over to {build}",
                within=LONGEST_ROLL,
            )
            traffic.phases[-1].seconds = time.perf_counter() - began
        traffic.stop()
        await writing
        say.print("Looking at every chat …")
        return _table(traffic.phases[1:]), await _mistakes(rig, deployment, traffic)


async def _mistakes(rig: Rig, deployment: Deployment, traffic: Traffic) -> list[str]:
    found = []
    for chat, sent in traffic.sent.items():
        taken = [row.event_id for row in await events_of(rig.desk, chat) if row.event_id in sent]
        if taken != sent:
            found.append(f"{chat}: sent {len(sent)} messages, and the help desk has {taken} of {sent}")
    twice = [key for key, times in Counter(await applied_keys(rig.desk)).items() if times > 1]
    if twice:
        found.append(f"written twice: {twice}")
    versions = await deployment.versions_of([chat_workflow_id(CHANNEL, chat) for chat in traffic.sent])
    if versions != {ROLLS[-1]: CHATS}:
        found.append(f"versions in the end: {dict(versions)}")
    return found


def _table(phases: list[Phase]) -> Table:
    table = table_of(
        f"{CHATS} chats in which everybody writes",
        "seconds",
        "messages",
        "median ms",
        "ratio",
        "99 of 100, ms",
    )
    floor = statistics.median(phases[0].latencies)
    for one in phases:
        median = statistics.median(one.latencies)
        table.add_row(
            one.name,
            f"{one.seconds:.0f}",
            f"{len(one.latencies):,}",
            f"{median * 1000:.0f}",
            f"{median / floor:.2f}",
            f"{statistics.quantiles(one.latencies, n=100)[98] * 1000:.0f}",
        )
    return table


def main() -> int:
    """Measure, and print the table. Returns 1 if something was lost, doubled or stayed behind."""
    console = Console()
    table, mistakes = asyncio.run(_measure(console))
    console.print(table)
    console.print("\n".join(mistakes) or "Every event was taken once, and every chat went over each time.")
    return 1 if mistakes else 0
