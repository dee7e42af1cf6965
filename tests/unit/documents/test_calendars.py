"""Business hours, in the zone in which people live."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from pydantic import ValidationError

from baton.documents.calendars import ALWAYS, Calendar
from tests.calendars import next_opening

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
            "intervals must follow one another; 12:00 is inside the one before",
        ),
        (
            {"weekly": {"mon": ["14:00-18:00", "09:00-13:00"]}},
            "intervals must follow one another; 09:00 is inside the one before",
        ),
        ({"weekly": {"monday": []}}, "Input should be 'mon', 'tue', 'wed', 'thu', 'fri', 'sat' or 'sun'"),
        ({"weekly": {"mon": ["nine-five"]}}, "Input should be in a valid time format"),
        ({"weekly": {"mon": ["09:00"]}}, "'09:00' is no interval"),
        ({"weekly": {"mon": {"from": "09:00"}}}, "Input should be a valid tuple"),
        ({"days_off": ["Christmas"]}, "'Christmas' is no date"),
        ({"opening": []}, "Extra inputs are not permitted"),
        ({"weekly": {"mon": ["22:00-00:00"]}}, "an interval that lasts until midnight ends at 24:00"),
        ({"weekly": {"mon": ["24:00-24:00"]}}, "Input should be in a valid time format"),
        ({"weekly": {"mon": ["22:00-24:00", "00:00-01:00"]}}, "00:00 is inside the one before"),
        ({"weekly": {"mon": ["22:00-24:01"]}}, "Input should be in a valid time format"),
        ({"weekly": {"mon": [["09:00Z", "18:00Z"]]}}, "write 09:00, without an offset"),
        ({"holidays": []}, "Input should be a valid dictionary or instance of Holidays"),
        ({"holidays": {"subdivision": "BE"}}, "Field required"),
        ({"holidays": {"country": "DE", "region": "BE"}}, "Extra inputs are not permitted"),
        ({"holidays": "Germany"}, "no holidays are known for a country 'Germany'"),
        ({"holidays": "de"}, "no holidays are known for a country 'de'"),
        ({"holidays": {"country": "DE", "subdivision": "Berlin"}}, "DE has no subdivision 'Berlin'"),
        ({"holidays": {"country": "LV", "subdivision": "RIX"}}, "LV has no subdivision 'RIX'"),
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
        "midnight as the day's beginning",
        "midnight as a beginning",
        "after midnight",
        "later than midnight",
        "hours of another zone",
        "holidays as a list",
        "holidays of no country",
        "an unknown field of holidays",
        "a country by name",
        "a country in small letters",
        "a subdivision by name",
        "a country without subdivisions",
    ],
)
def test_a_mistake_in_a_calendar_is_refused(given: dict[str, Any], said: str) -> None:
    with pytest.raises(ValidationError) as refused:
        Calendar.model_validate(given)

    assert said in str(refused.value)


def test_intervals_may_touch() -> None:
    calendar = Calendar.model_validate({"weekly": {"mon": ["09:00-13:00", "13:00-18:00"]}})

    assert calendar.is_open(datetime(2026, 3, 2, 13, 0, tzinfo=UTC))


# --- Until midnight -------------------------------------------------------------------------------

LATE = Calendar.model_validate({"weekly": {"mon": ["22:00-24:00"], "tue": ["00:00-24:00"]}})


def test_an_interval_may_last_until_midnight_and_for_a_whole_day() -> None:
    monday, tuesday, wednesday = (datetime(2026, 3, day, tzinfo=UTC) for day in (2, 3, 4))

    assert LATE.is_open(tuesday - timedelta(microseconds=1))
    assert LATE.is_open(tuesday)
    assert LATE.is_open(wednesday - timedelta(microseconds=1))
    assert not LATE.is_open(wednesday)
    assert LATE.between(monday, wednesday) == timedelta(hours=26)


def test_midnight_survives_being_stored() -> None:
    stored = LATE.model_dump_json()

    assert '"24:00:00"' in stored
    assert Calendar.model_validate_json(stored) == LATE
    assert Calendar.model_validate(LATE.model_dump()) == LATE


# --- Public holidays ------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("holidays", "day", "is_open"),
    [
        ("DE", "2026-10-03", False),
        ("DE", "2026-10-02", True),
        ("DE", "2026-03-08", True),
        ({"country": "DE", "subdivision": "BE"}, "2026-03-08", False),
        ({"country": "DE", "subdivision": "BY"}, "2026-03-08", True),
        ({"country": "DE", "subdivision": "BY"}, "2027-01-06", False),
        ("DE", "2026-12-24", True),
        ("US", "2021-12-31", False),
        ("IN", "2044-01-26", False),
    ],
    ids=[
        "German unity",
        "the day before",
        "Women's Day is a holiday in Berlin only",
        "Women's Day in Berlin",
        "Women's Day in Bavaria",
        "Epiphany in Bavaria",
        "Christmas Eve is not a public holiday",
        "New Year's Day of a Saturday is free on the Friday before",
        "a year of which not everything is known",
    ],
)
def test_public_holidays_are_days_off(holidays: Any, day: str, is_open: bool) -> None:
    calendar = Calendar.model_validate({"timezone": "Europe/Berlin", "holidays": holidays})

    assert calendar.is_open(berlin(f"{day} 12:00")) is is_open


def test_a_country_may_stand_alone() -> None:
    short = Calendar.model_validate({"holidays": "DE"})

    assert short == Calendar.model_validate({"holidays": {"country": "DE"}})
    assert Calendar.model_validate_json(short.model_dump_json()) == short


@pytest.mark.parametrize(
    ("holidays", "hint"),
    [
        ("Germany", "did you mean DE?"),
        ("Grmany", "did you mean DE?"),
        ("deu", "did you mean DE?"),
        ("UK", "did you mean GB?"),
        ("Europe/Berlin", "write the two letters of the country, such as DE or FR"),
        ({"country": "DE", "subdivision": "Berlin"}, "did you mean BE?"),
        ({"country": "DE", "subdivision": "by"}, "did you mean BY?"),
        ({"country": "AT", "subdivision": "XX"}, "allowed: 1, 2, 3, 4, 5, 6, 7, 8, 9"),
        (
            {"country": "LV", "subdivision": "RIX"},
            "leave it out: the holidays of this country are the same everywhere",
        ),
    ],
)
def test_a_country_that_is_not_known_gets_a_hint(holidays: Any, hint: str) -> None:
    with pytest.raises(ValidationError) as refused:
        Calendar.model_validate({"holidays": holidays})

    (mistake,) = refused.value.errors()
    assert mistake["ctx"]["hint"] == hint


def test_a_program_without_holidays_does_not_wait_for_the_package_to_load() -> None:
    program = (
        "import sys; from datetime import datetime, UTC; from baton.documents.calendars import Calendar;"
        "print(Calendar().is_open(datetime.now(UTC)), 'holidays' in sys.modules)"
    )

    said = subprocess.run([sys.executable, "-c", program], check=True, capture_output=True, text=True).stdout

    assert said == "True False\n"


# --- How long --------------------------------------------------------------------------------------

HOUR = timedelta(hours=1)


@pytest.mark.parametrize(
    ("at", "opens"),
    [
        ("2026-03-02 10:00", "2026-03-02 10:00"),
        ("2026-03-02 09:00", "2026-03-02 09:00"),
        ("2026-03-02 13:00", "2026-03-02 14:00"),
        ("2026-03-02 18:00", "2026-03-03 09:00"),
        ("2026-03-03 18:00", "2026-03-05 09:00"),
        ("2026-03-06 13:00", "2026-03-09 09:00"),
        ("2026-03-27 13:00", "2026-03-30 09:00"),
    ],
    ids=["open", "just opened", "lunch", "the evening", "a day off", "the weekend", "over spring"],
)
def test_when_the_office_opens_next(at: str, opens: str) -> None:
    assert next_opening(OFFICE, berlin(at)) == berlin(opens)


@pytest.mark.parametrize(
    ("start", "hours", "due"),
    [
        ("2026-03-02 09:00", 1, "2026-03-02 10:00"),
        ("2026-03-02 12:00", 1, "2026-03-02 13:00"),
        ("2026-03-02 12:00", 1.5, "2026-03-02 14:30"),
        ("2026-03-02 13:30", 1, "2026-03-02 15:00"),
        ("2026-03-02 17:00", 1, "2026-03-02 18:00"),
        ("2026-03-02 17:00", 2, "2026-03-03 10:00"),
        ("2026-03-03 17:00", 2, "2026-03-05 10:00"),
        ("2026-03-06 12:00", 2, "2026-03-09 10:00"),
        ("2026-03-07 12:00", 8, "2026-03-09 18:00"),
        ("2026-03-27 12:00", 2, "2026-03-30 10:00"),
        ("2026-10-23 12:00", 2, "2026-10-26 10:00"),
        ("2026-03-07 12:00", 0, "2026-03-07 12:00"),
    ],
    ids=[
        "within the morning",
        "until closing is due at closing",
        "over lunch",
        "asked at lunch",
        "until the evening is due in the evening",
        "overnight",
        "over a day off",
        "over the weekend",
        "asked on a Saturday",
        "over spring",
        "over autumn",
        "no work at all",
    ],
)
def test_when_work_is_due(start: str, hours: float, due: str) -> None:
    found = OFFICE.after(berlin(start), hours * HOUR)

    assert found == berlin(due)
    assert found.tzinfo is UTC


@pytest.mark.parametrize(
    ("end", "hours", "since"),
    [
        ("2026-03-02 10:00", 1, "2026-03-02 09:00"),
        ("2026-03-02 15:00", 1, "2026-03-02 14:00"),
        ("2026-03-02 15:00", 2, "2026-03-02 12:00"),
        ("2026-03-09 10:00", 2, "2026-03-06 12:00"),
        ("2026-03-08 10:00", 1, "2026-03-06 12:00"),
        ("2026-03-30 10:00", 2, "2026-03-27 12:00"),
        ("2026-03-05 10:00", 2, "2026-03-03 17:00"),
        ("2026-03-08 10:00", 0, "2026-03-08 10:00"),
    ],
    ids=[
        "since the opening",
        "since the second opening",
        "over lunch",
        "over the weekend",
        "until a Sunday",
        "over spring",
        "over a day off",
        "no work at all",
    ],
)
def test_from_when_on_work_remains(end: str, hours: float, since: str) -> None:
    assert OFFICE.before(berlin(end), hours * HOUR) == berlin(since)


@pytest.mark.parametrize(
    ("start", "end", "hours"),
    [
        ("2026-03-02 00:00", "2026-03-09 00:00", 8 + 8 + 0 + 8 + 4),
        ("2026-03-02 12:30", "2026-03-02 14:30", 1),
        ("2026-03-02 13:10", "2026-03-02 13:50", 0),
        ("2026-03-02 10:00", "2026-03-02 10:00", 0),
        ("2026-03-03 10:00", "2026-03-02 10:00", 0),
        ("2026-03-23 00:00", "2026-04-06 00:00", 2 * 36),
    ],
    ids=["a week with a day off", "over lunch", "within lunch", "no time", "backwards", "over spring"],
)
def test_how_long_the_office_was_open(start: str, end: str, hours: float) -> None:
    assert OFFICE.between(berlin(start), berlin(end)) == hours * HOUR


@pytest.mark.parametrize(
    ("saturday", "hours"),
    [("2026-03-21", 3), ("2026-03-28", 2), ("2026-10-24", 4)],
    ids=["an ordinary night", "spring", "autumn"],
)
def test_a_night_shift_lasts_as_long_as_it_really_does(saturday: str, hours: int) -> None:
    night = berlin(f"{saturday} 23:59")
    opens, closes = next_opening(NIGHTS, night), NIGHTS.after(night, hours * HOUR)

    assert NIGHTS.between(night, night + 12 * HOUR) == hours * HOUR
    assert (opens, closes) == (
        (night + timedelta(days=1)).replace(hour=1, minute=0),
        (night + timedelta(days=1)).replace(hour=4, minute=0),
    )
    assert closes is not None
    assert NIGHTS.before(closes, hours * HOUR) == opens


def test_an_interval_within_the_hour_that_happens_twice_is_two_stretches() -> None:
    calendar = Calendar.model_validate({"timezone": "Europe/Berlin", "weekly": {"sun": ["02:15-02:45"]}})
    evening = berlin("2026-10-24 20:00")

    first, second = (datetime(2026, 10, 25, hour, 15, tzinfo=UTC) for hour in (0, 1))

    assert next_opening(calendar, evening) == first
    assert calendar.after(evening, HOUR / 2) == first + HOUR / 2
    assert next_opening(calendar, berlin("2026-10-25 02:45", fold=0)) == second
    assert calendar.after(evening, HOUR) == second + HOUR / 2


def test_an_interval_within_the_hour_that_does_not_happen_is_none() -> None:
    calendar = Calendar.model_validate({"timezone": "Europe/Berlin", "weekly": {"sun": ["02:15-02:45"]}})

    assert next_opening(calendar, berlin("2026-03-28 20:00")) == berlin("2026-04-05 02:15")


@pytest.mark.parametrize(
    ("zone", "day", "hours"),
    [
        ("Pacific/Apia", "2011-12-30", 0),
        ("America/Sao_Paulo", "2018-02-17", 25),
        ("Asia/Beirut", "2026-03-29", 23),
    ],
    ids=["a day that was left out", "clocks go back at midnight", "clocks go forward at midnight"],
)
def test_a_change_of_the_clocks_may_touch_midnight(zone: str, day: str, hours: int) -> None:
    always = Calendar.model_validate({"timezone": zone})
    that_day_off = Calendar.model_validate({"timezone": zone, "days_off": [day]})
    noon = datetime.fromisoformat(f"{day}T12:00Z")
    week = noon - timedelta(days=3), noon + timedelta(days=4)

    assert always.between(*week) - that_day_off.between(*week) == hours * HOUR


def test_without_hours_every_hour_counts_as_long_as_it_lasts() -> None:
    start = berlin("2026-03-28 12:00")

    assert next_opening(ALWAYS, start) == start
    assert ALWAYS.after(start, 365 * 24 * HOUR) == start.astimezone(UTC) + 365 * 24 * HOUR
    assert ALWAYS.before(start, 365 * 24 * HOUR) == start.astimezone(UTC) - 365 * 24 * HOUR
    assert ALWAYS.between(start, start + timedelta(days=1)) == 23 * HOUR


@pytest.mark.parametrize("weekly", [{"mon": []}, {"sun": ["02:00-02:00:00.000001"]}], ids=["never", "hardly"])
def test_what_never_comes_is_not_looked_for_forever(weekly: dict[str, Any]) -> None:
    calendar = Calendar.model_validate({"weekly": weekly})
    start = berlin("2026-03-02 10:00")

    assert (calendar.after(start, HOUR), calendar.before(start, HOUR)) == (None, None)
    assert calendar.between(start, start + timedelta(days=365)) < HOUR


def test_a_calendar_that_never_opens_has_no_next_opening() -> None:
    assert next_opening(Calendar.model_validate({"weekly": {"mon": []}}), berlin("2026-03-02 10:00")) is None


def test_time_ends_somewhere() -> None:
    assert OFFICE.after(datetime(9999, 12, 20, tzinfo=UTC), 1000 * HOUR) is None
    assert OFFICE.before(datetime(1, 1, 10, tzinfo=UTC), 1000 * HOUR) is None


@pytest.mark.parametrize("direction", [ALWAYS.after, ALWAYS.before])
def test_less_than_no_work_is_refused(
    direction: Callable[[datetime, timedelta], datetime | None],
) -> None:
    with pytest.raises(ValueError, match="business time cannot be less than nothing"):
        direction(berlin("2026-03-02 10:00"), -HOUR)


# --- When it opens or closes next -----------------------------------------------------------------


@pytest.mark.parametrize(
    ("weekly", "at", "turns"),
    [
        ({"mon": ["09:00-13:00", "14:00-18:00"]}, "2027-03-01T08:00Z", "2027-03-01T12:00Z"),
        ({"mon": ["09:00-13:00", "14:00-18:00"]}, "2027-03-01T12:00Z", "2027-03-01T13:00Z"),
        ({"mon": ["09:00-13:00", "13:00-18:00"]}, "2027-03-01T08:00Z", "2027-03-01T17:00Z"),
        ({"mon": ["09:00-24:00"], "tue": ["00:00-05:00"]}, "2027-03-01T08:00Z", "2027-03-02T04:00Z"),
        ({"mon": ["09:00-18:00"]}, "2027-03-01T17:00Z", "2027-03-08T08:00Z"),
        # The clocks go forward in the night before Monday 29 March.
        ({"mon": ["09:00-18:00"]}, "2027-03-22T17:00Z", "2027-03-29T07:00Z"),
        # It stays open, or closed, for as long as the search goes.
        ({}, "2027-03-01T08:00Z", "2027-04-01T08:00Z"),
        ({"mon": []}, "2027-03-01T08:00Z", "2027-04-01T08:00Z"),
    ],
    ids=str,
)
def test_it_turns_when_it_opens_or_closes(weekly: dict[str, list[str]], at: str, turns: str) -> None:
    calendar = Calendar.model_validate({"timezone": "Europe/Berlin", "weekly": weekly})
    assert calendar.turns(datetime.fromisoformat(at)) == datetime.fromisoformat(turns)
