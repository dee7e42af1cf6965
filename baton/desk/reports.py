"""Reports: what is asked, and tables as answers. `helpdesks.reports` makes them."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum
from typing import Self

from pydantic import model_validator

from baton.contract import Instant, Payload
from baton.documents.zones import Zone
from baton.errors import InvalidEvent

REPORT = "report"
"""The call."""


class ReportName(StrEnum):
    """Which reports there are."""

    HANDOFFS = "handoffs"
    """Who got cases from whom, and why."""
    WAITING = "waiting"
    """How long customers waited for answers, tickets for departments, and rounds for their reply."""
    LATE = "late"
    """Who waits now: overdue answers, and the customers who have waited longest."""
    REPLIES = "replies"
    """Rounds of tickets: begun, prompted, replied."""
    HOURS = "hours"
    """When messages are written: by weekday and hour."""


class Unit(StrEnum):
    """What the values of a column are."""

    TEXT = "text"
    NUMBER = "number"
    SECONDS = "seconds"
    TIME = "time"
    """A moment in UTC, written as in ISO 8601."""


Value = str | int | float | None


class ReportQuery(Payload):
    """Which report. Without a beginning, the period is the last seven days before its end."""

    name: ReportName
    since: Instant | None = None
    until: Instant | None = None
    """The first moment that is no longer part of the period; now, if left out."""
    line: str | None = None
    """Only what concerns this line."""
    zone: Zone | None = None
    """The time zone of weekdays and hours; if left out, the line's, or the one that the company has most."""

    @model_validator(mode="after")
    def _begins_before_it_ends(self) -> Self:
        if self.since is not None and self.until is not None and self.since >= self.until:
            raise ValueError(f"the period ends at {self.until:%Y-%m-%d %H:%M} UTC, before it has begun")
        return self


class Column(Payload):
    name: str
    unit: Unit = Unit.NUMBER


class ReportTable(Payload):
    """One table of a report. The rows have the values of the columns, in their order."""

    name: str
    columns: tuple[Column, ...]
    rows: tuple[tuple[Value, ...], ...] = ()
    left_out: int = 0
    """How many rows more there are: a table has at most `helpdesks.reports.tables.MOST_ROWS`."""


class Report(Payload):
    """The answer."""

    name: ReportName
    since: Instant
    until: Instant
    zone: str | None = None
    line: str | None = None
    tables: tuple[ReportTable, ...]


def moment_text(at: datetime) -> str:
    """A moment as the value of a cell."""
    return at.isoformat(timespec="seconds").replace("+00:00", "Z")


def only(report: Report, table: str) -> Report:
    """The report with this table alone. Raises ``InvalidEvent`` if it has none of that name."""
    tables = tuple(one for one in report.tables if one.name == table)
    if not tables:
        names = ", ".join(one.name for one in report.tables)
        raise InvalidEvent(f"the report {report.name} has no table {table!r}; it has {names}")
    return report.model_copy(update={"tables": tables})
