"""Hours and days as people write them in a calendar: 09:00-13:00, 2026-12-24, like fri."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import date, datetime, time, timedelta
from enum import StrEnum
from typing import Annotated

from pydantic import (
    AfterValidator,
    BeforeValidator,
    Discriminator,
    PlainSerializer,
    Tag,
    WrapValidator,
)
from pydantic_core import PydanticCustomError

DAY = timedelta(days=1)
MIDNIGHT = time()
_NOTHING = timedelta()
_LIKE = "like "
_DASH = re.compile(
    r"\s*[-\N{HYPHEN}\N{NON-BREAKING HYPHEN}\N{FIGURE DASH}\N{EN DASH}\N{EM DASH}\N{MINUS SIGN}]\s*"
)
"""What people, and the programs in which they write, put between two times."""
_ONE_DIGIT = re.compile(r"\d:")
_DATE = re.compile(r"\d{4}-\d\d-\d\d", re.ASCII)


class Weekday(StrEnum):
    MON = "mon"
    TUE = "tue"
    WED = "wed"
    THU = "thu"
    FRI = "fri"
    SAT = "sat"
    SUN = "sun"


WEEKDAYS = tuple(Weekday)


# --- Intervals ------------------------------------------------------------------------------------


def begins(start: time) -> timedelta:
    """How long after midnight an interval that begins at ``start`` begins."""
    return timedelta(
        hours=start.hour, minutes=start.minute, seconds=start.second, microseconds=start.microsecond
    )


def ends(end: time) -> timedelta:
    """How long after midnight an interval that ends at ``end`` ends."""
    return begins(end) or DAY


def _as_list(value: object) -> object:
    """Accept one interval or one date in place of a list."""
    return [value] if isinstance(value, str | date) else value


def _as_interval(value: object) -> object:
    """Accept ``09:00-13:00``, the way people write hours."""
    if isinstance(value, list | tuple):
        return value
    parts = _DASH.split(value.strip()) if isinstance(value, str) else []
    if len(parts) != 2:
        what, hint = "{given} is no interval", "write 09:00-18:00"
        raise PydanticCustomError("interval", what, {"given": repr(value), "hint": hint})
    return tuple(f"0{part}" if _ONE_DIGIT.match(part) else part for part in parts)


def _end(value: object, read: Callable[[object], time]) -> time:
    """Accept 24:00. It becomes the ``time`` 00:00, as there is no 24:00: no other interval ends then."""
    if value in ("24:00", "24:00:00"):
        return MIDNIGHT
    end = read(value)
    if end == MIDNIGHT and isinstance(value, str):
        raise ValueError("an interval that lasts until midnight ends at 24:00")
    return end


def _written_end(end: time) -> str:
    return "24:00:00" if end == MIDNIGHT else end.isoformat()


def _in_order(intervals: tuple[tuple[time, time], ...]) -> tuple[tuple[time, time], ...]:
    latest = _NOTHING
    for start, end in intervals:
        if start.tzinfo or end.tzinfo:
            raise ValueError("hours are those of the calendar's time zone; write 09:00, without an offset")
        if begins(start) >= ends(end):
            raise PydanticCustomError(
                "backwards",
                "an interval must end after it starts, not {interval}",
                {
                    "interval": f"{start:%H:%M}-{end:%H:%M}",
                    "hint": "past midnight it is an interval of the next day: until 24:00, and from 00:00",
                },
            )
        if begins(start) < latest:
            raise PydanticCustomError(
                "overlapping",
                "intervals must follow one another; {start} is inside the one before",
                {"start": f"{start:%H:%M}", "hint": "write them in order, and each hour once"},
            )
        latest = ends(end)
    return intervals


End = Annotated[time, WrapValidator(_end), PlainSerializer(_written_end, when_used="json")]
Interval = Annotated[tuple[time, End], BeforeValidator(_as_interval)]
Intervals = Annotated[tuple[Interval, ...], BeforeValidator(_as_list), AfterValidator(_in_order)]
"""Opening hours of a day, as wall-clock times: pairs of a beginning and an end."""
WHOLE_DAY: Intervals = ((MIDNIGHT, MIDNIGHT),)


# --- Days -----------------------------------------------------------------------------------------


def _day(value: object) -> object:
    """Accept dates as people write them, and no numbers: to pydantic those are seconds since 1970."""
    if isinstance(value, date) and not isinstance(value, datetime):
        return value
    several = "write it as 2026-12-31, and several as [2026-12-24, 2026-12-31]"
    if not isinstance(value, str) or not _DATE.fullmatch(value):
        raise PydanticCustomError("day", "{given} is no date", {"given": repr(value), "hint": several})
    try:
        return date.fromisoformat(value)
    except ValueError:
        what = "there is no day {given}"
        raise PydanticCustomError("day", what, {"given": value, "hint": "look at a calendar"}) from None


def _as_weekday(value: object) -> object:
    if isinstance(value, Weekday) or not isinstance(value, str):
        return value
    if not value.startswith(_LIKE):
        raise PydanticCustomError(
            "like", "{given} is no interval", {"given": repr(value), "hint": f"write like {value}"}
        )
    return value.removeprefix(_LIKE).strip()


def _which(value: object) -> str:
    like = isinstance(value, str) and (value in WEEKDAYS or value.startswith(_LIKE))
    return "like" if like else "hours"


def _written_like(weekday: Weekday) -> str:
    return f"{_LIKE}{weekday}"


Day = Annotated[date, BeforeValidator(_day)]
Days = Annotated[frozenset[Day], BeforeValidator(_as_list)]
Like = Annotated[Weekday, BeforeValidator(_as_weekday), PlainSerializer(_written_like, when_used="json")]
"""The hours of a weekday, written ``like fri``."""
OwnHours = Annotated[Annotated[Like, Tag("like")] | Annotated[Intervals, Tag("hours")], Discriminator(_which)]
"""The hours of one day: intervals of its own, or those of a weekday."""
