"""Who is away, and when an absence begins to count, as a decision sees it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta

from activities.places import absent
from baton.contract import Presence, Status, TicketStage
from baton.documents.directory import Directory, Member
from baton.model.facts import Person
from baton.model.ticket.state import TicketState
from helpdesks.known import Attendance


def person(
    member: Member,
    directory: Directory,
    attends: Attendance | None,
    now: datetime,
    grace: timedelta,
    *,
    acted_at: datetime | None,
    full: bool,
) -> Person:
    """What a chat must know about somebody. ``acted_at`` is when they last did something in the case."""
    line = directory.lines.get(member.line) if member.line else None
    on_duty = directory.on_duty(member, now)
    away = absent(attends) or not on_duty
    grace_ends = latest(
        _grace_ends(attends, grace) if on_duty else None,
        acted_at + grace if acted_at is not None and _still_counts(acted_at, attends) else None,
    )
    in_grace = away and grace_ends is not None and now < grace_ends
    return Person(
        line=member.line,
        departments=member.departments,
        roles=member.roles,
        chats=member.chats,
        takes_over=line is None or line.takes_over,
        away=away and not in_grace,
        away_at=grace_ends if in_grace else None,
        full=full,
    )


def _grace_ends(attends: Attendance | None, grace: timedelta) -> datetime | None:
    if attends is None or attends.presence is not Presence.OFFLINE:
        return None
    return attends.since + grace


def composing_since(ticket: TicketState, staff: str) -> datetime | None:
    """Since when somebody has been writing the reply. Whoever gets that task has the grace from then on."""
    composes = ticket.stage is TicketStage.COMPOSING and staff == ticket.composer
    return ticket.composing_since if composes else None


def _still_counts(acted_at: datetime, attends: Attendance | None) -> bool:
    """Whether somebody who did something in the case then may still be there.

    Not if they have said since that they do not work with chats now, which counts at once.
    """
    said_since = attends is not None and attends.since > acted_at
    return not (said_since and attends is not None and attends.presence is Presence.WITHOUT_CHATS)


def latest(*times: datetime | None) -> datetime | None:
    """The latest of these; none if there is none."""
    return max((at for at in times if at is not None), default=None)


def who_has_to_act(
    before: TicketState, after: TicketState, now: datetime
) -> tuple[str | None, datetime | None]:
    """Whose absence a ticket must notice, and since when they have certainly had it to do."""
    if after.stage is TicketStage.COMPOSING:
        return after.composer, after.composing_since if after.composer == before.composer else now
    triage = after.stage is TicketStage.TRIAGE and after.status is Status.OPEN
    return (after.assignee, None) if triage else (None, None)


def of_ticket(
    known: Person,
    member: Member,
    attends: Attendance | None,
    directory: Directory,
    now: datetime,
    grace: timedelta,
    *active_at: datetime | None,
) -> Person:
    """``known``, with what a ticket must also know about somebody.

    ``active_at`` are times when they were certainly there, whatever their presence says.
    """
    return known.model_copy(
        update={
            "shared": member.shared,
            "present": _there(member, attends, directory, now),
            "gone_at": gone_at(member, attends, directory, grace, *active_at),
        }
    )


def present(
    staff: Iterable[str], attendance: Mapping[str, Attendance], directory: Directory, now: datetime
) -> tuple[str, ...]:
    """Those of these people who are there."""
    return tuple(one for one in staff if _there(directory.staff[one], attendance.get(one), directory, now))


def _there(member: Member, attends: Attendance | None, directory: Directory, now: datetime) -> bool:
    there = attends is not None and attends.presence is not Presence.OFFLINE
    return there and directory.on_duty(member, now)


def gone_at(
    member: Member,
    attends: Attendance | None,
    directory: Directory,
    grace: timedelta,
    *active_at: datetime | None,
) -> datetime | None:
    """When somebody's absence starts to count for a ticket: after the grace, in business hours.

    None if they are there, or never set a presence: not everybody who answers tickets does.
    """
    if attends is None or attends.presence is not Presence.OFFLINE:
        return None
    since = latest(attends.since, *active_at) or attends.since
    return directory.calendar_of(member).after(since, grace)
