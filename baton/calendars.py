"""Business hours: when a line works.

A calendar has a time zone, the intervals of each weekday and the days off. All arithmetic is done on
wall-clock times of that zone, so that a daylight-saving change neither adds nor removes an hour of work.
"""

from __future__ import annotations

from datetime import date, datetime, time
from enum import StrEnum
from typing import Annotated
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict


class Weekday(StrEnum):
    MON = "mon"
    TUE = "tue"
    WED = "wed"
    THU = "thu"
    FRI = "fri"
    SAT = "sat"
    SUN = "sun"


_WEEKDAYS = tuple(Weekday)


def _known_zone(name: str) -> str:
    try:
        ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        raise ValueError(f"unknown time zone {name!r}; use a name such as Europe/Berlin or UTC") from None
    return name


def _as_intervals(value: object) -> object:
    """Accept ``["09:00-13:00", …]``, the way in which people write hours."""
    if not isinstance(value, list | tuple):
        return value
    return tuple(
        tuple(part.strip() for part in item.split("-")) if isinstance(item, str) else item for item in value
    )


def _in_order(intervals: tuple[tuple[time, time], ...]) -> tuple[tuple[time, time], ...]:
    latest = time.min
    for start, end in intervals:
        if start >= end:
            raise ValueError(f"an interval must end after it starts, not {start:%H:%M}-{end:%H:%M}")
        if start < latest:
            raise ValueError(f"intervals must follow one another; {start:%H:%M} lies in the one before")
        latest = end
    return intervals


Zone = Annotated[str, AfterValidator(_known_zone)]
Intervals = Annotated[
    tuple[tuple[time, time], ...], BeforeValidator(_as_intervals), AfterValidator(_in_order)
]


class Calendar(BaseModel):
    """When people work. A weekday that is not named is free; without any, every hour counts."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    timezone: Zone = "UTC"
    weekly: dict[Weekday, Intervals] = {}
    days_off: frozenset[date] = frozenset()

    def is_open(self, at: datetime) -> bool:
        """Whether ``at``, an aware time, is within business hours."""
        local = at.astimezone(ZoneInfo(self.timezone))
        if local.date() in self.days_off:
            return False
        if not self.weekly:
            return True
        hours = self.weekly.get(_WEEKDAYS[local.weekday()], ())
        return any(start <= local.time() < end for start, end in hours)
