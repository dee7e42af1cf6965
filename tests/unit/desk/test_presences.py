"""What is said of everybody: off duty, full, in the grace."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from baton.contract import Presence
from baton.desk.api import PresenceRow
from helpdesks.known import Attendance, Kind
from helpdesks.presences import presence_row
from tests.directories import parse_directory

NOON = datetime(2026, 3, 2, 12, tzinfo=UTC)  # a Monday
GRACE = timedelta(minutes=3)
COMPANY = parse_directory(
    "calendars: {hours: {weekly: {mon: ['09:00-18:00']}}}\n"
    "lines: {line-1: {calendar: hours}}\n"
    "staff: {ivan: {line: line-1, max_chats: 2, max_tickets: 3}, boss: {}}",
    "directory.yaml",
)


def row(
    presence: Presence | None = Presence.ONLINE,
    *,
    ago: timedelta = timedelta(),
    now: datetime = NOON,
    chats: int = 0,
    tickets: int = 0,
    staff: str = "ivan",
) -> PresenceRow:
    attends = Attendance(presence, now - ago) if presence is not None else None
    load: dict[Kind, int] = {"chat": chats, "ticket": tickets}
    return presence_row(staff, COMPANY, attends, now, GRACE, load=load)


@pytest.mark.parametrize(
    ("now", "off_duty"),
    [(NOON, False), (NOON.replace(hour=18), True), (NOON.replace(hour=8), True), (NOON.replace(day=3), True)],
)
def test_off_duty_is_who_is_outside_the_hours_of_the_line(now: datetime, off_duty: bool) -> None:
    assert row(now=now).off_duty is off_duty
    assert row(now=now, staff="boss").off_duty is False, "without a line, every hour counts"


@pytest.mark.parametrize(
    ("chats", "tickets", "full"),
    [
        (1, 2, ()),
        (2, 2, ("chats",)),
        (3, 0, ("chats",)),
        (0, 3, ("tickets",)),
        (2, 9, ("chats", "tickets")),
    ],
)
def test_full_is_who_has_as_many_as_the_directory_allows(
    chats: int, tickets: int, full: tuple[str, ...]
) -> None:
    found = row(chats=chats, tickets=tickets)
    assert (found.has_chats, found.has_tickets, found.full) == (chats, tickets, full)
    assert (found.max_chats, found.max_tickets) == (2, 3)


@pytest.mark.parametrize(
    ("presence", "ago", "left"),
    [
        (Presence.OFFLINE, timedelta(), GRACE),
        (Presence.OFFLINE, timedelta(minutes=2), timedelta(minutes=1)),
        (Presence.OFFLINE, GRACE, None),
        (Presence.WITHOUT_CHATS, timedelta(), None),
        (Presence.ONLINE, timedelta(), None),
        (None, timedelta(), None),
    ],
)
def test_in_the_grace_is_who_went_offline_a_moment_ago(
    presence: Presence | None, ago: timedelta, left: timedelta | None
) -> None:
    found = row(presence, ago=ago)
    assert found.grace_until == (NOON + left if left is not None else None)
    assert found.presence is (presence or Presence.OFFLINE)
    assert found.since == (NOON - ago if presence is not None else None)


def test_the_grace_ends_with_the_hours_of_the_line() -> None:
    assert row(Presence.OFFLINE, now=NOON.replace(hour=18)).grace_until is None
