"""Plays a situation as real events in a real chat, and compares what came of it with what was expected."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass, fields
from typing import Any

from temporalio.client import Client
from temporalio.service import RPCError, RPCStatusCode

from baton.cli.demo.table import CUSTOMER, IVAN, Expected, Situation, Stand, Step
from baton.client import BatonClient
from baton.contract import Activity, AuthorType, ChatSnapshot, Outcome, Presence, Status, chat_workflow_id
from baton.deskclient import DeskClient
from baton.errors import IllegalTransition, Unanswered

CHANNEL = "demo"
IDLE_CHANNEL = "demo-idle"
"""Here a chat ends by itself after `IDLE_SECONDS`, so that nobody has to wait for ten minutes."""
IDLE_SECONDS = 1.5

AT_ONCE = 3
"""Chats at a time in one company: Ivan takes no more than five."""
ANSWER_SECONDS = 30.0
START_SECONDS = 3.0
GIVE_UP_SECONDS = 20.0
POLL_SECONDS = 0.05
MANY = 1000


@dataclass(frozen=True)
class Seen:
    """What came of one step."""

    step: Step
    chat: ChatSnapshot
    fired: tuple[str, ...]
    told: tuple[str, ...]

    @property
    def stand(self) -> Stand:
        """The part of it that the table of situations speaks of."""
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
class Difference:
    """A field that is not as it was expected after a step, which is counted from 1."""

    step: int
    field: str
    expected: Any
    actual: Any


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
        """Whatever is not as expected; empty means that all is well."""
        return tuple(self._differences())

    def _differences(self) -> Iterator[Difference]:
        first = len(self.situation.before)
        story = zip(self.expected.stands, self.seen[first:], strict=True)
        for number, (expected, seen) in enumerate(story, first + 1):
            actual = seen.stand
            for field in fields(Stand):
                wanted, got = getattr(expected, field.name), getattr(actual, field.name)
                if wanted != got:
                    yield Difference(number, field.name, wanted, got)


Plays = Sequence[Play]
"""One situation: played with its rule, and without it."""


class Player:
    """Plays situations in one company.

    Args:
        client: connected to the Temporal of the company's worker.
        task_queue: where that worker listens.
        run: what makes the names of the chats unique.
    """

    def __init__(self, client: Client, task_queue: str, run: str) -> None:
        self._chats = BatonClient(client, task_queue=task_queue)
        self._desk = DeskClient(client, task_queue=task_queue)
        self._run = run
        self._seats = asyncio.Semaphore(AT_ONCE)

    async def come_online(self, staff: str) -> None:
        """Let somebody begin to work."""
        await self._desk.set_presence(staff, Presence.ONLINE)

    async def play(self, situation: Situation, with_rule: bool) -> Play:
        """Play one situation from its first step to its last, and close the chat.

        Raises ``Unanswered`` if something does not happen in time, ``Refused`` if a step is not possible.
        """
        name = f"{self._run}-{situation.id}-{'with' if with_rule else 'without'}"
        chat = _Chat(IDLE_CHANNEL if situation.waits else CHANNEL, name, self._chats, self._desk)
        async with self._seats:
            try:
                seen = [await chat.see(step) for step in situation.steps]
                await chat.close()
            except BaseException:
                await chat.give_up()
                raise
        return Play(situation, with_rule, chat.workflow_id, tuple(seen))


class _Chat:
    """One conversation, in which a situation is played step by step."""

    def __init__(self, channel: str, conversation: str, client: BatonClient, desk: DeskClient) -> None:
        self.workflow_id = chat_workflow_id(channel, conversation)
        self._place = (channel, conversation)
        self._client = client
        self._desk = desk
        self._customer = f"customer-{conversation}"
        self._events = 0
        self._notices = 0

    async def see(self, step: Step) -> Seen:
        """Do one step, wait until all that it caused is done, and look."""
        if step.kind == "idle":
            await _until(self._has_ended, f"The chat {self.workflow_id} did not end by itself")
            chat = await self._client.snapshot(*self._place)
            fired = (await self._client.timeline(*self._place))[-1].rules
        else:
            outcome = await self.do(step)
            chat, fired = outcome.snapshot, tuple(rule.rule for rule in outcome.fired)
        await _until(self._is_at_rest, f"The chat {self.workflow_id} did not come to rest")
        return Seen(step, chat, fired, await self._newly_told())

    async def do(self, step: Step) -> Outcome:
        """Send the event of one step."""
        self._events += 1
        by_customer = step.by == CUSTOMER
        event = {
            "kind": step.kind,
            "id": f"{self._place[1]}-{self._events}",
            "author": {
                "type": AuthorType.CUSTOMER if by_customer else AuthorType.STAFF,
                "id": self._customer if by_customer else step.by,
            },
            "text": step.text or None,
            "status": step.status,
        }
        return await self._client.send(*self._place, event, customer=self._customer, timeout=ANSWER_SECONDS)

    async def close(self) -> None:
        """End it for good, so that its workflow completes. This is tidying up, and no part of the play."""
        for kind in ("chat_ended", "status_set"):  # on a slow machine it may become idle meanwhile
            with suppress(IllegalTransition, RPCError):
                await self.do(Step(IVAN, kind, status=Status.CLOSED))
                await _until(self._is_over, f"The chat {self.workflow_id} did not complete")
                return
        await self.give_up()

    async def give_up(self) -> None:
        """Leave no chat behind to which nobody will listen any more. Needs no worker."""
        handle = self._client.temporal.get_workflow_handle(self.workflow_id)
        # The message that begins it may still be on its way; a chat that is over is not found, either.
        missing_until = time.monotonic() + START_SECONDS
        with suppress(TimeoutError):
            async with asyncio.timeout(GIVE_UP_SECONDS):
                while self._events:
                    try:
                        await handle.terminate("the demo is over")
                        return
                    except RPCError as error:
                        # Anything else may pass, such as a server that is busy with that message.
                        if error.status is RPCStatusCode.NOT_FOUND and time.monotonic() > missing_until:
                            return
                    await asyncio.sleep(POLL_SECONDS)

    async def _newly_told(self) -> tuple[str, ...]:
        """Who was notified since the last look. Somebody who was notified twice is named twice."""
        rows = [row for row in await self._desk.notices(limit=MANY) if row.conversation == self._place[1]]
        new, self._notices = len(rows) - self._notices, len(rows)
        return tuple(sorted(row.staff for row in rows[:new]))

    async def _has_ended(self) -> bool:
        return (await self._client.snapshot(*self._place)).activity is Activity.ENDED

    async def _is_over(self) -> bool:
        handle = self._client.temporal.get_workflow_handle(self.workflow_id)
        return (await handle.describe()).close_time is not None

    async def _is_at_rest(self) -> bool:
        """Whether everything that was decided is carried out, notices included."""
        handle = self._client.temporal.get_workflow_handle(self.workflow_id)
        described = (await handle.describe()).raw_description
        return not described.pending_activities and not described.HasField("pending_workflow_task")


async def _until(condition: Callable[[], Awaitable[bool]], otherwise: str) -> None:
    try:
        async with asyncio.timeout(ANSWER_SECONDS):
            while not await condition():  # noqa: ASYNC110 - what is waited for happens elsewhere
                await asyncio.sleep(POLL_SECONDS)
    except TimeoutError:
        raise Unanswered(f"{otherwise} within {ANSWER_SECONDS:g} s.") from None
