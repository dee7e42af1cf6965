"""Days with hours of their own, and how hours and days may be written."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from pydantic import ValidationError

from baton.cli.desk.directorytext import as_yaml
from baton.contract.words import STORED
from baton.documents.calendars import Calendar
from baton.documents.directory import Directory
from tests.directories import parse_directory
from tests.unit.documents.test_directory_file import mistakes
from tests.unit.documents.test_moved_days import NINE_TO_SIX, calendar, hours_on

HOUR = timedelta(hours=1)


@pytest.mark.parametrize(
    ("days", "day", "hours"),
    [
        ({"2026-10-28": ["09:00-13:00"]}, "2026-10-28", "09:00-13:00"),
        ({"2026-10-29": ["10:00-12:00"]}, "2026-10-29", "10:00-12:00"),
        ({"2026-10-31": "like fri"}, "2026-10-31", "09:00-18:00"),
        ({"2026-10-31": "09:00-10:00"}, "2026-10-31", "09:00-10:00"),
        ({"2026-10-30": []}, "2026-10-30", ""),
        ({"2026-10-30": ["22:00-24:00"], "2026-10-31": ["00:00-02:00"]}, "2026-10-31", "00:00-02:00"),
        ({"2026-10-28": ["09:00-13:00"]}, "2026-10-29", ""),
    ],
    ids=[
        "half a day",
        "on a holiday",
        "like a weekday",
        "one interval without a list",
        "none",
        "past midnight, on two days",
        "the holiday after half a day",
    ],
)
def test_a_day_may_have_hours_of_its_own(days: dict[str, Any], day: str, hours: str) -> None:
    # 28 October is half a holiday in Turkey, from 13:00; the 29th is a whole one.
    assert hours_on(calendar("Europe/Istanbul", "TR", days=days), day) == hours


def test_work_goes_on_behind_half_a_day() -> None:
    turkey = calendar("Europe/Istanbul", "TR", days={"2026-10-28": ["09:00-13:00"]})
    start = datetime(2026, 10, 28, 12, tzinfo=ZoneInfo("Europe/Istanbul"))
    assert turkey.after(start, 2 * HOUR) == start + timedelta(days=1, hours=22)
    assert turkey.before(start + timedelta(days=1, hours=22), 2 * HOUR) == start


@pytest.mark.parametrize(("day", "hours"), [("2026-03-29", 2), ("2026-10-25", 4), ("2026-10-18", 3)])
def test_hours_of_a_single_day_last_as_long_as_they_really_do(day: str, hours: int) -> None:
    night = calendar("Europe/Berlin", "DE", days={day: ["01:00-04:00"]})
    noon = datetime.fromisoformat(f"{day}T12:00Z")
    assert night.between(noon - timedelta(hours=20), noon) == hours * HOUR


def test_a_day_like_another_is_a_whole_one_where_every_hour_counts() -> None:
    always = Calendar.model_validate({"days": {"2026-12-24": "like mon"}, "days_off": ["2026-12-25"]})
    assert [hours_on(always, f"2026-12-{day}") for day in (24, 25)] == ["00:00-24:00", ""]


@pytest.mark.parametrize(
    "written",
    [
        "09:00-18:00",
        "09:00 - 18:00",
        "09:00–18:00",
        "09:00 — 18:00",
        "09:00−18:00",
        "09:00‑18:00",
        "9:00-18:00",
        ["09:00–18:00"],
    ],
)
def test_hours_may_be_written_with_any_dash(written: str | list[str]) -> None:
    assert Calendar.model_validate({"weekly": {"mon": written}}) == Calendar.model_validate(
        {"weekly": {"mon": ["09:00-18:00"]}}
    )


def test_one_day_off_needs_no_list() -> None:
    assert 'days_off: ["2026-12-31"]' in as_yaml(
        parse_directory("calendars:\n  office:\n    days_off: 2026-12-31\n", "f")
    )


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ("days_off: 2026-12-24, 2026-12-31", "'2026-12-24, 2026-12-31' is no date"),
        ("days_off: [24.12.2026]", "'24.12.2026' is no date\n    write it as 2026-12-31"),
        ("days_off: [20261224]", "days_off > #1: 20261224 is no date"),
        ("days_off: [2026-12-24T00:00]", "'2026-12-24T00:00' is no date"),
        ("days_off: [2027-02-29]", "there is no day 2027-02-29"),
        ("days_off: {2026-12-24: x}", "a list is expected here, not fields"),
        ("days: {christmas: []}", "days > christmas: 'christmas' is no date"),
        ("days: {2027-02-29: []}", "there is no day 2027-02-29"),
        ("days: {2026-12-24: fri}", "'fri' is no interval\n    write like fri"),
        ("days: {2026-12-24: like friday}", "'friday' is not possible here\n    did you mean fri?"),
        ("days: {2026-12-24: 13:00}", "'13:00' is no interval\n    write 09:00-18:00"),
        ("days: {2026-12-24: [13]}", "13 is no interval"),
        (
            "days: {2026-12-24: [22:00-02:00]}",
            "not 22:00-02:00\n    past midnight it is an interval of the next",
        ),
        ("days: {2026-12-24: [09:00-12:00, 11:00-13:00]}", "11:00 is inside the one before"),
        ("days: [2026-12-24]", "fields are expected here, not a list"),
        ("weekly: {mon: fri}", "'fri' is no interval\n    write 09:00-18:00"),
        ("known_until: soon", "known_until: a whole number is expected here, not 'soon'"),
        ("known_until: 9999", "known_until: 9999: should be less than or equal to 9998"),
    ],
)
def test_what_is_no_day_or_no_hours_is_refused_in_words(line: str, said: str) -> None:
    found = mistakes(f"calendars:\n  office:\n    {line}\n")
    assert found.startswith("who.yaml:3: calendars > office > ")
    assert said in found


def test_days_that_cannot_be_meant_have_their_own_lines() -> None:
    said = mistakes(
        "calendars:\n"
        "  office:\n"
        "    weekly: {mon: [09:00-18:00], tue: []}\n"
        "    days_off: [2026-12-25]\n"
        "    days:\n"
        "      2026-12-24: like tue\n"
        "      2026-12-25: like mon\n"
    )
    assert said.splitlines() == [
        "who.yaml:6: calendars > office > days > 2026-12-24: tue has no hours in weekly",
        "    write hours, or put the day into days_off",
        "who.yaml:7: calendars > office > days > 2026-12-25: 2026-12-25 is in days_off, too",
        "    remove one of the two",
    ]
    with pytest.raises(ValidationError, match=r"days\.2026-12-24: tue has no hours in weekly"):
        Calendar.model_validate({"weekly": {"mon": ["09:00-18:00"]}, "days": {"2026-12-24": "like tue"}})


def test_own_days_are_shown_as_they_are_written_and_survive_being_stored() -> None:
    written = parse_directory(
        "calendars:\n"
        "  office:\n"
        "    weekly: {fri: [09:00-15:00]}\n"
        "    days: {2027-02-20: like fri, 2026-12-24: [09:00–12:30, 22:00-24:00], 2026-12-31: []}\n"
        "    known_until: 2027\n",
        "f",
    )
    shown = as_yaml(written)
    assert (
        "    days:\n"
        '      "2026-12-24": ["09:00-12:30", "22:00-24:00"]\n'
        '      "2026-12-31": []\n'
        '      "2027-02-20": like fri\n'
        "    known_until: 2027\n"
    ) in shown
    assert parse_directory(shown, "shown") == written
    assert Directory.model_validate_json(written.model_dump_json(), context=STORED) == written
    assert Directory.model_validate(written.model_dump()) == written


OLD = (
    '{"calendars": {"office": {"timezone": "localtime", "weekly": {"mon": [["09:00:00", "24:00:00"]]},'
    ' "days_off": ["2026-12-24"], "holidays": {"country": "RU", "subdivision": null}}}}'
)
"""As a version without own days stored it."""


def test_a_calendar_that_was_stored_before_is_read_and_written_as_before() -> None:
    directory = Directory.model_validate_json(OLD, context=STORED)
    office = directory.calendars["office"]
    assert office.is_open(datetime(2027, 3, 1, 12, tzinfo=UTC))
    assert not office.is_open(datetime(2026, 12, 24, 12, tzinfo=UTC))
    # A worker of that version, which still runs beside this one, knows no other fields.
    assert office.model_dump(mode="json").keys() == {"timezone", "weekly", "days_off", "holidays"}


def test_nine_to_six_is_an_ordinary_week() -> None:
    assert hours_on(Calendar.model_validate({"weekly": NINE_TO_SIX}), "2026-12-25") == "09:00-18:00"
