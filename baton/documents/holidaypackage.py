"""What the package ``holidays`` knows, and how far it knows it. The only module that imports it.

It knows 250 countries and is slow to load, so it is imported when it is asked first. What holidays are called
follows the language of the process unless one is named. So one is, although Baton looks at their days only.
"""

from __future__ import annotations

import warnings
from collections.abc import Iterator, Mapping
from datetime import date
from functools import cache, lru_cache
from threading import Lock
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from holidays import HolidayBase

_LANGUAGE = "en_US"
_ONE_AT_A_TIME = Lock()
"""Whoever catches warnings does so for all threads."""
_AHEAD = 10
"""Years; nothing is due later."""
_DECREES_EACH_YEAR = "CN"
"""A country that has moved working days each year since 2001, and says so in autumn."""
_YEARLY = 5
"""A country that had special days in so many years on end decrees them year by year."""


class Year(NamedTuple):
    """The days of a year that differ from other days."""

    free: frozenset[date] = frozenset()
    """Public holidays, those included that were moved to another day."""
    worked: Mapping[date, int | None] = {}
    """Weekend days on which people work, so that another day is free: each with the weekday of that day
    (0 is Monday); ``None`` where nothing says which day that is."""
    warned: bool = False
    """Whether the package said that it does not know all of them."""


@cache
def countries() -> Mapping[str, str]:
    """The code of each country by all its names, in lower case: germany, de, deu."""
    from holidays.registry import COUNTRIES

    return {
        called.casefold(): names[1]
        for key, names in COUNTRIES.items()
        for called in (key.replace("_", " "), *names)
    }


@cache
def subdivisions(country: str) -> Mapping[str, str]:
    """The code of each part of a country by all its names, in lower case: bayern, by."""
    known = _asked(country, None)
    return {
        name.casefold(): code
        for name, code in (*known.subdivisions_aliases.items(), *((it, it) for it in known.subdivisions))
    }


@lru_cache(maxsize=4096)
def year_of(country: str, subdivision: str | None, year: int) -> Year:
    """The days of a year in a country, or in a part of it."""
    with _ONE_AT_A_TIME, warnings.catch_warnings(record=True) as said:
        warnings.simplefilter("always")
        known = _asked(country, subdivision, year)
    replaced = dict(_exchanges(known, subdivision))
    # In no category, and of any year, because one year's decree may move a day of the year beside it.
    worked = {
        day: replaced[day].weekday() if day in replaced else None
        for day in sorted(known.weekend_workdays)
        if day.year == year and day not in known
    }
    return Year(frozenset(known), worked, bool(said))


@lru_cache(maxsize=256)
def last_known_year(country: str, subdivision: str | None, this_year: int) -> int:
    """The last year of which the package knows all days, as far as can be told; perhaps a year that is over.

    It ends where the package says so (a last year, a warning), where half of the days are missing at once,
    and, in a country that decrees days year by year, behind the last decree that it has. Warnings and
    missing days are looked for in the next ten years. An old package does not know more for being old.
    """
    known = _asked(country, subdivision)
    last = known.end_year
    decreed = _last_decree(known, subdivision)
    if decreed is not None and decreed >= _newest_decree() - 1:  # else the country has given it up
        last = min(last, decreed)
    for year in range(this_year, min(last, this_year + _AHEAD) + 1):
        days, before = (year_of(country, subdivision, one) for one in (year, year - 1))
        if days.warned or 2 * len(days.free) < len(before.free):
            return year - 1
    return last


def other_parts(country: str, year: int) -> dict[str, str]:
    """The parts of a country in which other days are free than in the country as such: names by code.

    Looks at ``year`` and the next, as far as they are known. A part without a name is called by its code.
    """
    known = _asked(country, None)
    years = [one for one in (year, year + 1) if year_of(country, None, one).free]
    names = known.get_subdivision_aliases()
    return {
        code: next(iter(names[code]), code)
        for code in known.subdivisions
        if any(year_of(country, code, one) != year_of(country, None, one) for one in years)
    }


def _asked(country: str, subdivision: str | None, *years: int) -> HolidayBase:
    import holidays

    return holidays.country_holidays(
        country, subdiv=subdivision, years=years, language=_LANGUAGE, categories=holidays.PUBLIC
    )


def _special(known: HolidayBase, subdivision: str | None) -> Iterator[tuple[int, tuple[object, ...]]]:
    """What decrees of single years say, each with its year.

    A day that is free: month, day, name. A day that is free in place of another: its month and day, and those
    of the other; the other's year if that is not the same.
    """
    parts = (
        [""] if subdivision is None else ["", f"{subdivision.lower().replace('-', '_').replace(' ', '_')}_"]
    )
    for part in parts:
        decrees: Mapping[int, tuple[object, ...]] = getattr(known, f"special_{part}public_holidays", {})
        for year, decree in decrees.items():
            several = decree and isinstance(decree[0], tuple)
            for one in decree if several else (decree,):
                if isinstance(one, tuple) and one:
                    yield year, one


def _exchanges(known: HolidayBase, subdivision: str | None) -> Iterator[tuple[date, date]]:
    """The days on which people work, each with the day that is free in its place."""
    for year, decree in _special(known, subdivision):
        match decree:
            case (int(to_month), int(to_day), int(month), int(day)):
                yield date(year, month, day), date(year, to_month, to_day)
            case (int(to_month), int(to_day), int(month), int(day), int(other_year)):
                yield date(other_year, month, day), date(year, to_month, to_day)


@cache
def _newest_decree() -> int:
    """The last year of which the package has decrees. The clock does not say: the package may be old."""
    return _last_decree(_asked(_DECREES_EACH_YEAR, None), None) or date.max.year


def _last_decree(known: HolidayBase, subdivision: str | None) -> int | None:
    """The last year with a decree; ``None`` in a country that needs none in an ordinary year."""
    years = {year for year, _ in _special(known, subdivision)}
    yearly = [year for year in years if years.issuperset(range(year - _YEARLY + 1, year + 1))]
    exchanging = [free.year for _, free in _exchanges(known, subdivision)]
    return max((*yearly, *exchanging), default=None)
