"""Why a case waits in a line's queue, in words for whoever looks at the list.

Pure, and it decides nothing: who is next is decided by ``baton.model.queueing``.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import NamedTuple
from zoneinfo import ZoneInfo

from baton.documents.calendars import Calendar
from baton.documents.directory import Directory


class Colleague(NamedTuple):
    """A member of a line, as seen by a case that waits there."""

    staff: str
    online: bool
    room: bool
    """Whether there is room for one more case of this kind."""
    chats: bool = True
    """The habit: works with chats."""


class InQueue(NamedTuple):
    """A case that waits in the queue of a line."""

    line: str
    promised_to: str | None = None
    """Whose free place it has just been promised."""
    handed_on_by: str | None = None
    """Who must not get it."""
    ended: bool = False
    """Whether it is a chat in Unanswered."""
    assignee: str | None = None
    """Of a chat in Unanswered: who gets it back, or else somebody who usually works with chats."""


def waits_for(case: InQueue, members: Sequence[Colleague], closed: str = "") -> str:
    """Why nobody of the line has the case.

    Args:
        case: the case.
        members: the members of its line.
        closed: why the line as a whole gives nothing out now (`closed`), if that is so.
    """
    line = case.line
    if case.promised_to is not None:
        return f"next: goes to {case.promised_to}"
    if closed:
        return closed
    others = [one for one in members if one.staff != case.handed_on_by]
    handed_on = f"handed on by {case.handed_on_by}" if len(others) < len(members) else ""
    there = [one for one in others if one.online]
    if not there:
        return f"{handed_on}, nobody else of {line} is there" if handed_on else f"nobody of {line} is online"
    habit = case.assignee is not None
    able = [one for one in there if one.chats or not habit or one.staff == case.assignee]
    if not able:
        return f"nobody of {line} who works with chats is online"
    if any(one.room for one in able):
        return f"left unanswered; {line} has room" if case.ended else f"{line} has room: about to go out"
    number = len(able)
    other = "" if not handed_on else " other" if number == 1 else " others"
    who = "" if able == there else " who works with chats" if number == 1 else " who work with chats"
    full = {1: "full", 2: "both full"}.get(number, "all full")
    return "; ".join(filter(None, (handed_on, f"{number}{other} of {line} online{who}, {full}")))


def closed(line: str, directory: Directory, now: datetime) -> str:
    """Why a line gives nothing out now, whoever of it is online; empty if it does."""
    if line not in directory.lines:
        return f"{line} is no longer in the directory"
    if not directory.members(line):
        return f"nobody belongs to {line}"
    calendar = directory.calendar_of_line(line)
    return "" if calendar.is_open(now) else f"{line} {_opens(calendar, now)}"


def _opens(calendar: Calendar, now: datetime) -> str:
    opening = calendar.next_opening(now)
    if opening is None:
        return "never opens"
    zone = ZoneInfo(calendar.timezone)
    here = opening.astimezone(zone)
    day = "" if here.date() == now.astimezone(zone).date() else f"on {here:%a %Y-%m-%d} "
    return f"opens {day}at {here:%H:%M} ({calendar.timezone})"
