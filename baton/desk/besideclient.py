"""The client for the desk that stands beside the ledger: what it can do, how its feed is, what is open."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import Any, NamedTuple

from temporalio.client import WorkflowHandle
from temporalio.service import RPCError, RPCStatusCode

from baton.desk.beside import (
    CHECK_DESK,
    DESK_IN_USE,
    EMBEDDED,
    IMPORT_DESK,
    NO_OTHER_DESK,
    SET_UP_DESK,
    DeskFinding,
    DeskInUse,
    Imported,
    ImportPage,
    SetUp,
)
from baton.desk.client import DeskClient
from baton.desk.feed import FEED_STATUS, LOOK, FeedStatus, desk_feed_workflow_id
from baton.desk.hooks import (
    LIST_HOOKS,
    REPLAY_HOOKS,
    SHOW_HOOK,
    HookQuery,
    HookReplay,
    HooksQuery,
    HooksReplayed,
    KeptHook,
)
from baton.errors import IllegalTransition, NotAllowed
from baton.temporal.executions import describe


class FeedHealth(NamedTuple):
    """A feed, and what it is trying just now."""

    status: FeedStatus
    attempt: int
    """Which attempt of the present look this is; 0 if none is under way."""
    last_error: str
    """Why the attempt before failed; empty if none did."""


class BesideClient(DeskClient):
    """As `DeskClient`, about the desk that people work in.

    What asks something of that desk raises ``NotAllowed`` if people work in the embedded help desk.
    """

    async def in_use(self) -> DeskInUse:
        """Where people work, and what can be expressed there."""
        return await self._ask(DESK_IN_USE, None, DeskInUse)

    async def check(self) -> list[DeskFinding]:
        """Whether credentials, rights and names are as they must be. Nothing is changed."""
        return await self._ask(CHECK_DESK, None, list[DeskFinding])

    async def set_up(self, *, dry_run: bool = False) -> list[str]:
        """Make at the desk what Baton needs there; says what was, or would be, made."""
        return await self._ask(SET_UP_DESK, SetUp(dry_run=dry_run), list[str])

    async def import_page(self, after: str | None = None, *, dry_run: bool = False) -> Imported:
        """Take over a page of what is open at the desk."""
        return await self._ask(IMPORT_DESK, ImportPage(after=after, dry_run=dry_run), Imported)

    async def feed(self, desk: str) -> FeedHealth:
        """How far the feed has read. Raises ``IllegalTransition`` if it never began."""
        handle = self._feed_of(desk)
        with _if_it_began(desk):
            described = await describe(self.temporal, handle.id)
            status: FeedStatus = await handle.query(FEED_STATUS, result_type=FeedStatus)
        pending = described.answer.pending_activities
        if not pending:
            return FeedHealth(status, 0, "")
        return FeedHealth(status, pending[0].attempt, pending[0].last_failure.message)

    async def hooks(self, limit: int) -> list[KeptHook]:
        """The latest deliveries of hooks that could not be used, without their bodies."""
        return await self._ask(LIST_HOOKS, HooksQuery(limit=limit), list[KeptHook])

    async def hook(self, number: int) -> KeptHook:
        """One of them, with the beginning of its body. Raises ``IllegalTransition`` if it is not kept."""
        return await self._ask(SHOW_HOOK, HookQuery(id=number), KeptHook)

    async def replay_hooks(self, number: int | None = None) -> HooksReplayed:
        """Read one of them, or all, with the code as it is now, and have the feeds look.

        Raises ``IllegalTransition`` if that one is not kept.
        """
        usable, left, after, desks = 0, 0, 0, set[str]()
        while True:
            part = await self._ask(REPLAY_HOOKS, HookReplay(id=number, after=after), HooksReplayed)
            usable, left, desks = usable + part.usable, left + part.left, desks | set(part.desks)
            if part.after is None:
                break
            after = part.after
        for desk in sorted(desks):
            with suppress(IllegalTransition):  # a feed that never began reads everything once it does
                await self.look(desk)
        return HooksReplayed(usable=usable, left=left, desks=tuple(sorted(desks)))

    async def look(self, desk: str) -> None:
        """Say that something is new at the desk, as a hook does. Raises as `feed`."""
        with _if_it_began(desk):
            await self._feed_of(desk).signal(LOOK)

    def _feed_of(self, desk: str) -> WorkflowHandle[Any, Any]:
        if desk == EMBEDDED:
            raise NotAllowed(NO_OTHER_DESK)
        return self.temporal.get_workflow_handle(desk_feed_workflow_id(desk, self.task_queue))


@contextmanager
def _if_it_began(desk: str) -> Iterator[None]:
    try:
        yield
    except RPCError as error:
        if error.status is not RPCStatusCode.NOT_FOUND:
            raise
        raise IllegalTransition(
            f"the feed of {desk} never began: no worker with BATON_DESK_FILE has started"
        ) from None
