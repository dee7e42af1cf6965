"""A load of chats and tickets, during which hosts and a worker are killed; and what is left of it."""

from __future__ import annotations

import asyncio
import itertools
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import cache, partial
from typing import Any

from rich.console import Console
from temporalio.client import Client
from temporalio.runtime import LoggingConfig, Runtime, TelemetryConfig, TelemetryFilter
from temporalio.testing import WorkflowEnvironment

from baton.client import BatonClient, plugin_for
from baton.contract import Presence
from baton.errors import ConnectionFailed, Unanswered
from baton.settings import Settings
from helpdesks.embedded import EmbeddedHelpDesk
from lab.cluster.figures import Answer, Phase, table
from lab.cluster.proof import Played, differences, gather
from lab.cluster.running import BATON_WORKERS, Cluster
from lab.rig import Rig, event, fresh
from local.machine import free_port
from local.stack import NAMESPACE, Stack

VICTIMS = ("history-2", "frontend-2", "worker-2")
"""Killed one after the other; each comes back before the next goes."""
CONNECTIONS = 4
"""Of the clients together; the balancer deals them out to the frontends in turn."""
ONLINE = ("ivan", "petra", "lena", "oleg", "maria")
TICKET_EVERY = 4
"""Each client's fourth case is a ticket, the others are chats."""
ANSWER_SECONDS = 30.0
"""After so long a client sends an event again, under the same ID."""
PATIENCE_SECONDS = 180.0
"""Whoever has waited so long for an answer or a prompt is stuck."""


@dataclass(frozen=True)
class Size:
    """How much there is to do.

    Args:
        clients: at work at once; each has one case at a time.
        seconds: of each phase.
    """

    clients: int
    seconds: int


class Stuck(Exception):
    """A client waited for too long."""


@dataclass
class Load:
    """The clients, and what they were answered."""

    rigs: list[Rig]
    played: Played = field(default_factory=Played)
    answers: list[Answer] = field(default_factory=list)
    repeated: int = 0
    """Events that were sent again, because no answer came."""
    over: bool = False

    async def work(self, client: int) -> None:
        """Play one case after the other until the load is over; the last one to its end."""
        rig = self.rigs[client % len(self.rigs)]
        for number in itertools.count(client):
            if self.over:
                return
            if number % TICKET_EVERY == 0:
                await self._ticket(rig, fresh("load-T"))
            else:
                await self._chat(rig, fresh("load"), closed=number % 2 == 0)

    async def wake(self, rig: Rig, chat: str) -> None:
        """One more message in a chat that was left open: it must still answer."""
        await self._send(rig, chat, event("customer_message", "customer", text="Still there?"))

    async def _chat(self, rig: Rig, chat: str, *, closed: bool) -> None:
        """Ivan holds it, Lena answers in his place, the customer comes back to Ivan."""
        self.played.chats[chat] = closed
        for kind, author in (
            ("customer_message", "customer"),
            ("agent_message", "ivan"),
            ("customer_message", "customer"),
            ("agent_message", "lena"),
            ("customer_message", "customer"),
            ("agent_message", "ivan"),
        ):
            await self._send(rig, chat, event(kind, author, text="Word."))
        if closed:
            await self._send(rig, chat, event("chat_ended", "ivan", status="closed"))

    async def _ticket(self, rig: Rig, ticket: str) -> None:
        """Two departments answer, whoever was last sends the reply."""
        self.played.tickets.add(ticket)
        await self._to_ticket(rig, ticket, event("customer_message", "customer", text="Two questions."))
        await self._to_ticket(
            rig, ticket, event("template_applied", "petra", template="billing-and-delivery")
        )
        for who in ("lena", "maria"):
            note = event("note_added", who, text="Answered.")
            await self._timed(f"ticket:{ticket}", note, partial(rig.client.ticket(ticket).note, note))
        composer = await self._composer(rig, ticket)
        await self._to_ticket(rig, ticket, event("send_reply", composer, text="Two answers."))

    async def _send(self, rig: Rig, chat: str, sent: dict[str, Any]) -> None:
        await self._timed(chat, sent, lambda: rig.send(chat, sent, timeout=ANSWER_SECONDS))

    async def _to_ticket(self, rig: Rig, ticket: str, sent: dict[str, Any]) -> None:
        await self._timed(
            f"ticket:{ticket}", sent, lambda: rig.to_ticket(ticket, sent, timeout=ANSWER_SECONDS)
        )

    async def _timed(self, case: str, sent: dict[str, Any], call: Callable[[], Awaitable[object]]) -> None:
        """Send until there is an answer, as every client of Baton must."""
        started = time.monotonic()
        while True:
            try:
                await call()
                break
            except (Unanswered, ConnectionFailed) as error:
                if time.monotonic() - started > PATIENCE_SECONDS:
                    raise Stuck(f"{sent['kind']} {sent['id']} to {case}: {error}") from error
                self.repeated += 1
        now = time.monotonic()
        self.answers.append(Answer(now, now - started))
        self.played.accepted[case].append(sent["id"])

    async def _composer(self, rig: Rig, ticket: str) -> str:
        deadline = time.monotonic() + PATIENCE_SECONDS
        while time.monotonic() < deadline:
            try:
                composer = (await rig.ticket(ticket)).composer
            except (Unanswered, ConnectionFailed):
                continue
            if composer is not None:
                return composer
            await asyncio.sleep(0.05)
        raise Stuck(f"nobody was prompted to reply to ticket {ticket}")


async def play_load(cluster: Cluster, size: Size, say: Callable[[str], None]) -> int:
    """Play a load with its kills, check what is left, and print both. Returns 1 if anything is wrong."""
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
    """Who retries calls while a host is dead need not say so each time."""
    errors = TelemetryFilter(core_level="ERROR", other_level="ERROR")
    return Runtime(telemetry=TelemetryConfig(logging=LoggingConfig(filter=errors)))


async def _kill_all(cluster: Cluster, seconds: int, say: Callable[[str], None]) -> list[Phase]:
    """Kill each victim and start it again; returns what was when."""
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
