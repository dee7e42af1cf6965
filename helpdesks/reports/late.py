"""Who is late now: departments whose answer is overdue, and the customers who have waited longest."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Connection, Select, func, select, true

from baton.contract import Status
from baton.desk.reports import Column, ReportTable, Unit, moment_text
from baton.documents.directory import Directory
from helpdesks.places import ref_of
from helpdesks.reports.tables import MOST_ROWS, table, text
from helpdesks.schema import LIVING, case_labels, cases

_SECONDS = Unit.SECONDS
_PLACE = (cases.c.case_id, cases.c.kind, cases.c.customer, cases.c.channel, cases.c.conversation)
_WHOSE = (cases.c.ticket_id, cases.c.assignee, cases.c.line, cases.c.dispatcher)


def late(
    connection: Connection, directory: Directory, now: datetime, line: str | None = None
) -> tuple[ReportTable, ...]:
    """Both tables, the latest first."""
    of_line: ColumnElement[bool] = cases.c.line == line if line is not None else true()
    return _overdue(connection, directory, now, of_line), _waiting(connection, directory, now, of_line)


def _overdue(
    connection: Connection, directory: Directory, now: datetime, of_line: ColumnElement[bool]
) -> ReportTable:
    rows, total = _first(
        connection,
        select(*_PLACE, *_WHOSE, case_labels.c.label, case_labels.c.due_at)
        .join(case_labels, case_labels.c.case_id == cases.c.case_id)
        .where(LIVING, of_line, cases.c.status == Status.OPEN, case_labels.c.due_at < now)
        .order_by(case_labels.c.due_at, cases.c.case_id, case_labels.c.label),
    )
    columns = (
        *map(text, ("case", "department", "dispatcher")),
        Column(name="due", unit=Unit.TIME),
        Column(name="late", unit=_SECONDS),
        Column(name="open_late", unit=_SECONDS),
    )
    return table("overdue", columns, (_overdue_row(row, directory, now) for row in rows), total)


def _overdue_row(row: Any, directory: Directory, now: datetime) -> tuple[Any, ...]:
    department = directory.department_of(row.label) or row.label
    return (
        ref_of(row).workflow_id,
        department,
        row.dispatcher,
        moment_text(row.due_at),
        _seconds(now - row.due_at),
        _seconds(directory.calendar_of_department(department).between(row.due_at, now)),
    )


def _waiting(
    connection: Connection, directory: Directory, now: datetime, of_line: ColumnElement[bool]
) -> ReportTable:
    rows, total = _first(
        connection,
        select(*_PLACE, *_WHOSE, cases.c.waiting_since)
        .where(LIVING, of_line, cases.c.waiting_since.is_not(None), cases.c.waiting_since < now)
        .order_by(cases.c.waiting_since, cases.c.case_id),
    )
    columns = (
        *map(text, ("case", "line", "assignee")),
        Column(name="since", unit=Unit.TIME),
        Column(name="waits", unit=_SECONDS),
        Column(name="open_waits", unit=_SECONDS),
    )
    return table("waiting", columns, (_waiting_row(row, directory, now) for row in rows), total)


def _waiting_row(row: Any, directory: Directory, now: datetime) -> tuple[Any, ...]:
    return (
        ref_of(row).workflow_id,
        row.line,
        row.assignee,
        moment_text(row.waiting_since),
        _seconds(now - row.waiting_since),
        _seconds(directory.calendar_of_line(row.line).between(row.waiting_since, now)),
    )


def _first(connection: Connection, wanted: Select[Any]) -> tuple[Sequence[Any], int]:
    """The rows that are shown, and how many there are."""
    rows = connection.execute(wanted.limit(MOST_ROWS)).all()
    if len(rows) < MOST_ROWS:
        return rows, len(rows)
    every = wanted.order_by(None).subquery()
    return rows, connection.execute(select(func.count()).select_from(every)).scalar_one()


def _seconds(length: Any) -> float:
    return float(round(length.total_seconds(), 1))
