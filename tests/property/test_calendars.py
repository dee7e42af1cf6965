"""What business hours promise, whatever the hours, the zone and the night."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from baton.documents.calendars import ALWAYS, Calendar
from baton.documents.hours import Weekday
from tests.calendars import next_opening

MINUTE = timedelta(minutes=1)
DAYS = st.dates(date(2026, 1, 1), date(2027, 12, 31))

# Clocks that change by an hour, by half an hour, at midnight, just after it, and never.
ZONES = (
    *("Europe/Berlin", "America/New_York", "Australia/Lord_Howe", "Asia/Beirut", "America/Havana"),
    *("America/St_Johns", "America/Sao_Paulo", "Asia/Kathmandu", "Pacific/Apia", "UTC"),
)
# Nights on which something happens to the clocks, beside any other night.
NIGHTS = st.sampled_from(
    [
        *(date(2026, 3, 28), date(2026, 10, 24), date(2026, 3, 7), date(2026, 10, 31), date(2026, 4, 4)),
        *(date(2009, 10, 31), date(2018, 2, 17), date(2018, 11, 3), date(2011, 12, 29), date(2026, 12, 31)),
    ]
)


def _written(minute: int) -> str:
    return f"{minute // 60:02}:{minute % 60:02}"


@st.composite
def intervals(draw: st.DrawFn) -> list[str]:
    """Up to three intervals of a day, to the minute; they may touch one another and midnight."""
    edges = sorted(draw(st.lists(st.integers(0, 24 * 60), max_size=6, unique=True)))
    return [f"{_written(start)}-{_written(end)}" for start, end in zip(edges[::2], edges[1::2], strict=False)]


@st.composite
def calendars(draw: st.DrawFn, *, opens: bool = False) -> Calendar:
    """Any calendar; with ``opens`` one that is open on Wednesdays, days off aside."""
    weekly: dict[str, Any] = draw(st.dictionaries(st.sampled_from(list(Weekday)), intervals()))
    if opens and weekly:
        weekly[Weekday.WED] = ["08:00-12:00", "13:00-24:00"]
    days_off = draw(st.lists(DAYS | NIGHTS, max_size=4))
    likes = [f"like {day}" for day in Weekday if not weekly or weekly.get(day)]
    hours = intervals() | st.sampled_from(likes) if likes else intervals()
    days = draw(st.dictionaries(DAYS | NIGHTS, hours, max_size=4))
    return Calendar.model_validate(
        {
            "timezone": draw(st.sampled_from(ZONES)),
            "weekly": weekly,
            "days": {day: hours for day, hours in days.items() if day not in days_off},
            "days_off": days_off,
            "holidays": draw(
                st.sampled_from([None, "US", "CN", "RU", {"country": "DE", "subdivision": "BE"}])
            ),
        }
    )


@st.composite
def moments(draw: st.DrawFn) -> datetime:
    """A full minute, often in a night on which clocks change."""
    day = draw(NIGHTS | DAYS)
    return datetime.combine(day, time(), UTC) + draw(st.integers(0, 2 * 24 * 60)) * MINUTE


works = st.timedeltas(min_value=timedelta(), max_value=timedelta(hours=60))


@given(calendar=calendars(), start=moments(), minutes=st.integers(0, 26 * 60))
def test_business_time_is_the_time_at_which_it_is_open(
    calendar: Calendar, start: datetime, minutes: int
) -> None:
    counted = sum(calendar.is_open(start + minute * MINUTE) for minute in range(minutes))

    assert calendar.between(start, start + minutes * MINUTE) == counted * MINUTE


@given(calendar=calendars(opens=True), start=moments(), work=works)
def test_after_is_the_first_moment_at_which_the_work_is_done(
    calendar: Calendar, start: datetime, work: timedelta
) -> None:
    due = calendar.after(start, work)

    assert due is not None
    assert calendar.between(start, due) == work
    if work:
        just_before = due - timedelta.resolution
        assert calendar.between(start, just_before) < work
        assert calendar.is_open(just_before)


@given(calendar=calendars(opens=True), end=moments(), work=works)
def test_before_is_the_last_moment_from_which_the_work_remains(
    calendar: Calendar, end: datetime, work: timedelta
) -> None:
    since = calendar.before(end, work)

    assert since is not None
    assert calendar.between(since, end) == work
    if work:
        assert calendar.is_open(since)
        assert calendar.between(since + timedelta.resolution, end) < work


@given(calendar=calendars(opens=True), start=moments(), work=works)
def test_before_leads_back_from_where_after_has_led(
    calendar: Calendar, start: datetime, work: timedelta
) -> None:
    due = calendar.after(start, work)
    assert due is not None
    since = calendar.before(due, work)

    assert since is not None
    assert start <= since
    assert calendar.between(start, since) == timedelta()


@given(calendar=calendars(opens=True), start=moments(), later=works, work=works, more=works)
def test_who_starts_later_or_has_more_to_do_is_not_done_earlier(
    calendar: Calendar, start: datetime, later: timedelta, work: timedelta, more: timedelta
) -> None:
    due, started_later, more_to_do = (
        calendar.after(start, work),
        calendar.after(start + later, work),
        calendar.after(start, work + more),
    )

    assert due is not None
    assert started_later is not None
    assert more_to_do is not None
    assert due <= started_later
    assert due <= more_to_do


@given(calendar=calendars(), start=moments(), first=works, second=works)
def test_business_time_adds_up(
    calendar: Calendar, start: datetime, first: timedelta, second: timedelta
) -> None:
    middle, end = start + first, start + first + second

    assert calendar.between(start, middle) + calendar.between(middle, end) == calendar.between(start, end)
    assert calendar.between(end, start) == timedelta()


@given(calendar=calendars(opens=True), at=moments())
def test_nothing_is_open_before_the_next_opening(calendar: Calendar, at: datetime) -> None:
    opens = next_opening(calendar, at)

    assert opens is not None
    assert calendar.is_open(opens)
    assert calendar.between(at, opens) == timedelta()
    assert (opens == at) == calendar.is_open(at)


@given(calendar=calendars(), at=moments())
def test_the_zone_in_which_a_moment_is_written_does_not_matter(calendar: Calendar, at: datetime) -> None:
    elsewhere = at.astimezone(datetime.fromisoformat("2026-01-01T00:00+05:45").tzinfo)

    assert next_opening(calendar, at) == next_opening(calendar, elsewhere)
    assert calendar.is_open(at) == calendar.is_open(elsewhere)


@given(calendar=calendars())
def test_a_calendar_goes_through_json_and_comes_back(calendar: Calendar) -> None:
    assert Calendar.model_validate_json(calendar.model_dump_json()) == calendar


@given(start=moments(), work=st.timedeltas(min_value=timedelta(), max_value=timedelta(days=366)))
def test_without_hours_business_time_is_time(start: datetime, work: timedelta) -> None:
    assert ALWAYS.after(start, work) == start + work
    assert ALWAYS.before(start, work) == start - work
    assert ALWAYS.between(start, start + work) == work
