"""The fields of lines, calendars and people whom a rule names: what time it is there, and who is available.

``line.line-1.available``, ``calendar.office.open``, ``staff.lena.available``: the name in the middle is that
of the directory. A time of day or a weekday is always that of a calendar, because only a calendar says in
which time zone. All of it is looked up only where a rule gets as far as asking.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from datetime import UTC, datetime, time, timedelta
from functools import cache
from typing import Any, NamedTuple
from zoneinfo import ZoneInfo

from baton.documents.hours import Weekday
from baton.model.facts import Clock, Facts, MissingClock, MissingCount
from baton.rules.field import Field, Named, Sort, is_available
from baton.rules.scene import Scene

WEEKDAYS = tuple(day.value for day in Weekday)
_NAMED = re.compile(r"(line|calendar|staff)\.([^\s:]+)\.([a-z]+)")


class Asked(NamedTuple):
    """Something that can be asked about a line, a calendar or a person."""

    sort: Sort
    about: str
    choices: tuple[str, ...] = ()


_HOW_MANY = "How many people of the line are available: could be given a case now."
_WHETHER = "Whether this person is available: could be given a case now."

ASKED: Mapping[tuple[str, str], Asked] = {
    ("line", "open"): Asked(Sort.FLAG, "Whether it is within the hours of the line's calendar."),
    ("line", "time"): Asked(Sort.TIME, "The time of day in the time zone of the line's calendar."),
    ("line", "weekday"): Asked(Sort.CHOICE, "The weekday in the line's time zone.", WEEKDAYS),
    ("line", "available"): Asked(Sort.NUMBER, _HOW_MANY),
    ("calendar", "open"): Asked(Sort.FLAG, "Whether it is within the hours of this calendar."),
    ("calendar", "time"): Asked(Sort.TIME, "The time of day in its time zone."),
    ("calendar", "weekday"): Asked(Sort.CHOICE, "The weekday in its time zone.", WEEKDAYS),
    ("staff", "available"): Asked(Sort.FLAG, _WHETHER),
}
"""What can be asked, by the sort of name and the word after the name."""
SORTS = tuple(dict.fromkeys(what for what, _ in ASKED))
"""What can be named."""


def asked_of(what: str) -> tuple[str, ...]:
    """What can be asked of a line, of a calendar, or of a person by name."""
    return tuple(asked for sort, asked in ASKED if sort == what)


def named_in(name: str) -> Named | None:
    """What a name such as ``line.line-1.open`` refers to; none if it has another form."""
    found = _NAMED.fullmatch(name)
    return Named(*found.groups()) if found else None


@cache  # a field is known by its identity
def named_field(name: str) -> Field | None:
    """The field with this name; none if there is no such thing to ask."""
    named = named_in(name)
    asked = ASKED.get((named.what, named.asked)) if named else None
    if named is None or asked is None:
        return None
    return Field(name, asked.sort, asked.about, _reading(named), asked.choices, lazy=True, named=named)


def _reading(named: Named) -> Callable[[Scene], Any]:
    what, key, asked = named
    clock = f"{what}.{key}"
    match asked:
        case "available" if what == "line":
            return lambda scene: available_in(key, scene.facts)
        case "available":
            return lambda scene: is_available(key, scene.facts)
        case "open":
            return lambda scene: _clock(clock, scene.facts).open
        case "time":
            return lambda scene: _wall(clock, scene.facts, lambda wall: wall.time())
        case _:
            return lambda scene: _wall(clock, scene.facts, lambda wall: WEEKDAYS[wall.weekday()])


def available_in(line: str, facts: Facts) -> int:
    """How many people of a line are available."""
    if line not in facts.available_in:
        raise MissingCount(line)
    return facts.available_in[line]


def _clock(name: str, facts: Facts) -> Clock:
    if name not in facts.clocks:
        raise MissingClock(name)
    return facts.clocks[name]


def _wall(name: str, facts: Facts, read: Callable[[datetime], Any]) -> Any:
    wall = _clock(name, facts).wall
    return None if wall is None else read(wall)


def turns_at(field: Field, times: tuple[time, ...], facts: Facts) -> datetime | None:
    """When a field about time may next have another answer; ``times`` are those that it is compared with."""
    named = field.named
    if named is None or named.asked == "available":
        return None
    clock = _clock(f"{named.what}.{named.key}", facts)
    if named.asked == "open":
        return clock.turns_at
    if clock.wall is None or clock.zone is None:
        return None
    zone, today = ZoneInfo(clock.zone), clock.wall.date()
    moments = (
        datetime.combine(today + timedelta(days=day), at, zone).astimezone(UTC)
        for day in (0, 1)
        for at in times or (time(),)
    )
    return min((moment for moment in moments if moment > facts.now), default=None)
