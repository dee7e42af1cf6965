"""A load of chats and tickets, during which hosts and a worker are killed; and the check of the outcome."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cache

from rich.console import Console
from temporalio.client import Client
from temporalio.runtime import LoggingConfig, Runtime, TelemetryConfig, TelemetryFilter
from temporalio.testing import WorkflowEnvironment

from baton.client import BatonClient, plugin_for
from baton.contract import Presence
from baton.settings import Settings
from helpdesks.embedded import EmbeddedHelpDesk
from lab.cluster.clients import CONNECTIONS, ONLINE, Load
from lab.cluster.figures import Phase, table
from lab.cluster.hosts import BATON_WORKERS
from lab.cluster.proof import differences, gather
from lab.cluster.running import Cluster
from lab.rig import Rig
from local.machine import free_port
from local.stack import NAMESPACE, Stack

VICTIMS = ("history-2", "frontend-2", "worker-2")
"""Killed one after the other; each comes back before the next goes."""


@dataclass(frozen=True)
class Size:
    """How much there is to do.

    Args:
        clients: at work at once; each has one case at a time.
        seconds: of each phase.
    """

    clients: int
    seconds: int


async def play_load(cluster: Cluster, size: Size, say: Callable[[str], None]) -> int:
    """Play a load with its kills, check the outcome, and print both. Returns 1 if anything is wrong."""
    minutes = size.seconds * (1 + 2 * len(VICTIMS)) / 60
    say(
        f"\nLoad: {size.clients} clients for about {minutes:.1f} minutes; "
        f"{', '.join(VICTIMS)} are killed and come back …"
    )
    async with _rig(cluster.address, cluster.namespace, cluster.settings) as (desk, rigs):
        load = Load(rigs)
        working = [asyncio.create_task(load.work(number)) for number in range(size.clients)]
        killing = asyncio.create_task(_kill_all(cluster, size.seconds, say))
        try:
            await asyncio.wait({*working, killing}, return_when=asyncio.FIRST_COMPLETED)
            for task in working:
                if task.done():
                    task.result()  # a client never ends before the load is over, unless it fails
            phases = await killing
            load.over = True
            await asyncio.gather(*working)
        finally:
            killing.cancel()
            for task in working:
                task.cancel()
            await asyncio.gather(*working, killing, return_exceptions=True)
        Console(width=78).print(table(load.answers, phases))
        return await _prove(load, desk, say)


async def play_beside(cluster: Cluster, size: Size, say: Callable[[str], None]) -> int:
    """Play the same load, without kills, on the development server, and print how fast it was.

    Its help desk is on the same PostgreSQL, and it has as many workers; the cluster is there, but idle.
    """
    say("\nThe same load on the development server, where nobody is killed …")
    settings = cluster.settings.model_copy(
        update={
            "data_dir": cluster.settings.data_dir.with_name("beside"),
            "database_url": await cluster.new_database("beside"),
            "worker_processes": len(BATON_WORKERS),
            "temporal_port": free_port(),
            "ui_port": free_port(),
            "gateway_port": free_port(),
        }
    )
    async with Stack(settings) as stack, _rig(stack.address, NAMESPACE, settings) as (_, rigs):
        load = Load(rigs)
        working = [asyncio.create_task(load.work(number)) for number in range(size.clients)]
        started = time.monotonic()
        try:
            await asyncio.wait(working, timeout=size.seconds, return_when=asyncio.FIRST_EXCEPTION)
            measured = Phase("development server", started, time.monotonic())
            load.over = True
            await asyncio.gather(*working)
        finally:
            for task in working:
                task.cancel()
            await asyncio.gather(*working, return_exceptions=True)
    Console(width=78).print(table(load.answers, [measured], title="The development server, nobody killed"))
    return 0


@asynccontextmanager
async def _rig(
    address: str, namespace: str, settings: Settings
) -> AsyncIterator[tuple[EmbeddedHelpDesk, list[Rig]]]:
    """A help desk in which everybody is online, and a rig for each connection of the clients."""
    async with EmbeddedHelpDesk.open(settings.database_url) as desk:
        for staff in ONLINE:
            await desk.set_presence(staff, Presence.ONLINE, datetime.now(UTC))
        clients = [
            await Client.connect(
                address,
                namespace=namespace,
                identity="baton-load",
                plugins=[plugin_for(settings)],
                runtime=_quiet(),
            )
            for _ in range(CONNECTIONS)
        ]
        places = [WorkflowEnvironment.from_client(one) for one in clients]
        yield desk, [Rig(one, BatonClient(one.client), desk, settings) for one in places]


@cache
def _quiet() -> Runtime:
    """Clients that retry calls while a host is dead need not log each attempt."""
    errors = TelemetryFilter(core_level="ERROR", other_level="ERROR")
    return Runtime(telemetry=TelemetryConfig(logging=LoggingConfig(filter=errors)))


async def _kill_all(cluster: Cluster, seconds: int, say: Callable[[str], None]) -> list[Phase]:
    """Kill each victim and start it again; returns when each phase was."""
    phases = []

    @asynccontextmanager
    async def phase(name: str) -> AsyncIterator[None]:
        started = time.monotonic()
        yield
        phases.append(Phase(name, started, time.monotonic()))

    async with phase("before"):
        await asyncio.sleep(seconds)
    for victim in VICTIMS:
        say(f"  killing {victim} (-9)")
        async with phase(f"{victim} is dead"):
            await cluster.kill(victim)
            await asyncio.sleep(seconds)
            say(f"  starting {victim} again")
            await cluster.start(victim)
        async with phase(f"{victim} is back"):
            await asyncio.sleep(seconds)
    return phases


async def _prove(load: Load, desk: EmbeddedHelpDesk, say: Callable[[str], None]) -> int:
    played, rig = load.played, load.rigs[0]
    left_open = [chat for chat, closed in played.chats.items() if not closed]
    say(f"Waking {len(left_open)} chats that were left open …")
    gate = asyncio.Semaphore(16)

    async def wake(chat: str) -> None:
        async with gate:
            await load.wake(rig, chat)

    await asyncio.gather(*(wake(chat) for chat in left_open))
    say(f"Looking at {len(played.chats)} chats and {len(played.tickets)} tickets …")
    found = await gather(rig, desk, played)
    wrong = differences(played, found)
    accepted = sum(map(len, played.accepted.values()))
    say(f"Accepted      {accepted} events in {len(played.chats)} chats and {len(played.tickets)} tickets")
    say(f"Sent again    {load.repeated}, under the same ID")
    say(f"In help desk  {sum(found.events.values())} events, {len(found.notices)} notices")
    say(f"Lost tasks    {found.timed_out} workflow tasks timed out with those who had them, and were redone")
    for line in wrong:
        say(f"WRONG: {line}")
    say("Nothing lost, nothing doubled, nothing stuck." if not wrong else f"{len(wrong)} differences")
    return 1 if wrong else 0
