"""Who of a line is available, and who gets the places that are free: for ``decide`` and apart from events.

Before anybody of a line is given a case, those who have waited longer get the places that are free. So a case
never overtakes another, whatever made the place free, and even if nobody noticed that one is.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime

from baton.contract import SYSTEM, PlaceFreed, Presence, derived_id
from baton.documents.directory import Directory, Member
from baton.model.effects import GivenPlace
from baton.model.facts import Candidate
from baton.model.queueing import hand_out
from helpdesks.base import Queues
from helpdesks.known import Attendance, Kind, Queued

KINDS: tuple[Kind, ...] = ("chat", "ticket")
_HANDED_ON = 50
"""How many more cases are looked at than there are places: some may not go to the person who is free."""


@dataclass(frozen=True)
class Line:
    """The members of a line, as they are for one kind of case, and the places just promised to others."""

    members: tuple[Candidate, ...]
    places: tuple[GivenPlace, ...] = ()


def look_at_line(
    queues: Queues,
    directory: Directory,
    line: str,
    kind: Kind,
    now: datetime,
    *,
    until: datetime | None = None,
) -> Line:
    """Give the free places of a line to those who wait, and say who of the line is available after that.

    ``until`` leaves out cases that have not waited since then or longer.
    """
    until = until or now
    queued = queues.waiting(line, kind, until, _HANDED_ON)
    return _serve(queues, directory, line, kind, now, until, queued, ())


def _serve(
    queues: Queues,
    directory: Directory,
    line: str,
    kind: Kind,
    now: datetime,
    until: datetime,
    queued: Sequence[Queued],
    busier: Collection[str],
) -> Line:
    members = dict(directory.members(line))
    attendance, load = queues.attendance(members), dict(queues.load(members, kind))
    for staff in busier:
        if staff in load:
            load[staff] += 1
    room = {staff: member.most(kind) - load[staff] for staff, member in members.items()}

    def candidate(staff: str, member: Member) -> Candidate:
        attends = attendance.get(staff)
        return Candidate(
            staff=staff,
            departments=member.departments,
            roles=member.roles,
            # Nobody gets a new case during the grace: it only protects what somebody already has.
            available=not absent(attends) and directory.on_duty(member, now) and room[staff] > 0,
            chats=member.chats,
            load=load[staff],
            last_assigned_at=attends.last_assigned_at if attends is not None else None,
        )

    candidates = tuple(candidate(staff, member) for staff, member in members.items())
    free = sum(room[one.staff] for one in candidates if one.available)
    if not (queued and free):
        return Line(candidates)
    if len(queued) == _HANDED_ON:
        queued = queues.waiting(line, kind, until, free + _HANDED_ON)
    given = hand_out((one.waiting for one in queued), candidates, room)
    queues.promise(given, kind)
    for staff in given.values():
        load[staff] += 1
        room[staff] -= 1
    return Line(
        tuple(candidate(staff, member) for staff, member in members.items()),
        tuple(
            GivenPlace(case=one.case.workflow_id, staff=given[one.case.case_id])
            for one in queued
            if one.case.case_id in given
        ),
    )


def fill(
    queues: Queues,
    directory: Directory,
    lines: Iterable[str | None],
    now: datetime,
    kinds: Iterable[Kind] = KINDS,
    busier: Collection[str] = (),
) -> tuple[GivenPlace, ...]:
    """Give all free places of these lines to those who wait there; returns who got one.

    ``busier`` are those who get the case that is being decided, which no load counts yet.
    """
    given: list[GivenPlace] = []
    for line in sorted({line for line in lines if line is not None}):
        for kind in kinds:
            # Mostly nobody waits, and then nobody's load matters.
            if queued := queues.waiting(line, kind, now, _HANDED_ON):
                found = _serve(queues, directory, line, kind, now, now, queued, busier)
                given += found.places
    return tuple(given)


def place_freed(place: GivenPlace, source: str, at: datetime) -> PlaceFreed:
    """What a case is told that gets a place; always the same for the same promise."""
    return PlaceFreed(id=derived_id("place", place.case, source), at=at, author=SYSTEM, staff=place.staff)


def absent(attends: Attendance | None) -> bool:
    """Whether somebody gets nothing new: not online."""
    return attends is None or attends.presence is not Presence.ONLINE
