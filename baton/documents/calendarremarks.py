"""What is right in a calendar and yet may surprise: how far its holidays are known, parts, odd zones."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import NamedTuple
from zoneinfo import ZoneInfo

from baton.documents.calendars import Calendar
from baton.documents.directory import Directory
from baton.documents.publicholidays import Holidays
from baton.documents.zones import doubtful

SOON = timedelta(days=60)
"""How long before the end of what is known somebody should care."""


class Remark(NamedTuple):
    """Something about a calendar that is no mistake."""

    calendar: str
    """Its key."""
    what: str
    hint: str = ""
    """What to do about it; empty if there is nothing to do."""


def remarks(directory: Directory, now: datetime) -> Iterator[Remark]:
    """What there is to say about the calendars of a directory at ``now``, which is aware."""
    for key, calendar in directory.calendars.items():
        odd = doubtful(calendar.timezone)
        if odd is not None:
            yield Remark(key, *odd)
        known = how_far_known(key, calendar, now)
        if known is not None:
            yield known
        if calendar.holidays is not None:
            yield from _parts(key, calendar.holidays, _local(calendar, now).year)


def how_far_known(key: str, calendar: Calendar, now: datetime) -> Remark | None:
    """The last year whose free days are known; with a hint if that ends soon, or is over."""
    year = last_known_year(calendar, now)
    if year is None:
        return None
    whose = f"the holidays of {_of(calendar.holidays)}" if calendar.holidays else "its free days"
    what = f"{whose} are known until the end of {year}"
    if known_end(calendar, year) - now >= SOON:
        return Remark(key, what)
    return Remark(
        key,
        what,
        ("update the package holidays; or " if calendar.holidays and calendar.known_until is None else "")
        + f"write what is free or worked in {year + 1} into days_off and days, then known_until: {year + 1}",
    )


def last_known_year(calendar: Calendar, now: datetime) -> int | None:
    """The last year whose free days are known; ``None`` for a calendar without any."""
    if calendar.known_until is not None or calendar.holidays is None:
        return calendar.known_until
    return calendar.holidays.last_known_year(_local(calendar, now).year)


def known_end(calendar: Calendar, year: int) -> datetime:
    """When ``year`` is over in the zone of the calendar."""
    return datetime(year + 1, 1, 1, tzinfo=ZoneInfo(calendar.timezone))


def _local(calendar: Calendar, now: datetime) -> datetime:
    return now.astimezone(ZoneInfo(calendar.timezone))


def _of(holidays: Holidays) -> str:
    return f"{holidays.country}, {holidays.subdivision}" if holidays.subdivision else holidays.country


def _parts(key: str, holidays: Holidays, this_year: int) -> Iterator[Remark]:
    parts = holidays.other_parts(this_year)
    if parts:
        country = holidays.country
        named = (code if name == code else f"{code} ({name})" for code, name in parts.items())
        yield Remark(
            key,
            f"{len(parts)} of the parts of {country} have other holidays than {country} alone",
            f"write {{country: {country}, subdivision: …}} with one of {', '.join(named)}",
        )
