"""Business hours: when a line works, and how long a department has had for its answer.

A calendar has a time zone, the intervals of each weekday, the days off and the public holidays of a country.
The intervals are wall-clock times of the zone; a duration is the time that really passes inside them. So on
the night of a daylight-saving change an interval 01:00-04:00 lasts two hours or four: an hour that the clocks
leave out counts for nothing, and one that they show twice counts twice.

Whatever is asked with a moment takes an aware ``datetime`` of any zone and answers in UTC.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Callable, Iterator
from datetime import UTC, date, datetime, time, timedelta
from enum import StrEnum
from typing import Annotated
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    PlainSerializer,
    WrapValidator,
)

from baton.documents.publicholidays import Holidays, as_holidays

Stretch = tuple[datetime, datetime]
"""From one moment until just before another, both in UTC."""
SEARCHED = timedelta(days=3653)
"""How far to look for a moment, ten years: a calendar may never open."""
_DAY = timedelta(days=1)
_MONTH = timedelta(days=31)
_SECOND = timedelta(seconds=1)
_NOTHING = timedelta()
_MIDNIGHT = time()
# Moments before or after these may have no local date.
_FIRST = datetime(1, 1, 2, tzinfo=UTC)
_LAST = datetime(9999, 12, 30, tzinfo=UTC)


class Weekday(StrEnum):
    MON = "mon"
    TUE = "tue"
    WED = "wed"
    THU = "thu"
    FRI = "fri"
    SAT = "sat"
    SUN = "sun"


_WEEKDAYS = tuple(Weekday)


# --- How calendars are written --------------------------------------------------------------------


def known_zone(name: str) -> str:
    """The name of a time zone. Raises ``ValueError`` if there is no such zone."""
    try:
        ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        raise ValueError(f"unknown time zone {name!r}; use a name such as Europe/Berlin or UTC") from None
    return name


def _as_intervals(value: object) -> object:
    """Accept ``["09:00-13:00", …]``, the way people write hours."""
    if not isinstance(value, list | tuple):
        return value
    return tuple(
        tuple(part.strip() for part in item.split("-")) if isinstance(item, str) else item for item in value
    )


def _end(value: object, read: Callable[[object], time]) -> time:
    """Accept 24:00. It becomes the ``time`` 00:00, as there is no 24:00: no other interval ends then."""
    if value in ("24:00", "24:00:00"):
        return _MIDNIGHT
    end = read(value)
    if end == _MIDNIGHT and isinstance(value, str):
        raise ValueError("an interval that lasts until midnight ends at 24:00")
    return end


def _written_end(end: time) -> str:
    return "24:00:00" if end == _MIDNIGHT else end.isoformat()


def _opens(start: time) -> timedelta:
    """How long after midnight an interval that begins at ``start`` begins."""
    return timedelta(
        hours=start.hour, minutes=start.minute, seconds=start.second, microseconds=start.microsecond
    )


def _closes(end: time) -> timedelta:
    """How long after midnight an interval that ends at ``end`` ends."""
    return _opens(end) or _DAY


def _in_order(intervals: tuple[tuple[time, time], ...]) -> tuple[tuple[time, time], ...]:
    latest = _NOTHING
    for start, end in intervals:
        if start.tzinfo or end.tzinfo:
            raise ValueError("hours are those of the calendar's time zone; write 09:00, without an offset")
        if _opens(start) >= _closes(end):
            raise ValueError(f"an interval must end after it starts, not {start:%H:%M}-{end:%H:%M}")
        if _opens(start) < latest:
            raise ValueError(f"intervals must follow one another; {start:%H:%M} is inside the one before")
        latest = _closes(end)
    return intervals


Zone = Annotated[str, AfterValidator(known_zone)]
End = Annotated[time, WrapValidator(_end), PlainSerializer(_written_end, when_used="json")]
Intervals = Annotated[tuple[tuple[time, End], ...], BeforeValidator(_as_intervals), AfterValidator(_in_order)]


# --- The calendar ---------------------------------------------------------------------------------


class Calendar(BaseModel):
    """When people work. A weekday that is not named is free; without any, every hour counts.

    The search for a moment ends after ten years (`SEARCHED`).
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    timezone: Zone = "UTC"
    weekly: dict[Weekday, Intervals] = {}
    days_off: frozenset[date] = frozenset()
    holidays: Annotated[Holidays | None, BeforeValidator(as_holidays)] = None

    def is_open(self, at: datetime) -> bool:
        """Whether ``at`` is within business hours."""
        wall = at.astimezone(ZoneInfo(self.timezone)).replace(tzinfo=None)
        return any(opens <= wall < closes for opens, closes in self._hours(wall.date()))

    def next_opening(self, at: datetime) -> datetime | None:
        """When business hours begin after ``at``; ``at`` itself if it is within them, ``None`` if never."""
        return next((opens for opens, _ in self._ahead(at)), None)

    def after(self, start: datetime, work: timedelta) -> datetime | None:
        """The first moment at which ``work`` of business time has passed since ``start``.

        Work that ends exactly at closing time is due at closing, not at the next opening; no work at all is
        due at ``start``. ``None`` if that moment never comes. Raises ``ValueError`` for less than no work.
        """
        left = _not_negative(work)
        if not left:
            return start.astimezone(UTC)
        for opens, closes in self._ahead(start):
            if closes - opens >= left:
                return opens + left
            left -= closes - opens
        return None

    def before(self, end: datetime, work: timedelta) -> datetime | None:
        """The last moment from which ``work`` of business time remains until ``end``.

        The mirror image of `after`: work that begins exactly at an opening begins there, and not at the
        previous closing. ``None`` if there is no such moment. Raises ``ValueError`` for less than no work.
        """
        left = _not_negative(work)
        if not left:
            return end.astimezone(UTC)
        for opens, closes in self._back(end):
            if closes - opens >= left:
                return closes - left
            left -= closes - opens
        return None

    def between(self, start: datetime, end: datetime) -> timedelta:
        """The business time from ``start`` until ``end``; nothing if that is not later."""
        stretches = self._open(start.astimezone(UTC), end.astimezone(UTC))
        return sum((closes - opens for opens, closes in stretches), _NOTHING)

    def turns(self, at: datetime) -> datetime:
        """When it next opens after ``at``, or closes if it is open; a month later if it does neither."""
        edge = at.astimezone(UTC)
        end, is_open = edge + _MONTH, False
        for opens, closes in self._open(edge, end):
            if opens > edge:
                return edge if is_open else opens
            is_open, edge = True, closes
        return edge if is_open else end

    def _ahead(self, start: datetime) -> Iterator[Stretch]:
        """The open stretches from ``start`` on, as far as the search goes."""
        at = start.astimezone(UTC)
        return self._open(at, at + min(SEARCHED, max(_LAST - at, _NOTHING)))

    def _back(self, end: datetime) -> Iterator[Stretch]:
        """The open stretches before ``end``, the latest first, as far as the search goes."""
        at = end.astimezone(UTC)
        earliest = at - min(SEARCHED, max(at - _FIRST, _NOTHING))
        while earliest < at:
            day_before = max(at - _DAY, earliest)
            yield from reversed(list(self._open(day_before, at)))
            at = day_before

    def _open(self, start: datetime, end: datetime) -> Iterator[Stretch]:
        """The open stretches from ``start`` until ``end``, both in UTC, in order.

        Stretches may touch: opening hours longer than a day come in pieces.
        """
        zone = ZoneInfo(self.timezone)
        while start < end:
            stop = end if end - start < _DAY else start + _DAY
            for since, until, offset in _steady(zone, start, stop):
                for opens, closes in self._on_the_wall(_wall(since, offset), _wall(until, offset)):
                    yield (opens - offset).replace(tzinfo=UTC), (closes - offset).replace(tzinfo=UTC)
            start = stop

    def _on_the_wall(self, start: datetime, end: datetime) -> Iterator[tuple[datetime, datetime]]:
        """The intervals between two wall-clock times without a change of the clocks between them."""
        day = start.date()
        while day <= end.date():
            for opens, closes in self._hours(day):
                since, until = max(opens, start), min(closes, end)
                if since < until:
                    yield since, until
            day += _DAY

    def _hours(self, day: date) -> Iterator[tuple[datetime, datetime]]:
        """The intervals of a day, as wall-clock times without a zone."""
        if day in self.days_off or (self.holidays and self.holidays.on(day)):
            return
        midnight = datetime.combine(day, _MIDNIGHT)
        if not self.weekly:
            yield midnight, midnight + _DAY
        for start, end in self.weekly.get(_WEEKDAYS[day.weekday()], ()):
            yield midnight + _opens(start), midnight + _closes(end)


ALWAYS = Calendar()
"""The calendar for anybody without one: every hour counts."""


def _not_negative(work: timedelta) -> timedelta:
    if work < _NOTHING:
        raise ValueError(f"business time cannot be less than nothing, as {work} is")
    return work


def _wall(at: datetime, offset: timedelta) -> datetime:
    return at.replace(tzinfo=None) + offset


def _steady(zone: ZoneInfo, start: datetime, end: datetime) -> Iterator[tuple[datetime, datetime, timedelta]]:
    """The parts of a time in UTC in which the zone keeps its offset from UTC, each with that offset.

    If the offset is the same at both ends, no search is needed: no zone changes its clocks twice in a day.
    """
    offset = _offset(zone, start)
    while _offset(zone, end) != offset:
        # Clocks change at a full second.
        first = start.replace(microsecond=0)
        seconds = range((end - first) // _SECOND + 1)
        change = first + _SECOND * bisect_left(
            seconds, True, key=lambda second: _offset(zone, first + _SECOND * second) != offset
        )
        yield start, change, offset
        start, offset = change, _offset(zone, change)
    yield start, end, offset


def _offset(zone: ZoneInfo, at: datetime) -> timedelta:
    return at.astimezone(zone).utcoffset() or _NOTHING
