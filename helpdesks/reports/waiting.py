"""How long customers waited for answers, tickets for their departments, and rounds for their reply."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from datetime import datetime
from typing import NamedTuple

from baton.contract import DepartmentState, Status, TicketStage
from baton.desk.reports import Column, ReportTable
from baton.documents.calendars import Calendar
from baton.documents.directory import Directory
from helpdesks.reports.history import CUSTOMER, REPLIES, STAFF, History, Period, Standing
from helpdesks.reports.tables import OPEN_SPREAD, SPREAD, Waits, table, text

_NO_LINE = "–"
_ORDER = ("first answer", "answer", "department", "round")


class Wait(NamedTuple):
    """One wait that is over."""

    what: str
    since: datetime
    until: datetime
    line: str | None = None
    """The line that had the case; if none had, that of whoever answered (``by``)."""
    by: str = ""
    label: str = ""
    """Of a department."""
    answered: bool = True


def waits(history: History) -> Iterator[Wait]:
    """All waits of a case that are over, in the order in which they ended."""
    standing = Standing()
    since: datetime | None = None  # the customer's first unanswered message
    round_since: datetime | None = None
    asked: dict[str, datetime] = {}
    first: bool | None = None  # whether the next answer is the first; unknown before the first message
    for step in history.steps:
        if step.event == CUSTOMER and step.is_event:
            first = True if first is None else first
            since = since or step.at
        elif step.event in STAFF and step.is_event:
            if since is not None:
                by = step.author.partition(":")[2]
                yield Wait("answer", since, step.at, standing.line, by)
                if first:
                    yield Wait("first answer", since, step.at, standing.line, by)
            if step.event in REPLIES and history.kind == "ticket" and round_since is not None:
                yield Wait("round", round_since, step.at, standing.line, step.author.partition(":")[2])
                round_since = None
            since, first = None, False
        if since is not None and step.fields.get("status", ("", ""))[1] in (Status.PENDING, Status.CLOSED):
            yield Wait("answer", since, step.at, standing.line, answered=False)
            since = None
        for label, (_, state) in step.departments.items():
            begun = asked.pop(label, None)
            if state == DepartmentState.ASKED:
                asked[label] = begun or step.at
            elif begun is not None:
                answered = state == DepartmentState.ANSWERED
                yield Wait("department", begun, step.at, label=label, answered=answered)
        standing.take(step)
        if "stage" in step.fields:
            if standing.stage == TicketStage.COLLECTING:
                round_since = round_since or step.at
            elif standing.stage in (TicketStage.TRIAGE, TicketStage.CLOSED) and round_since is not None:
                yield Wait("round", round_since, step.at, standing.line, answered=False)
                round_since = None


class Waiting:
    """The report.

    Args:
        directory: the present one, which has the lines of people, and calendars.
    """

    def __init__(self, period: Period, directory: Directory, line: str | None = None) -> None:
        self._period, self._directory, self._line = period, directory, line
        self._over: dict[tuple[str, str], Waits] = {}
        self._unanswered: Counter[tuple[str, str]] = Counter()

    def look(self, history: History) -> None:
        for wait in waits(history):
            if wait.until not in self._period:
                continue
            of = self._of(wait)
            if self._line is not None and (wait.what == "department" or of != self._line):
                continue
            key = wait.what, of
            over = self._over.get(key)
            if over is None:
                over = self._over[key] = Waits(self._calendar(wait.what, of))
            if wait.answered:
                over.add(wait.since, wait.until)
            else:
                self._unanswered[key] += 1

    def _of(self, wait: Wait) -> str:
        if wait.what == "department":
            return self._directory.department_of(wait.label) or wait.label
        member = self._directory.staff.get(wait.by)
        return wait.line or (member.line if member is not None else None) or _NO_LINE

    def _calendar(self, what: str, of: str) -> Calendar:
        if what == "department":
            return self._directory.calendar_of_department(of)
        return self._directory.calendar_of_line(of)

    def tables(self) -> tuple[ReportTable, ...]:
        columns = (*map(text, ("what", "of")), *SPREAD, *OPEN_SPREAD, Column(name="unanswered"))
        rows = sorted(self._over.items(), key=lambda row: (_ORDER.index(row[0][0]), row[0][1]))
        return (
            table(
                "waiting",
                columns,
                (
                    (*key, *over.clock.spread(), *over.open_spread(), self._unanswered[key])
                    for key, over in rows
                ),
            ),
        )
