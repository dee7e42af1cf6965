"""Time zones: which names a calendar may have, which are seldom meant, and when their clocks change."""

from __future__ import annotations

import re
from bisect import bisect_left
from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Annotated
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from pydantic import AfterValidator, ValidationInfo
from pydantic_core import PydanticCustomError

from baton.contract.words import STORED

_SECOND = timedelta(seconds=1)
_OF_THE_MACHINE = re.compile(r"(?P<set>localtime|posixrules|Factory)|(?P<folder>posix|right)/(?P<name>.+)")
"""What a machine may have beside the zones of the world: its own setting, and copies with other rules."""
_TURNED = re.compile(r"Etc/GMT(?P<sign>[+-])(?P<hours>[1-9]\d?)")
_WITHOUT_SUMMER = {
    "EST": ("five hours behind UTC", "New York is America/New_York"),
    "MST": ("seven hours behind UTC", "Denver is America/Denver, Phoenix is America/Phoenix"),
    "HST": ("ten hours behind UTC", "Honolulu is Pacific/Honolulu"),
    **{
        f"{area}{name}": ("the time of UTC", "London is Europe/London; if UTC is meant, write UTC")
        for area in ("", "Etc/")
        for name in ("GMT", "GMT0", "GMT+0", "GMT-0", "Greenwich")
    },
}


def known_zone(name: str) -> str:
    """The name of a time zone that every machine knows.

    Raises ``ValueError`` if there is no such zone, and a pydantic error with a hint if it is one that differs
    from machine to machine.
    """
    found = _OF_THE_MACHINE.fullmatch(name)
    if found is not None:
        hint = (
            f"write {found['name']}" if found["name"] else "write where the office is, such as Europe/Berlin"
        )
        raise PydanticCustomError(
            "machine_zone",
            "the time zone {zone} is not the same on every machine",
            {"zone": repr(name), "hint": hint},
        )
    return _existing(name)


def _existing(name: str) -> str:
    try:
        ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        raise ValueError(f"unknown time zone {name!r}; use a name such as Europe/Berlin or UTC") from None
    return name


def _zone(name: str, info: ValidationInfo) -> str:
    return _existing(name) if info.context == STORED else known_zone(name)


Zone = Annotated[str, AfterValidator(_zone)]
"""A time zone in a document. What was accepted before zones of the machine were refused can be read."""


def doubtful(zone: str) -> tuple[str, str] | None:
    """What is odd about a zone that can be meant but seldom is, and what to write; ``None`` for any other."""
    if zone in _WITHOUT_SUMMER:
        time, hint = _WITHOUT_SUMMER[zone]
        return f"{zone} has no summer time: it is {time} all year", hint
    turned = _TURNED.fullmatch(zone)
    if turned is None:
        return None
    side = "behind" if turned["sign"] == "+" else "ahead of"
    hours = f"{turned['hours']} hour{'' if turned['hours'] == '1' else 's'}"
    what = f"{zone} has no summer time, and its sign is turned round: it is {hours} {side} UTC"
    return what, "write the place, such as America/Sao_Paulo or Europe/Moscow"


def steady(zone: ZoneInfo, start: datetime, end: datetime) -> Iterator[tuple[datetime, datetime, timedelta]]:
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
    return at.astimezone(zone).utcoffset() or timedelta()
