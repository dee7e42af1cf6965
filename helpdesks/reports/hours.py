"""When messages are written: by weekday and hour, in a time zone."""

from __future__ import annotations

from collections import Counter
from zoneinfo import ZoneInfo

from baton.desk.reports import Column, ReportTable
from baton.documents.directory import Directory
from baton.documents.hours import WEEKDAYS
from helpdesks.reports.history import CUSTOMER, STAFF, History, Period, Standing, Step
from helpdesks.reports.tables import table, text


def zone_of(directory: Directory, line: str | None) -> str:
    """The zone of a line, if it has a calendar; else that of most lines and departments; else UTC."""
    if line is not None and directory.lines[line].calendar is not None:
        return directory.calendar_of_line(line).timezone
    named = [of_line.calendar for of_line in directory.lines.values()]
    named += [department.calendar for department in directory.departments.values()]
    zones = Counter(directory.calendars[name].timezone for name in named if name is not None)
    return max(zones, key=lambda zone: (zones[zone], zone), default="UTC")


class BusiestHours:
    """The report."""

    def __init__(self, period: Period, zone: str, line: str | None = None) -> None:
        self._period, self._line = period, line
        self._zone = ZoneInfo(zone)
        self._customer: Counter[tuple[int, int]] = Counter()
        self._staff: Counter[tuple[int, int]] = Counter()

    def look(self, history: History) -> None:
        standing = Standing()
        message: Step | None = None
        for step in history.steps:
            if step.is_event:
                self._count(message, standing)
                message = step if step.event == CUSTOMER or step.event in STAFF else None
            standing.take(step)
        self._count(message, standing)

    def _count(self, message: Step | None, after: Standing) -> None:
        """Count a message for the line that had the case after it: a new case has none before."""
        if message is None or message.at not in self._period:
            return
        if self._line is None or after.line == self._line:
            wall = message.at.astimezone(self._zone)
            written = self._customer if message.event == CUSTOMER else self._staff
            written[wall.weekday(), wall.hour] += 1

    def tables(self) -> tuple[ReportTable, ...]:
        columns = (text("weekday"), *(Column(name=name) for name in ("hour", "customer", "staff")))
        rows = (
            (WEEKDAYS[day].value, hour, self._customer[day, hour], self._staff[day, hour])
            for day in range(7)
            for hour in range(24)
        )
        return (table("hours", columns, rows),)
