"""Who of a line is available, and who gets the places that are free: for ``decide`` and apart from events.

Before anybody of a line is given a case, those who have waited longer get the places that are free. So a case
never overtakes another, whatever made the place free, and even if nobody noticed that one is.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime

from baton.contract import SYSTEM, PlaceFreed, Presence, derived_id
from baton.documents.directory import Directory
from baton.model.effects import GivenPlace
from baton.model.facts import Candidate
from baton.model.queueing import hand_out
from helpdesks.base import Queues
from helpdesks.known import Attendance, Kind, Queued, Standing

KINDS: tuple[Kind, ...] = ("chat", "ticket")
_HANDED_ON = 50
"""How many more cases are looked at than there are places: some may not go to the person who is free."""
RUNNERS_UP = 3
"""How many of those who are available a decision records. At most one of them handed the case on, and must
not get it; the others explain why it was the first."""


@dataclass(frozen=True)
class Line:
    """Who of a line could get one case, and the places just promised to others.

    Attributes:
        members: those who were named, and the first who are available.
        available: how many are; counted only if that was asked for.
    """

    members: tuple[Candidate, ...]
    places: tuple[GivenPlace, ...] = ()
    available: int | None = None


def look_at_line(
    queues: Queues,
    directory: Directory,
    line: str,
    kind: Kind,
    now: datetime,
    *,
    until: datetime | None = None,
    named: Iterable[str] = (),
    counted: bool = False,
) -> Line:
    """Give the free places of a line to those who wait, and say who of the line is available after that.

    Args:
        until: leaves out cases that have not waited since then or longer.
        named: members to look at whether they are available or not.
        counted: whether to say how many are available.
    """
    team = _Team(queues, directory, line, kind, now)
    queued = queues.waiting(line, kind, until or now, _HANDED_ON)
    places = _serve(team, until or now, queued) if queued else ()
    members = {one.staff: one for one in (*team.named(named), *team.first())}
    available = len(team.available()) if counted else None
    return Line(tuple(members.values()), places, available)


class _Team:
    """The members of a line, as they are for one kind of case."""

    def __init__(self, queues: Queues, directory: Directory, line: str, kind: Kind, now: datetime) -> None:
        self.queues = queues
        self.line = line
        self.kind = kind
        self.members = directory.members(line)
        # Nobody gets a new case during the grace: it only protects what somebody already has.
        self._on_duty = directory.calendar_of_line(line).is_open(now)
        self.busier: Counter[str] = Counter()
        """Cases that they get now, and that no load counts yet."""

    def room(self, one: Standing) -> int:
        """How many more cases somebody takes."""
        return self.members[one.staff].most(self.kind) - one.load - self.busier[one.staff]

    def available(self, most: int | None = None, *, habit: bool = False) -> list[Standing]:
        """Those who are available, at most so many; with ``habit``, of those who usually work with chats."""
        if not self._on_duty:
            return []

        def fits(one: Standing) -> bool:
            return self.room(one) > 0 and (self.members[one.staff].chats or not habit)

        return [*self.queues.first(self.members, self.kind, fits, most or len(self.members))]

    def first(self) -> Iterable[Candidate]:
        """The first who are available, in the order of preference, and some who usually work with chats."""
        # Whoever gets a place now has more than the order knows.
        most = None if self.busier else RUNNERS_UP
        found = self.available(most)
        if most is not None and not all(self.members[one.staff].chats for one in found):
            found += self.available(most, habit=True)
        return (self.candidate(one) for one in found)

    def named(self, staff: Iterable[str]) -> Iterable[Candidate]:
        """Those of these who are members."""
        named = [one for one in staff if one in self.members]
        found = self.queues.standing(named, self.kind) if named else ()
        return (self.candidate(one) for one in found)

    def candidate(self, one: Standing) -> Candidate:
        member = self.members[one.staff]
        return Candidate(
            staff=one.staff,
            departments=member.departments,
            roles=member.roles,
            available=one.online and self._on_duty and self.room(one) > 0,
            chats=member.chats,
            load=one.load + self.busier[one.staff],
            last_assigned_at=one.last_assigned_at,
        )


def _serve(team: _Team, until: datetime, queued: Sequence[Queued]) -> tuple[GivenPlace, ...]:
    """Give the free places of a line to those who are ``queued``; returns who got one."""
    there = team.available()
    if not there:
        return ()
    room = {one.staff: team.room(one) for one in there}
    if len(queued) == _HANDED_ON:
        most = sum(room.values()) + _HANDED_ON
        queued = team.queues.waiting(team.line, team.kind, until, most)
    given = hand_out((one.waiting for one in queued), [team.candidate(one) for one in there], room)
    team.queues.promise(given, team.kind)
    team.busier.update(given.values())
    return tuple(
        GivenPlace(case=one.case.workflow_id, staff=given[one.case.case_id])
        for one in queued
        if one.case.case_id in given
    )


def fill(
    queues: Queues,
    directory: Directory,
    lines: Iterable[str | None],
    now: datetime,
    kinds: Iterable[Kind] = KINDS,
    busier: Iterable[str] = (),
) -> tuple[GivenPlace, ...]:
    """Give all free places of these lines to those who wait there; returns who got one.

    ``busier`` are those who get the case that is being decided, which no load counts yet.
    """
    given: list[GivenPlace] = []
    for line in sorted({line for line in lines if line is not None}):
        for kind in kinds:
            # Mostly nobody waits, and then nobody's load matters.
            if queued := queues.waiting(line, kind, now, _HANDED_ON):
                team = _Team(queues, directory, line, kind, now)
                team.busier.update(busier)
                given += _serve(team, now, queued)
    return tuple(given)


def place_freed(place: GivenPlace, source: str, at: datetime) -> PlaceFreed:
    """What a case is told that gets a place; always the same for the same promise."""
    return PlaceFreed(id=derived_id("place", place.case, source), at=at, author=SYSTEM, staff=place.staff)


def absent(attends: Attendance | None) -> bool:
    """Whether somebody gets nothing new: not online."""
    return attends is None or attends.presence is not Presence.ONLINE
