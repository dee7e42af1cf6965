"""Business hours, in the zone in which people live."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from pydantic import ValidationError

from baton.calendars import Calendar

# 2026-03-02 is a Monday. Europe/Berlin is UTC+1 in winter; clocks change on 29 March and 25 October 2026.
OFFICE = Calendar.model_validate(
    {
        "timezone": "Europe/Berlin",
        "weekly": {
            **{key: ["09:00-13:00", "14:00-18:00"] for key in ("mon", "tue", "wed", "thu")},
            "fri": ["09:00-13:00"],
        },
        "days_off": ["2026-03-04", "2026-12-25"],
    }
)
NIGHTS = Calendar.model_validate(
    {"timezone": "Europe/Berlin", "weekly": {"sat": ["22:00-23:59"], "sun": ["01:00-04:00"]}}
)


def berlin(written: str, *, fold: int = 0) -> datetime:
    return datetime.fromisoformat(written).replace(tzinfo=ZoneInfo("Europe/Berlin"), fold=fold)


@pytest.mark.parametrize(
    ("at", "is_open"),
    [
        ("2026-03-02 08:59:59.999999", False),
        ("2026-03-02 09:00", True),
        ("2026-03-02 12:59:59.999999", True),
        ("2026-03-02 13:00", False),
        ("2026-03-02 13:30", False),
        ("2026-03-02 14:00", True),
        ("2026-03-02 17:59:59", True),
        ("2026-03-02 18:00", False),
        ("2026-03-02 00:00", False),
        ("2026-03-04 10:00", False),
        ("2026-03-05 10:00", True),
        ("2026-03-06 12:00", True),
        ("2026-03-06 15:00", False),
        ("2026-03-07 10:00", False),
        ("2026-12-25 10:00", False),
    ],
    ids=[
        "before work",
        "the first moment",
        "just before lunch",
        "lunch begins",
        "lunch",
        "after lunch",
        "just before the end",
        "the end",
        "midnight",
        "a day off",
        "the day after it",
        "Friday morning",
        "Friday afternoon is free",
        "a weekday without hours",
        "Christmas",
    ],
)
def test_the_office_is_open(at: str, is_open: bool) -> None:
    assert OFFICE.is_open(berlin(at)) is is_open


@pytest.mark.parametrize(
    ("at", "is_open"),
    [
        (datetime(2026, 3, 2, 8, 0, tzinfo=UTC), True),
        (datetime(2026, 3, 2, 7, 59, tzinfo=UTC), False),
        (datetime(2026, 3, 2, 11, 0, tzinfo=ZoneInfo("Europe/Moscow")), True),
        (datetime(2026, 3, 2, 3, 0, tzinfo=ZoneInfo("America/New_York")), True),
        (datetime(2026, 3, 2, 2, 59, tzinfo=ZoneInfo("America/New_York")), False),
        (datetime(2026, 3, 2, 17, 30, tzinfo=ZoneInfo("Asia/Kolkata")), False),
        (datetime(2026, 3, 2, 17, 31, tzinfo=ZoneInfo("Asia/Kolkata")), False),
        (datetime(2026, 3, 2, 17, 29, tzinfo=ZoneInfo("Asia/Kolkata")), True),
    ],
    ids=["UTC", "UTC before", "Moscow", "New York", "New York before", "Kolkata", "after", "before"],
)
def test_the_hours_are_those_of_the_calendars_zone_wherever_the_time_was_written(
    at: datetime, is_open: bool
) -> None:
    assert OFFICE.is_open(at) is is_open


def test_a_day_off_is_a_day_of_the_calendars_zone() -> None:
    tokyo = Calendar.model_validate({"timezone": "Asia/Tokyo", "days_off": ["2026-03-04"]})

    assert not tokyo.is_open(datetime(2026, 3, 3, 15, 0, tzinfo=UTC))  # the 4th has begun there
    assert tokyo.is_open(datetime(2026, 3, 4, 15, 0, tzinfo=UTC))  # it is over there


@pytest.mark.parametrize(
    ("at", "is_open"),
    [
        (datetime(2026, 3, 27, 8, 0, tzinfo=UTC), True),  # Friday, UTC+1: 09:00
        (datetime(2026, 3, 30, 7, 0, tzinfo=UTC), True),  # Monday, UTC+2: 09:00
        (datetime(2026, 3, 30, 6, 59, tzinfo=UTC), False),
        (datetime(2026, 3, 30, 16, 0, tzinfo=UTC), False),  # 18:00
        (datetime(2026, 10, 23, 7, 0, tzinfo=UTC), True),  # Friday, UTC+2: 09:00
        (datetime(2026, 10, 26, 7, 30, tzinfo=UTC), False),  # Monday, UTC+1: 08:30
        (datetime(2026, 10, 26, 8, 0, tzinfo=UTC), True),
        (datetime(2026, 10, 26, 16, 59, tzinfo=UTC), True),  # 17:59
    ],
    ids=[
        "before spring",
        "after spring",
        "too early after spring",
        "the end after spring",
        "before autumn",
        "too early after autumn",
        "after autumn",
        "the end after autumn",
    ],
)
def test_nine_oclock_is_nine_oclock_on_both_sides_of_a_change_of_the_clocks(
    at: datetime, is_open: bool
) -> None:
    assert OFFICE.is_open(at) is is_open


@pytest.mark.parametrize(
    ("at", "is_open"),
    [
        (datetime(2026, 3, 29, 0, 0, tzinfo=UTC), True),  # 01:00
        (datetime(2026, 3, 29, 0, 59, tzinfo=UTC), True),  # 01:59; the next minute is 03:00
        (datetime(2026, 3, 29, 1, 0, tzinfo=UTC), True),  # 03:00
        (datetime(2026, 3, 29, 1, 59, tzinfo=UTC), True),  # 03:59
        (datetime(2026, 3, 29, 2, 0, tzinfo=UTC), False),  # 04:00, two hours after it opened
        (datetime(2026, 10, 24, 23, 0, tzinfo=UTC), True),  # 01:00
        (datetime(2026, 10, 25, 0, 30, tzinfo=UTC), True),  # 02:30
        (datetime(2026, 10, 25, 1, 30, tzinfo=UTC), True),  # 02:30 again
        (datetime(2026, 10, 25, 2, 59, tzinfo=UTC), True),  # 03:59
        (datetime(2026, 10, 25, 3, 0, tzinfo=UTC), False),  # 04:00, four hours after it opened
    ],
    ids=[
        "spring opens",
        "spring before the gap",
        "spring after the gap",
        "spring before the end",
        "spring ends",
        "autumn opens",
        "autumn the first time",
        "autumn the second time",
        "autumn before the end",
        "autumn ends",
    ],
)
def test_a_night_shift_ends_by_the_clock_on_the_wall_also_when_the_clocks_change(
    at: datetime, is_open: bool
) -> None:
    assert NIGHTS.is_open(at) is is_open


@pytest.mark.parametrize("fold", [0, 1], ids=["the first", "the second"])
def test_an_hour_that_happens_twice_is_open_both_times(fold: int) -> None:
    assert NIGHTS.is_open(berlin("2026-10-25 02:30", fold=fold))


@pytest.mark.parametrize(
    ("calendar", "is_open"),
    [
        (Calendar(), True),
        (Calendar.model_validate({"days_off": ["2026-03-02"]}), False),
        (Calendar.model_validate({"weekly": {"mon": []}}), False),
        (Calendar.model_validate({"weekly": {"tue": ["00:00-23:59"]}}), False),
    ],
    ids=["without hours every hour counts", "but not a day off", "no hours that day", "only Tuesdays"],
)
def test_a_calendar_may_say_little(calendar: Calendar, is_open: bool) -> None:
    assert calendar.is_open(datetime(2026, 3, 2, 3, 0, tzinfo=UTC)) is is_open


def test_hours_may_be_written_as_text_or_as_pairs() -> None:
    as_text = Calendar.model_validate({"weekly": {"mon": ["09:00-13:00", "14:00 - 18:00"]}})
    as_pairs = Calendar.model_validate({"weekly": {"mon": [["09:00", "13:00"], ["14:00", "18:00"]]}})

    assert as_text == as_pairs
    assert Calendar.model_validate(as_text.model_dump(mode="json")) == as_text


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ({"timezone": "Mars/Base"}, "unknown time zone 'Mars/Base'; use a name such as Europe/Berlin or UTC"),
        ({"timezone": ""}, "unknown time zone ''"),
        ({"timezone": "../etc/passwd"}, "unknown time zone '../etc/passwd'"),
        ({"weekly": {"mon": ["18:00-09:00"]}}, "an interval must end after it starts, not 18:00-09:00"),
        ({"weekly": {"mon": ["09:00-09:00"]}}, "an interval must end after it starts, not 09:00-09:00"),
        (
            {"weekly": {"mon": ["09:00-13:00", "12:00-14:00"]}},
            "intervals must follow one another; 12:00 lies in the one before",
        ),
        (
            {"weekly": {"mon": ["14:00-18:00", "09:00-13:00"]}},
            "intervals must follow one another; 09:00 lies in the one before",
        ),
        ({"weekly": {"monday": []}}, "Input should be 'mon', 'tue', 'wed', 'thu', 'fri', 'sat' or 'sun'"),
        ({"weekly": {"mon": ["nine-five"]}}, "Input should be in a valid time format"),
        ({"weekly": {"mon": ["09:00"]}}, "Field required"),
        ({"weekly": {"mon": "09:00-18:00"}}, "Input should be a valid tuple"),
        ({"days_off": ["Christmas"]}, "Input should be a valid date"),
        ({"holidays": []}, "Extra inputs are not permitted"),
    ],
    ids=[
        "no such zone",
        "no zone",
        "a path",
        "backwards",
        "empty",
        "overlapping",
        "out of order",
        "a weekday in full",
        "not a time",
        "half an interval",
        "not a list",
        "not a date",
        "an unknown field",
    ],
)
def test_a_mistake_in_a_calendar_is_refused(given: dict[str, Any], said: str) -> None:
    with pytest.raises(ValidationError) as refused:
        Calendar.model_validate(given)

    assert said in str(refused.value)


def test_intervals_may_touch() -> None:
    calendar = Calendar.model_validate({"weekly": {"mon": ["09:00-13:00", "13:00-18:00"]}})

    assert calendar.is_open(datetime(2026, 3, 2, 13, 0, tzinfo=UTC))
