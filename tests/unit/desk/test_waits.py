"""Why a case waits, in words."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest

from baton.desk.waits import Colleague, InQueue, closed, waits_for
from baton.documents.directory import Directory
from tests.directories import parse_directory

FULL, FREE, AWAY = (Colleague("", *flags) for flags in ((True, False), (True, True), (False, True)))
PHONES = FREE._replace(chats=False)


def because(*members: Colleague, closed: str = "", **case: Any) -> str:
    """Why a case of line 1 waits; its members are Ivan, Petra, Olga and Max, in this order."""
    names = ("ivan", "petra", "olga", "max")
    line = [member._replace(staff=name) for name, member in zip(names, members, strict=False)]
    return waits_for(InQueue("line-1", **case), line, closed)


@pytest.mark.parametrize(
    ("members", "reason"),
    [
        ([AWAY], "nobody of line-1 is online"),
        ([AWAY, AWAY, AWAY], "nobody of line-1 is online"),
        ([FULL], "1 of line-1 online, full"),
        ([FULL, AWAY], "1 of line-1 online, full"),
        ([FULL, FULL], "2 of line-1 online, both full"),
        ([AWAY, FULL, FULL], "2 of line-1 online, both full"),
        ([FULL, FULL, FULL], "3 of line-1 online, all full"),
        ([FULL, FULL, FULL, FULL], "4 of line-1 online, all full"),
        ([FULL, FREE], "line-1 has room: about to go out"),
        ([FULL, PHONES], "line-1 has room: about to go out"),
    ],
)
def test_a_queued_case_waits_for_its_line(members: list[Colleague], reason: str) -> None:
    assert because(*members) == reason


@pytest.mark.parametrize(
    ("members", "reason"),
    [
        ([FREE], "handed on by ivan, nobody else of line-1 is there"),
        ([FREE, AWAY], "handed on by ivan, nobody else of line-1 is there"),
        ([AWAY, AWAY], "handed on by ivan, nobody else of line-1 is there"),
        ([FREE, FULL], "handed on by ivan; 1 other of line-1 online, full"),
        ([FULL, FULL, FULL], "handed on by ivan; 2 others of line-1 online, both full"),
        ([FREE, FREE], "line-1 has room: about to go out"),
    ],
)
def test_who_handed_a_case_on_does_not_count(members: list[Colleague], reason: str) -> None:
    assert because(*members, handed_on_by="ivan") == reason


def test_who_handed_a_case_to_another_line_is_no_reason() -> None:
    assert because(FULL, handed_on_by="lena") == "1 of line-1 online, full"


@pytest.mark.parametrize(
    ("members", "reason"),
    [
        ([FREE], "left unanswered; line-1 has room"),
        ([FULL, AWAY], "1 of line-1 online, full"),
        ([AWAY, PHONES], "nobody of line-1 who works with chats is online"),
        ([AWAY, PHONES, FULL], "1 of line-1 online who works with chats, full"),
        ([FULL, PHONES, FULL], "2 of line-1 online who work with chats, both full"),
        ([PHONES], "left unanswered; line-1 has room"),
    ],
    ids=["room", "full", "nobody works with chats", "one does", "two do", "the assignee gets it back"],
)
def test_an_unanswered_chat_waits_for_its_assignee_or_for_somebody_who_works_with_chats(
    members: list[Colleague], reason: str
) -> None:
    assert because(*members, ended=True, assignee="ivan") == reason


def test_a_promised_place_comes_before_all_other_reasons() -> None:
    assert because(AWAY, closed="line-1 never opens", promised_to="ivan") == "next: goes to ivan"


def test_a_closed_line_gives_nothing_out_whoever_is_online() -> None:
    assert because(FREE, closed="line-1 opens at 09:00 (UTC)") == "line-1 opens at 09:00 (UTC)"


@pytest.mark.parametrize(
    ("hours", "zone", "reason"),
    [
        ("mon: ['13:00-17:00']", "UTC", "line-1 opens at 13:00 (UTC)"),
        ("mon: ['09:00-12:00']", "UTC", "line-1 opens on Mon 2026-03-09 at 09:00 (UTC)"),
        ("tue: ['09:00-12:00']", "UTC", "line-1 opens on Tue 2026-03-03 at 09:00 (UTC)"),
        ("mon: ['13:30-17:00']", "Europe/Berlin", "line-1 opens at 13:30 (Europe/Berlin)"),
        # In Kiritimati, 14 hours ahead, it is Tuesday already.
        ("tue: ['09:00-12:00']", "Pacific/Kiritimati", "line-1 opens at 09:00 (Pacific/Kiritimati)"),
        ("mon: []", "UTC", "line-1 never opens"),
        ("mon: ['00:00-24:00']", "UTC", ""),
    ],
)
def test_a_line_opens_at_a_time_of_its_own_calendar(hours: str, zone: str, reason: str) -> None:
    directory = parse_directory(
        f"calendars: {{hours: {{timezone: {zone}, weekly: {{{hours}}}}}}}\n"
        "lines: {line-1: {calendar: hours}}\nstaff: {ivan: {line: line-1}}",
        "directory.yaml",
    )
    noon = datetime(2026, 3, 2, 12, tzinfo=UTC)  # a Monday
    assert closed("line-1", directory, noon) == reason


def test_a_line_without_members_and_one_that_is_gone_are_named() -> None:
    directory = Directory.model_validate({"lines": {"line-1": {}}, "staff": {"lena": {}}})
    now = datetime(2026, 3, 2, 12, tzinfo=UTC)
    assert closed("line-1", directory, now) == "nobody belongs to line-1"
    assert closed("line-2", directory, now) == "line-2 is no longer in the directory"
