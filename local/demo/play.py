"""Plays a situation as real events in a real case, and compares the result with what was expected."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Iterable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from typing import TypeVar

from temporalio.client import Client
from temporalio.service import RPCError

from baton.client import BatonClient
from baton.contract import Activity, AuthorType, ChatSnapshot, Outcome, Presence, Status, chat_workflow_id
from baton.desk.besideclient import BesideClient
from baton.desk.client import DeskClient
from baton.errors import ConnectionFailed, IllegalTransition
from local.demo.case import ANSWER_SECONDS, Difference, PlayedCase, differences, until
from local.demo.rt import RtQueue, TicketInRt, listens
from local.demo.table import CUSTOMER, IVAN, Expected, Situation, Stand, Step
from local.demo.ticketplay import PlayedTicket, TicketPlay, TicketPlays
from local.demo.tickettable import TicketSituation

CHANNEL = "demo"
IDLE_CHANNEL = "demo-idle"
"""The channel on which a chat ends after `IDLE_SECONDS`, so that the demo need not wait ten minutes."""
IDLE_SECONDS = 1.5

AT_ONCE = 3
"""How many chats are played at a time in one company: Ivan takes no more than five."""
TICKETS_AT_ONCE = 3

StepT = TypeVar("StepT")
SeenT = TypeVar("SeenT")


@dataclass(frozen=True)
class Seen:
    """The result of one step."""

    step: Step
    chat: ChatSnapshot
    fired: tuple[str, ...]
    told: tuple[str, ...]

    @property
    def stand(self) -> Stand:
        """The part of it that the table of situations specifies."""
        chat = self.chat
        assert chat.activity is not None
        assert chat.status is not None
        assert chat.tab is not None
        return Stand(
            chat.activity,
            chat.status,
            chat.tab,
            chat.assignee,
            chat.pinned_to,
            chat.reserved_for,
            self.fired,
            self.told,
        )


@dataclass(frozen=True)
class Play:
    """One situation, played with or without its rule."""

    situation: Situation
    with_rule: bool
    workflow_id: str
    seen: tuple[Seen, ...]

    @property
    def expected(self) -> Expected:
        return dict(self.situation.endings())[self.with_rule]

    @property
    def differences(self) -> tuple[Difference, ...]:
        """Everything that is not as expected; empty means that all is well."""
        first = len(self.situation.before)
        stands = (seen.stand for seen in self.seen[first:])
        return tuple(differences(first + 1, self.expected.stands, stands))


Plays = Sequence[Play]
"""One situation: played with its rule, and without it."""


@dataclass(frozen=True)
class Played:
    """Everything that was played."""

    chats: list[Plays]
    tickets: list[TicketPlays]

    @property
    def plays(self) -> Sequence[Play | TicketPlay]:
        chats = [play for plays in self.chats for play in plays]
        return [*chats, *(play for plays in self.tickets for play in plays)]

    @property
    def as_expected(self) -> bool:
        return not any(play.differences for play in self.plays)


class Player:
    """Plays situations in one company.

    Args:
        client: connected to the Temporal of the company's worker.
        task_queue: the task queue of that worker.
        run: makes the names of the cases unique.
        skips_time: whether that Temporal can skip a ticket's hours.
        queue: where people work, if that is a Request Tracker.
    """

    def __init__(
        self, client: Client, task_queue: str, run: str, *, skips_time: bool, queue: RtQueue | None = None
    ) -> None:
        self._client = BatonClient(client, task_queue=task_queue)
        self._desk = DeskClient(client, task_queue=task_queue)
        self._run = run
        self._skips_time = skips_time
        self._queue = queue
        self._chat_seats = asyncio.Semaphore(AT_ONCE)
        self._ticket_seats = asyncio.Semaphore(TICKETS_AT_ONCE)

    async def come_online(self, staff: Iterable[str]) -> None:
        """Let people come online one after the other: everybody is told about each of them.

        Where they work in a Request Tracker, wait also until it is listened to. Raises ``Unanswered``.
        """
        if self._queue is not None:
            await listens(BesideClient(self._client.temporal, task_queue=self._client.task_queue))
        for one in staff:
            await self._desk.set_presence(one, Presence.ONLINE)

    async def play(self, situation: Situation, with_rule: bool) -> Play:
        """Play one situation of a chat from its first step to its last, and close the chat.

        Raises ``Unanswered`` if something does not happen in time, ``Refused`` if a step is not possible.
        """
        channel = IDLE_CHANNEL if situation.waits else CHANNEL
        chat = _Chat(channel, self._name(situation.id, with_rule), self._client, self._desk)
        async with self._chat_seats:
            seen = await _to_the_end(chat, chat.see, situation.steps)
        return Play(situation, with_rule, chat.workflow_id, seen)

    async def play_ticket(self, situation: TicketSituation, with_rule: bool) -> TicketPlay:
        """The same with a ticket. Raises like `play`."""
        name = self._name(situation.id, with_rule)
        ticket = self._ticket(name)
        async with self._ticket_seats:
            seen = await ticket.heard(await _to_the_end(ticket, ticket.see, situation.steps))
        return TicketPlay(situation, with_rule, ticket.workflow_id, seen, self._skips_time)

    def _ticket(self, name: str) -> PlayedTicket:
        if self._queue is None:
            return PlayedTicket(name, self._client, self._desk, skips_time=self._skips_time)
        return TicketInRt(name, self._client, self._desk, self._queue, skips_time=self._skips_time)

    def _name(self, situation: str, with_rule: bool) -> str:
        return f"{self._run}-{situation}-{'with' if with_rule else 'without'}"


async def _to_the_end(
    case: PlayedCase, see: Callable[[StepT], Awaitable[SeenT]], steps: Sequence[StepT]
) -> tuple[SeenT, ...]:
    """Everything that is seen in a case. Closes the case at the end, or gives it up if anything fails."""
    try:
        seen = [await see(step) for step in steps]
        await case.close()
    except BaseException:
        await case.give_up()
        raise
    return tuple(seen)


class _Chat(PlayedCase):
    """One conversation, in which a situation is played step by step."""

    def __init__(self, channel: str, conversation: str, client: BatonClient, desk: DeskClient) -> None:
        super().__init__(chat_workflow_id(channel, conversation), conversation, client, desk)
        self._place = (channel, conversation)

    async def see(self, step: Step) -> Seen:
        """Do one step, wait until all that it caused is done, and look."""
        if step.kind == "idle":
            await until(self._has_ended, f"The chat {self.workflow_id} did not end by itself")
            chat = await self.client.chat(*self._place).snapshot()
            fired = (await self.client.chat(*self._place).timeline())[-1].rules
        else:
            outcome = await self.do(step)
            chat, fired = outcome.snapshot, tuple(rule.rule for rule in outcome.fired)
        await self.at_rest()
        told = await self.newly_told(lambda row: row.conversation == self.name)
        return Seen(step, chat, fired, tuple(sorted(staff for row in told for staff in row.told)))

    async def do(self, step: Step) -> Outcome:
        """Send the event of one step."""
        by_customer = step.by == CUSTOMER
        event = {
            "kind": step.kind,
            "id": self.next_event_id(),
            "author": {
                "type": AuthorType.CUSTOMER if by_customer else AuthorType.STAFF,
                "id": self.customer if by_customer else step.by,
            },
            "text": step.text or None,
            "status": step.status,
        }
        return await self.client.chat(*self._place).send(
            event, customer=self.customer, timeout=ANSWER_SECONDS
        )

    async def close(self) -> None:
        for kind in ("chat_ended", "status_set"):  # on a slow machine it may become idle in the meantime
            with suppress(IllegalTransition, ConnectionFailed, RPCError):
                await self.do(Step(IVAN, kind, status=Status.CLOSED))
                await self.over()
                return
        await self.give_up()

    async def _has_ended(self) -> bool:
        return (await self.client.chat(*self._place).snapshot()).activity is Activity.ENDED
