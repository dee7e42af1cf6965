"""Weekend days on which a country works, so that another day is free."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Mapping
from datetime import date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from baton.documents.calendars import Calendar
from baton.documents.holidaypackage import Year, year_of
from baton.documents.publicholidays import Holidays

HOUR = timedelta(hours=1)
WORKDAYS = ("mon", "tue", "wed", "thu", "fri")
NINE_TO_SIX = {day: ["09:00-18:00"] for day in WORKDAYS}


def calendar(zone: str, country: str, weekly: Mapping[str, Any] = NINE_TO_SIX, **more: Any) -> Calendar:
    return Calendar.model_validate({"timezone": zone, "holidays": country, "weekly": weekly, **more})


def hours_on(found: Calendar, day: str) -> str:
    """The opening hours of a day as they are written."""
    zone = ZoneInfo(found.timezone)
    at, end = (
        datetime.combine(date.fromisoformat(day) + n * timedelta(days=1), datetime.min.time(), zone)
        for n in (0, 1)
    )
    edges = []
    while at < end:
        turn = min(found.turns(at).astimezone(zone), end)
        if found.is_open(at):
            edges.append(f"{at:%H:%M}-{'24:00' if turn == end else f'{turn:%H:%M}'}")
        at = turn
    return ", ".join(edges)


@pytest.mark.parametrize(
    ("country", "zone", "asked", "due"),
    [
        ("RU", "Europe/Moscow", "2027-02-19 17:00", "2027-02-20 17:00"),
        ("HU", "Europe/Budapest", "2026-08-07 17:00", "2026-08-08 17:00"),
        ("HU", "Europe/Budapest", "2026-01-09 17:00", "2026-01-10 17:00"),
        ("CN", "Asia/Shanghai", "2026-10-09 17:00", "2026-10-10 17:00"),
        ("CN", "Asia/Shanghai", "2026-02-14 17:00", "2026-02-24 17:00"),
        ("CN", "Asia/Shanghai", "2026-09-18 17:00", "2026-09-20 17:00"),
        ("UZ", "Asia/Tashkent", "2026-12-11 17:00", "2026-12-12 17:00"),
        ("LV", "Europe/Riga", "2026-06-19 17:00", "2026-06-25 17:00"),
        ("LV", "Europe/Riga", "2026-06-26 17:00", "2026-06-27 17:00"),
        ("MM", "Asia/Yangon", "2026-01-02 17:00", "2026-01-03 17:00"),
        ("TW", "Asia/Taipei", "2014-12-26 17:00", "2014-12-27 17:00"),
        ("RU", "Europe/Moscow", "2027-02-26 17:00", "2027-03-01 17:00"),
        ("RU", "Europe/Moscow", "2026-12-30 17:00", "2027-01-11 17:00"),
    ],
    ids=[
        "RU",
        "HU in summer",
        "HU in the same month",
        "CN behind a week off",
        "CN: a moved Saturday before a week off",
        "CN: a Sunday behind a Saturday off",
        "UZ",
        "LV: a free Monday before two holidays",
        "LV: worked a week later",
        "MM: for a day of the year before",
        "TW: for a day of the year after",
        "an ordinary weekend",
        "a Saturday that would be moved is a holiday itself",
    ],
)
def test_nine_hours_that_are_asked_for_at_five_are_due(country: str, zone: str, asked: str, due: str) -> None:
    start = datetime.fromisoformat(asked).replace(tzinfo=ZoneInfo(zone))
    end = datetime.fromisoformat(due).replace(tzinfo=ZoneInfo(zone))
    found = calendar(zone, country)
    assert found.after(start, 9 * HOUR) == end
    assert found.between(start, end) == 9 * HOUR


# Saturday 20 February 2027 is worked for Monday the 22nd.
OWN = {"mon": ["08:00-12:00", "13:00-17:00"], "fri": ["09:00-15:00"]}


@pytest.mark.parametrize(
    ("more", "hours"),
    [
        ({}, "08:00-12:00, 13:00-17:00"),
        ({"weekly": {**OWN, "sat": ["10:00-14:00"]}}, "08:00-12:00, 13:00-17:00"),
        ({"weekly": {"tue": ["09:00-18:00"], "sat": ["10:00-14:00"]}}, "10:00-14:00"),
        ({"weekly": {"tue": ["09:00-18:00"]}}, ""),
        ({"weekly": {}}, "00:00-24:00"),
        ({"days_off": ["2027-02-20"]}, ""),
        ({"days": {"2027-02-20": "like fri"}}, "09:00-15:00"),
        ({"days": {"2027-02-20": ["10:00-11:00"]}}, "10:00-11:00"),
        ({"days": {"2027-02-20": []}}, ""),
    ],
    ids=[
        "those of the Monday",
        "also where Saturdays have hours",
        "those of Saturdays where nobody works on Mondays",
        "none where nobody works on either",
        "every hour where every hour counts",
        "none on an own day off",
        "those of another weekday that is named",
        "own hours",
        "own hours that are none",
    ],
)
def test_a_moved_working_day_has_the_hours_of_the_day_that_is_free_for_it(
    more: Mapping[str, Any], hours: str
) -> None:
    assert hours_on(calendar("Europe/Moscow", "RU", **{"weekly": OWN, **more}), "2027-02-20") == hours


def test_the_day_that_is_free_for_it_is_free() -> None:
    found = calendar("Europe/Moscow", "RU", OWN)
    assert [hours_on(found, day) for day in ("2027-02-22", "2027-02-27", "2027-03-01")] == [
        "",
        "",
        "08:00-12:00, 13:00-17:00",
    ]


class Undated(Holidays):
    """A country that says on which weekend days people work, and not for which other day."""

    def year_of(self, day: date) -> Year:
        """See base class."""
        known = super().year_of(day)
        return known._replace(worked=dict.fromkeys(known.worked))


@pytest.mark.parametrize(
    ("country", "day", "more", "hours"),
    [
        ("CN", "2026-10-10", {}, "09:00-15:00"),
        ("CN", "2026-09-20", {}, "09:00-15:00"),
        ("CN", "2026-10-10", {"days": {"2026-10-09": ["09:00-10:00"]}}, "08:00-12:00"),
        ("CN", "2026-10-10", {"days_off": ["2026-10-08", "2026-10-09"]}, "08:00-12:00, 13:00-17:00"),
        ("AZ", "2024-12-29", {}, "09:00-15:00"),
        ("CN", "2026-10-10", {"weekly": {}}, "00:00-24:00"),
    ],
    ids=[
        "the day before",
        "behind a free Saturday",
        "a half day is no ordinary one",
        "behind a week off: the last Wednesday",
        "behind another moved day",
        "every hour counts",
    ],
)
def test_where_nothing_says_for_which_day_it_has_the_hours_of_the_last_ordinary_working_day(
    country: str, day: str, more: Mapping[str, Any], hours: str
) -> None:
    weekly = {**OWN, "wed": OWN["mon"], "thu": ["08:00-12:00"]}
    found = calendar("Asia/Shanghai", country, **{"weekly": weekly, **more})
    undated = found.model_copy(update={"holidays": Undated(country=country)})
    assert hours_on(undated, day) == hours


def test_days_do_not_depend_on_the_language_of_the_process() -> None:
    program = (
        "import json; from baton.documents.holidaypackage import countries, year_of\n"
        "found = {code: year_of(code, None, 2026) for code in set(countries().values())}\n"
        "print(json.dumps({code: [sorted(map(str, it.free)), sorted(map(str, it.worked))]"
        " for code, it in found.items()}, sort_keys=True))"
    )
    said = [
        subprocess.run(
            [sys.executable, "-c", program],
            check=True,
            capture_output=True,
            text=True,
            env={**os.environ, "LANGUAGE": language, "LANG": "C.UTF-8"},
        ).stdout
        for language in ("en_US", "uk", "th")
    ]
    assert len(json.loads(said[0])) > 200
    assert said[0] == said[1] == said[2]


def test_a_day_that_is_free_is_not_worked() -> None:
    moving = ("AM", "AZ", "BY", "CN", "HU", "KG", "KZ", "LV", "MM", "RU", "TW", "UA", "UZ", "VN")
    for country in moving:
        found = [year_of(country, None, year) for year in range(2010, 2028)]
        assert any(year.worked for year in found), country
        assert not any(year.free & year.worked.keys() for year in found), country
        assert not any(None in year.worked.values() for year in found), country
