"""Presence is shown and changed, and the cases that it concerns are told.

One person or hundreds are changed in one transaction, and told of by one activity, which is tried until it
succeeds. Offline counts only after a grace: until then no case is told, and coming back undoes it.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta

from temporalio import activity

from activities.arrivals import fill_lines, tell_what_waits
from activities.calls import call
from activities.refusing import refusing
from activities.spreading import spread_once, tell_each
from activities.telling import submit
from baton.contract import SYSTEM, Presence, PresenceChanged, derived_id
from baton.desk.api import (
    SET_PRESENCE,
    SET_PRESENCES,
    SHOW_PRESENCE,
    SPREAD_PRESENCE,
    SPREAD_PRESENCES,
    PresenceChange,
    PresenceQuery,
    PresenceRow,
    PresencesChange,
    PresenceSpread,
    PresencesSet,
    PresencesSpread,
)
from baton.documents.directory import Directory
from baton.model.effects import CaseRef
from helpdesks.answers import presence
from helpdesks.base import Ledger
from helpdesks.presences import presence_rows

MOST_AT_ONCE = 1000
"""How many people one activity tells of: their names are its argument."""
_SPREAD_TIMEOUT = timedelta(minutes=10)
_SKEW = timedelta(minutes=1)
"""By how much the clocks of Temporal and a worker may differ."""


class PresenceChanges:
    """The activities about presence.

    Args:
        desk: the help desk.
        task_queue: the task queue for what follows.
        offline_grace: seconds after which somebody who went offline counts as away.
    """

    def __init__(self, desk: Ledger, task_queue: str, offline_grace: float) -> None:
        self._desk = desk
        self._task_queue = task_queue
        self._offline_grace = timedelta(seconds=offline_grace)

    @call(SHOW_PRESENCE)
    async def show_presence(self, query: PresenceQuery) -> list[PresenceRow]:
        """Everybody in the directory, or who passes every filter, and what they are doing."""
        with refusing():
            return await presence(self._desk, query, self._offline_grace)

    @call(SET_PRESENCE)
    async def set_presence(self, change: PresenceChange) -> PresenceRow:
        """Note somebody's presence from now on, and have the cases that it concerns told."""
        directory = (await self._desk.directory()).directory
        with refusing():
            directory.require_staff(change.staff)
        await self._note(change.staff, change.presence)
        (row,) = await presence_rows(self._desk, directory, [change.staff], self._offline_grace)
        return row

    async def note(self, staff: str, presence: Presence) -> None:
        """As `set_presence`, for what a desk says; nothing for somebody who is not in the directory."""
        if staff in (await self._desk.directory()).directory.staff:
            await self._note(staff, presence)

    async def _note(self, staff: str, presence: Presence) -> None:
        attends = await self._desk.set_presence(staff, presence, datetime.now(UTC))
        spread = PresenceSpread(staff=staff, presence=attends.presence, since=attends.since)
        await self._spread_once(
            f"presence:{staff}", SPREAD_PRESENCE, spread, f"{staff} is {attends.presence}"
        )

    @call(SET_PRESENCES)
    async def set_presences(self, change: PresencesChange) -> PresencesSet:
        """As `set_presence`, for several people at once."""
        directory = (await self._desk.directory()).directory
        with refusing():
            staff = meant(change, directory)
        at = datetime.now(UTC)
        attendance = await self._desk.set_presences(staff, change.presence, at)
        # With those whom an earlier attempt of this call has set: it may have died before it told of them.
        fresh: dict[datetime, list[str]] = defaultdict(list)
        for one, attends in attendance.items():
            if attends.since >= activity.info().scheduled_time - _SKEW:
                fresh[attends.since].append(one)
        for since, several in fresh.items():
            for first in range(0, len(several), MOST_AT_ONCE):
                batch = tuple(several[first : first + MOST_AT_ONCE])
                spread = PresencesSpread(staff=batch, presence=change.presence, since=since)
                name = ":".join(("presences", "staff", *batch))
                said = f"{len(batch):,} people are {change.presence}"
                await self._spread_once(name, SPREAD_PRESENCES, spread, said)
        already = (one for one, attends in attendance.items() if attends.since != at)
        return PresencesSet(staff=staff, presence=change.presence, already=tuple(already))

    @call(SPREAD_PRESENCE)
    async def spread_presence(self, spread: PresenceSpread) -> int:
        """Tell the cases that a presence concerns. Returns how many; 0 if the presence has changed since.

        When somebody leaves, these are the cases that they have; when they come, those that get their places.
        """
        return await self._tell_cases([spread.staff], spread.presence, spread.since)

    @call(SPREAD_PRESENCES)
    async def spread_presences(self, spread: PresencesSpread) -> int:
        """As `spread_presence`, about several people; without those whose presence has changed since."""
        return await self._tell_cases(spread.staff, spread.presence, spread.since)

    async def _spread_once(
        self, name: str, do: str, spread: PresenceSpread | PresencesSpread, said: str
    ) -> None:
        delayed = spread.presence is Presence.OFFLINE
        await spread_once(
            f"{name}:{spread.since.isoformat()}{'' if delayed else ':now'}",
            do,
            spread,
            task_queue=self._task_queue,
            within=_SPREAD_TIMEOUT,
            said=said,
            delay=self._offline_grace if delayed else None,
        )

    async def _tell_cases(self, staff: Sequence[str], presence: Presence, since: datetime) -> int:
        attendance = await self._desk.presence()
        still = [
            one
            for one in staff
            if one in attendance and (attendance[one].presence, attendance[one].since) == (presence, since)
        ]
        if presence is Presence.ONLINE:
            return await self._fill_places(still, since)
        events: dict[CaseRef, PresenceChanged] = {}
        for one in still:
            event = PresenceChanged(
                id=derived_id("presence", one, since.isoformat()),
                at=since,
                author=SYSTEM,
                staff=one,
                presence=presence,
            )
            # Once for each case: it looks at everybody who is away, whomever the event names.
            for case in await self._desk.touched_by(one):
                events.setdefault(case, event)
            activity.heartbeat()
        return await tell_each(events, lambda case: submit(case.workflow_id, events[case]))

    async def _fill_places(self, staff: Sequence[str], since: datetime) -> int:
        directory = (await self._desk.directory()).directory
        by_line: dict[str | None, list[str]] = defaultdict(list)
        for one in staff:
            if one in directory.staff:
                by_line[directory.staff[one].line].append(one)
        source = derived_id("presence", *staff, since.isoformat())
        lines = [line for line in by_line if line is not None]
        given = await fill_lines(self._desk, self._task_queue, lines, source, datetime.now(UTC))
        for line, members in by_line.items():
            waiting = derived_id("line", source, line or "")
            await tell_what_waits(self._desk, members, line, waiting, datetime.now(UTC))
        return len(given)


def meant(change: PresencesChange, directory: Directory) -> tuple[str, ...]:
    """Whose presence a change sets, in the order of the directory. Raises ``UnknownStaff``."""
    directory.require_staff(*change.staff)
    for line in change.lines:
        directory.require_line(line)
    return tuple(
        key
        for key, member in directory.staff.items()
        if change.everyone or key in change.staff or member.line in change.lines
    )
