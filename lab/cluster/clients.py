"""What the clients of a load do: chats and tickets, each event under its ID until it is answered."""

from __future__ import annotations

import asyncio
import itertools
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from functools import partial
from typing import Any

from baton.errors import ConnectionFailed, Unanswered
from lab.cluster.figures import Answer
from lab.cluster.proof import Played
from lab.rig import Rig, event, fresh

CONNECTIONS = 4
"""Connections that the clients share; the balancer assigns them to the frontends in turn."""
ONLINE = ("ivan", "petra", "lena", "oleg", "maria")
TICKET_EVERY = 4
"""Every fourth case of a client is a ticket; the others are chats."""
ANSWER_SECONDS = 30.0
"""After this long, a client sends an event again, under the same ID."""
PATIENCE_SECONDS = 180.0
"""A client that has waited this long for an answer or a prompt is stuck."""


class Stuck(Exception):
    """A client waited for too long."""


@dataclass
class Load:
    """The clients, and the answers that they got."""

    rigs: list[Rig]
    played: Played = field(default_factory=Played)
    answers: list[Answer] = field(default_factory=list)
    repeated: int = 0
    """Events that were sent again because no answer came."""
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
        """Two departments answer; whoever answered last sends the reply."""
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
