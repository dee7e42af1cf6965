"""Facts that are looked up only where a rule gets as far as asking for them."""

from __future__ import annotations

from datetime import datetime
from zoneinfo import ZoneInfo

from activities.places import absent
from baton.documents.calendars import Calendar
from baton.documents.directory import Directory
from baton.model.decision import CaseState
from baton.model.facts import (
    Clock,
    Facts,
    MissingAvailability,
    MissingClock,
    MissingFact,
    MissingPrevious,
    Previous,
)
from baton.model.kinds import kind_of
from helpdesks.base import Intake


def look_up(
    missing: MissingFact, case: CaseState, facts: Facts, intake: Intake, directory: Directory
) -> Facts:
    """``facts`` with the one that is missing. Raises ``missing`` if it is not looked up here."""
    name, now = missing.name, facts.now
    match missing:
        case MissingAvailability():
            available = _available(name, case, now, intake, directory)
            return facts.model_copy(update={"available": {**facts.available, name: available}})
        case MissingClock():
            return facts.model_copy(update={"clocks": {**facts.clocks, name: clock(name, now, directory)}})
        case MissingPrevious():
            # Whatever the help desk has lost must not be looked for again.
            found = intake.previous() or Previous(case_id=case.previous_case or "")
            return facts.model_copy(update={"previous": found})
    raise missing


def _available(staff: str, case: CaseState, now: datetime, intake: Intake, directory: Directory) -> bool:
    member = directory.staff.get(staff)
    if member is None or not directory.on_duty(member, now):
        return False
    if absent(intake.attendance([staff]).get(staff)):
        return False
    kind = kind_of(case)
    return intake.load([staff], kind)[staff] < member.most(kind)


def clock(name: str, now: datetime, directory: Directory) -> Clock:
    """What time it is at ``line.NAME`` or ``calendar.NAME``.

    Without a calendar there is no time zone, and every hour counts. The directory may have lost
    the name since the
    rules were checked.
    """
    what, _, key = name.partition(".")
    calendar = directory.calendars.get(key) if what == "calendar" else _of_line(key, directory)
    if calendar is None:
        return Clock()
    return Clock(
        zone=calendar.timezone,
        wall=now.astimezone(ZoneInfo(calendar.timezone)).replace(tzinfo=None),
        open=calendar.is_open(now),
        turns_at=calendar.turns(now),
    )


def _of_line(key: str, directory: Directory) -> Calendar | None:
    line = directory.lines.get(key)
    return None if line is None or line.calendar is None else directory.calendars[line.calendar]
