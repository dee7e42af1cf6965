"""What playing a chat and playing a ticket have in common: a workflow that is watched, and tidied up."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable, Iterable, Iterator
from contextlib import suppress
from dataclasses import dataclass, fields
from typing import TYPE_CHECKING, Any

from temporalio.service import RPCError, RPCStatusCode

from baton.client import BatonClient
from baton.desk.api import NoticeRow
from baton.desk.client import DeskClient
from baton.errors import Unanswered

if TYPE_CHECKING:
    from _typeshed import DataclassInstance

ANSWER_SECONDS = 30.0
START_SECONDS = 3.0
GIVE_UP_SECONDS = 20.0
POLL_SECONDS = 0.05
MANY = 1000


@dataclass(frozen=True)
class Difference:
    """A field that is not as expected after a step. Steps count from 1."""

    step: int
    field: str
    expected: Any
    actual: Any


def differences(
    first: int, expected: Iterable[DataclassInstance], actual: Iterable[DataclassInstance]
) -> Iterator[Difference]:
    """Everything that is not as expected, field by field. ``first`` is the first step compared."""
    for number, (wanted, got) in enumerate(zip(expected, actual, strict=True), first):
        for field in fields(wanted):
            one, other = getattr(wanted, field.name), getattr(got, field.name)
            if one != other:
                yield Difference(number, field.name, one, other)


class PlayedCase:
    """One case of the demo.

    Args:
        workflow_id: the ID of its workflow.
        name: makes the IDs of its events unique.
    """

    def __init__(self, workflow_id: str, name: str, client: BatonClient, desk: DeskClient) -> None:
        self.client = client
        self.customer = f"customer-{name}"
        self._desk = desk
        self._events = 0
        self._notices = 0
        self.is_called(name, workflow_id)

    def is_called(self, name: str, workflow_id: str) -> None:
        """From now on it is known under this name."""
        self.name = name
        self.workflow_id = workflow_id
        self._handle = self.client.temporal.get_workflow_handle(workflow_id)

    def next_event_id(self) -> str:
        self._events += 1
        return f"{self.name}-{self._events}"

    async def close(self) -> None:
        """End it for good, so that its workflow completes. This is tidying up, not part of the play."""
        raise NotImplementedError

    async def give_up(self) -> None:
        """Terminate the case, so that none is left behind without a worker. Needs no worker."""
        # The event that begins the case may still be on its way; a finished case is not found, either.
        missing_until = time.monotonic() + START_SECONDS
        with suppress(TimeoutError):
            async with asyncio.timeout(GIVE_UP_SECONDS):
                while self._events:
                    try:
                        await self._handle.terminate("the demo is over")
                        return
                    except RPCError as error:
                        # Other errors may be temporary, such as a server that is busy with that event.
                        if error.status is RPCStatusCode.NOT_FOUND and time.monotonic() > missing_until:
                            return
                    await asyncio.sleep(POLL_SECONDS)

    async def at_rest(self) -> None:
        """Wait until everything that was decided is carried out, notices included."""
        await until(self._is_at_rest, f"{self.workflow_id} did not come to rest")

    async def over(self) -> None:
        """Wait until the workflow has completed."""
        await until(self._is_over, f"{self.workflow_id} did not complete")

    async def newly_told(self, belongs: Callable[[NoticeRow], bool]) -> list[NoticeRow]:
        """The notices of this case since the last call."""
        rows = [row for row in await self._desk.notices(limit=MANY) if belongs(row)]
        new, self._notices = len(rows) - self._notices, len(rows)
        return rows[:new]

    async def _is_over(self) -> bool:
        return (await self._handle.describe()).close_time is not None

    async def _is_at_rest(self) -> bool:
        described = (await self._handle.describe()).raw_description
        return not described.pending_activities and not described.HasField("pending_workflow_task")


async def until(condition: Callable[[], Awaitable[bool]], otherwise: str) -> None:
    """Wait until ``condition`` holds. Raises ``Unanswered``, with ``otherwise``, if it does not in time."""
    try:
        async with asyncio.timeout(ANSWER_SECONDS):
            while not await condition():  # noqa: ASYNC110 - what is waited for happens elsewhere
                await asyncio.sleep(POLL_SECONDS)
    except TimeoutError:
        raise Unanswered(f"{otherwise} within {ANSWER_SECONDS:g} s.") from None
