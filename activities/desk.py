"""The help desk's own data: inbox, notices, presence. Programs call these activities without a workflow.

They run in the worker, so that whoever can reach Temporal can use them, and nobody else needs access to
the help desk's database.
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from temporalio import activity

from activities.answers import with_names
from activities.arrivals import fill_lines, tell_what_waits
from activities.presences import presence_rows
from activities.refusing import refusal, refusing
from activities.spreading import spread_once, tell_each
from activities.telling import submit
from baton.contract import SYSTEM, Presence, PresenceChanged, derived_id
from baton.desk.api import (
    BLOCK_CUSTOMER,
    INBOX,
    NOTICES,
    SET_PRESENCE,
    SHOW_PRESENCE,
    SHOW_RULES,
    SPREAD_PRESENCE,
    TICKETS,
    CustomerBlock,
    InboxQuery,
    InboxRow,
    NoticeQuery,
    NoticeRow,
    PresenceChange,
    PresenceRow,
    PresenceSpread,
    RulesQuery,
    ShownRules,
    TicketQuery,
    TicketRow,
)
from helpdesks.base import HelpDesk

_SPREAD_TIMEOUT = timedelta(minutes=10)


class Housekeeping:
    """The desk's activities.

    Args:
        desk: the help desk.
        task_queue: the task queue for delayed activities.
        offline_grace: seconds after which somebody who went offline counts as away.
    """

    def __init__(self, desk: HelpDesk, task_queue: str, offline_grace: float) -> None:
        self._desk = desk
        self._task_queue = task_queue
        self._offline_grace = timedelta(seconds=offline_grace)

    @activity.defn(name=INBOX)
    async def inbox(self, query: InboxQuery) -> list[InboxRow]:
        """Chats as the help desk lists them: consistent, unlike Temporal's visibility."""
        directory = (await self._desk.directory()).directory
        with refusing():
            if query.staff is not None:
                directory.require_staff(query.staff)
        return list(await self._desk.inbox(query))

    @activity.defn(name=TICKETS)
    async def tickets(self, query: TicketQuery) -> list[TicketRow]:
        """Tickets as the help desk lists them, such as those that wait for one department."""
        directory = (await self._desk.directory()).directory
        with refusing():
            if query.staff is not None:
                directory.require_staff(query.staff)
            return list(await self._desk.tickets(query))

    @activity.defn(name=NOTICES)
    async def notices(self, query: NoticeQuery) -> list[NoticeRow]:
        """What people were told, latest first."""
        return with_names(await self._desk.notices(query.staff, query.limit))

    @activity.defn(name=SHOW_PRESENCE)
    async def show_presence(self) -> list[PresenceRow]:
        """Everybody in the directory, and what they are doing."""
        directory = (await self._desk.directory()).directory
        return await presence_rows(self._desk, directory, directory.staff, self._offline_grace)

    @activity.defn(name=SHOW_RULES)
    async def show_rules(self, query: RulesQuery) -> ShownRules:
        """A rule set that was in force once."""
        kept = await self._desk.kept_rules(query.digest)
        if kept is None:
            raise refusal("InvalidEvent", f"the help desk has no rules with the digest {query.digest!r}")
        return kept

    @activity.defn(name=BLOCK_CUSTOMER)
    async def block_customer(self, block: CustomerBlock) -> None:
        await self._desk.block_customer(block.customer, blocked=block.blocked)

    @activity.defn(name=SET_PRESENCE)
    async def set_presence(self, change: PresenceChange) -> PresenceRow:
        """Note somebody's presence from now on, and have the cases that it concerns told.

        Offline counts only after a grace; until then no case is told, and coming back undoes it.
        """
        directory = (await self._desk.directory()).directory
        with refusing():
            directory.require_staff(change.staff)
        attends = await self._desk.set_presence(change.staff, change.presence, datetime.now(UTC))
        delayed = attends.presence is Presence.OFFLINE
        await spread_once(
            f"presence:{change.staff}:{attends.since.isoformat()}{'' if delayed else ':now'}",
            SPREAD_PRESENCE,
            PresenceSpread(staff=change.staff, presence=attends.presence, since=attends.since),
            task_queue=self._task_queue,
            within=_SPREAD_TIMEOUT,
            said=f"{change.staff} is {attends.presence}",
            delay=self._offline_grace if delayed else None,
        )
        (row,) = await presence_rows(self._desk, directory, [change.staff], self._offline_grace)
        return row

    @activity.defn(name=SPREAD_PRESENCE)
    async def spread_presence(self, spread: PresenceSpread) -> int:
        """Tell the cases that a presence concerns. Returns how many; 0 if the presence has changed since.

        When somebody leaves, these are the cases that they have; when they come, those that get their places.
        """
        attends = (await self._desk.presence()).get(spread.staff)
        if attends is None or (attends.presence, attends.since) != (spread.presence, spread.since):
            return 0
        if spread.presence is Presence.ONLINE:
            return await self._fill_places(spread)
        event = PresenceChanged(
            id=derived_id("presence", spread.staff, spread.since.isoformat()),
            at=spread.since,
            author=SYSTEM,
            staff=spread.staff,
            presence=spread.presence,
        )
        touched = await self._desk.touched_by(spread.staff)
        return await tell_each(touched, lambda case: submit(case.workflow_id, event))

    async def _fill_places(self, spread: PresenceSpread) -> int:
        member = (await self._desk.directory()).directory.staff.get(spread.staff)
        if member is None:
            return 0
        lines = [member.line] if member.line is not None else []
        source = derived_id("presence", spread.staff, spread.since.isoformat())
        given = await fill_lines(self._desk, self._task_queue, lines, source, datetime.now(UTC))
        await tell_what_waits(self._desk, spread.staff, member.line, source, datetime.now(UTC))
        return len(given)
