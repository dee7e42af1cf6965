"""Which report is made by what."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Protocol

from sqlalchemy import Connection

from baton.desk.reports import Report, ReportName, ReportQuery, ReportTable
from baton.documents.directory import Directory
from baton.errors import InvalidEvent
from helpdesks.reports.handoffs import Handoffs
from helpdesks.reports.history import History, Period, histories
from helpdesks.reports.hours import BusiestHours, zone_of
from helpdesks.reports.late import late
from helpdesks.reports.replies import Replies
from helpdesks.reports.waiting import Waiting

USUAL = timedelta(days=7)
"""How long a period is whose beginning is not said."""
_EARLIEST = datetime(1970, 1, 1, tzinfo=UTC)
"""Nothing was written before."""


class _OfHistories(Protocol):
    def look(self, history: History) -> None: ...
    def tables(self) -> tuple[ReportTable, ...]: ...


def make(connection: Connection, directory: Directory, query: ReportQuery, now: datetime) -> Report:
    """The report.

    Raises ``UnknownStaff`` for a line that the directory does not have, and ``InvalidEvent`` for a period
    that has not begun.
    """
    if query.line is not None:
        directory.require_line(query.line)
    until = max(query.until or now, _EARLIEST + USUAL)
    period = Period(max(query.since or until - USUAL, _EARLIEST), until)
    if period.since >= until:
        raise InvalidEvent(f"the period begins at {period.since:%Y-%m-%d %H:%M} UTC, which is not before now")
    zone = query.zone or zone_of(directory, query.line)
    if query.name is ReportName.LATE:
        tables = late(connection, directory, now, query.line)
        period = Period(now, now)
    else:
        report = _report(query, period, directory, zone)
        for history in histories(connection, period):
            report.look(history)
        tables = report.tables()
    return Report(
        name=query.name,
        since=period.since,
        until=period.until,
        zone=zone if query.name is ReportName.HOURS else None,
        line=query.line,
        tables=tables,
    )


def _report(query: ReportQuery, period: Period, directory: Directory, zone: str) -> _OfHistories:
    match query.name:
        case ReportName.HANDOFFS:
            return Handoffs(period, query.line)
        case ReportName.WAITING:
            return Waiting(period, directory, query.line)
        case ReportName.REPLIES:
            return Replies(period, query.line)
        case _:
            return BusiestHours(period, zone, query.line)
