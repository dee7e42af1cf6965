"""Business hours: when a line works, and how long a department has had for its answer.

A calendar has a time zone, the intervals of each weekday, the public holidays of a country, and single days
that differ. The intervals are wall-clock times of the zone; a duration is the time that really passes inside
them. So on
the night of a daylight-saving change an interval 01:00-04:00 lasts two hours or four: an hour that the clocks
leave out counts for nothing, and one that they show twice counts twice.

Whatever is asked with a moment takes an aware ``datetime`` of any zone and answers in UTC.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from typing import Annotated, Any, Self
from zoneinfo import ZoneInfo

from pydantic import (
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    SerializerFunctionWrapHandler,
    model_serializer,
    model_validator,
)
from pydantic_core import PydanticCustomError

from baton.documents.holidaypackage import Year
from baton.documents.hours import (
    DAY,
    MIDNIGHT,
    WEEKDAYS,
    WHOLE_DAY,
    Day,
    Days,
    Intervals,
    OwnHours,
    Weekday,
    begins,
    ends,
)
from baton.documents.plain import Whole
from baton.documents.publicholidays import Holidays, as_holidays
from baton.documents.zones import Zone, steady

Stretch = tuple[datetime, datetime]
"""From one moment until just before another, both in UTC."""
SEARCHED = timedelta(days=3653)
"""How far to look for a moment, ten years: a calendar may never open."""
_MONTH = timedelta(days=31)
_NOTHING = timedelta()
# Moments before or after these may have no local date.
_FIRST = datetime(1, 1, 2, tzinfo=UTC)
_LAST = datetime(9999, 12, 30, tzinfo=UTC)


class Calendar(BaseModel):
    """When people work. A weekday that is not named is free; without any, every hour counts.

    What is said about a single day counts first: ``days``, then ``days_off``, then the holidays, and last
    ``weekly``. The search for a moment ends after ten years (`SEARCHED`).
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    timezone: Zone = "UTC"
    weekly: dict[Weekday, Intervals] = {}
    days: dict[Day, OwnHours] = {}
    """Days with other hours, holidays or not."""
    days_off: Days = frozenset()
    holidays: Annotated[Holidays | None, BeforeValidator(as_holidays)] = None
    known_until: Annotated[Whole, Field(ge=2000, le=9998)] | None = None
    """The last year of which all free days are known; if left out, what the package ``holidays`` knows."""

    @model_validator(mode="after")
    def _own_days_can_be_meant(self) -> Self:
        mistakes = list(self._doubtful_days())
        if mistakes:
            said = "; ".join(f"{'.'.join(map(str, path))}: {what}" for path, what, _ in mistakes)
            raise PydanticCustomError("own_days", "{said}", {"said": said, "mistakes": mistakes})
        return self

    def _doubtful_days(self) -> Iterator[tuple[tuple[str, ...], str, str]]:
        for day, hours in self.days.items():
            where = ("days", day.isoformat())
            if day in self.days_off:
                yield where, f"{day} is in days_off, too", "remove one of the two"
            elif isinstance(hours, Weekday) and not self._of_weekday(hours):
                yield where, f"{hours} has no hours in weekly", "write hours, or put the day into days_off"

    @model_serializer(mode="wrap")
    def _without_what_is_new(self, write: SerializerFunctionWrapHandler) -> dict[str, Any]:
        """Without the later fields where they say nothing: a worker of an older version refuses them."""
        written: dict[str, Any] = write(self)
        for later in ("days", "known_until"):
            if not written.get(later):
                written.pop(later, None)
        return written

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
            day_before = max(at - DAY, earliest)
            yield from reversed(list(self._open(day_before, at)))
            at = day_before

    def _open(self, start: datetime, end: datetime) -> Iterator[Stretch]:
        """The open stretches from ``start`` until ``end``, both in UTC, in order.

        Stretches may touch: opening hours longer than a day come in pieces.
        """
        zone = ZoneInfo(self.timezone)
        while start < end:
            stop = end if end - start < DAY else start + DAY
            for since, until, offset in steady(zone, start, stop):
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
            day += DAY

    def _hours(self, day: date) -> Iterator[tuple[datetime, datetime]]:
        """The intervals of a day, as wall-clock times without a zone."""
        midnight = datetime.combine(day, MIDNIGHT)
        for start, end in self._intervals(day):
            yield midnight + begins(start), midnight + ends(end)

    def _intervals(self, day: date) -> Intervals:
        own = self.days.get(day)
        if own is not None:
            return self._of_weekday(own) if isinstance(own, Weekday) else own
        if day in self.days_off:
            return ()
        usual = self._usual(day)
        if self.holidays is None:
            return usual
        year = self.holidays.year_of(day)
        if day in year.free:
            return ()
        if day not in year.worked:
            return usual
        replaced = year.worked[day]
        moved = self._before(day) if replaced is None else self._of_weekday(WEEKDAYS[replaced])
        # Whoever does not work on the weekday in question works as on any other such weekend day.
        return moved or usual

    def _usual(self, day: date) -> Intervals:
        return self._of_weekday(WEEKDAYS[day.weekday()])

    def _of_weekday(self, weekday: Weekday) -> Intervals:
        return self.weekly.get(weekday, ()) if self.weekly else WHOLE_DAY

    def _before(self, day: date) -> Intervals:
        """The hours of the last ordinary working day before ``day``."""
        for back in range(1, _MONTH.days):
            earlier = day - back * DAY
            year = self.holidays.year_of(earlier) if self.holidays else Year()
            special = (self.days, self.days_off, year.free, year.worked)
            if not any(earlier in one for one in special) and self._usual(earlier):
                return self._usual(earlier)
        return ()


ALWAYS = Calendar()
"""The calendar for anybody without one: every hour counts."""


def _not_negative(work: timedelta) -> timedelta:
    if work < _NOTHING:
        raise ValueError(f"business time cannot be less than nothing, as {work} is")
    return work


def _wall(at: datetime, offset: timedelta) -> datetime:
    return at.replace(tzinfo=None) + offset
