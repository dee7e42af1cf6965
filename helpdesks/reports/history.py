"""What happened to cases, as reports need it: who wrote when, and who had the case before and after.

Read from two tables of the ledger: the events, and the change log, whose words are read again
(`helpdesks.changelog`). Cases come in portions, so that memory stays the same however many there are.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from sys import maxsize
from typing import Any, NamedTuple

from sqlalchemy import BindParameter, Column, Connection, Table, bindparam, case, func, select

from helpdesks.changelog import moves_in
from helpdesks.schema import cases, changes, events

CUSTOMER = "customer_message"
STAFF = frozenset({"agent_message", "send_reply", "reply_sent"})
"""Events in which staff write to the customer."""
REPLIES = frozenset({"send_reply", "reply_sent"})

_NOTHING: Mapping[str, Any] = {}
_PORTION = 500
"""Cases read at once."""
_ASTRAY = timedelta(hours=1)
"""By how much rows may be numbered in another order than that of their times: transactions overlap."""


class Period(NamedTuple):
    """From ``since`` until, but without, ``until``."""

    since: datetime
    until: datetime

    def __contains__(self, at: object) -> bool:
        return isinstance(at, datetime) and self.since <= at < self.until


class Step(NamedTuple):
    """One thing that happened to a case: an event, or a change that the log has of it.

    A change comes behind the event from which it follows.
    """

    at: datetime
    """Of an event: as whoever reported it dates it, but at the latest when it arrived."""
    event: str
    """The kind of the event, or of the one from which the change follows; empty if that is not known."""
    author: str = ""
    """Of an event: ``staff:ivan``."""
    forced: bool = False
    by: str = ""
    """Of a change: who made it, as the change log says it. Empty for an event."""
    fields: Mapping[str, tuple[str | None, str | None]] = _NOTHING
    departments: Mapping[str, tuple[str | None, str]] = _NOTHING

    @property
    def is_event(self) -> bool:
        return not self.by


@dataclass(frozen=True)
class History:
    """All steps of a case, in the order in which they were decided."""

    case_id: str
    kind: str
    steps: Sequence[Step]


@dataclass
class Standing:
    """Who has a case, as far as its steps have said."""

    assignee: str | None = None
    line: str | None = None
    stage: str | None = None

    def take(self, step: Step) -> None:
        """What is so after a step."""
        for name in ("assignee", "line", "stage"):
            if name in step.fields:
                setattr(self, name, step.fields[name][1])


def histories(connection: Connection, period: Period) -> Iterator[History]:
    """The whole history of each case to which something happened in the period, up to its end."""
    for portion in _touched(connection, period):
        yield from _read(connection, portion, period.until)


def _touched(connection: Connection, period: Period) -> Iterator[Sequence[str]]:
    first = _number_before(connection, events, events.c.decided_at, period.since)
    found = connection.execution_options(yield_per=_PORTION).execute(
        select(events.c.case_id)
        .where(
            events.c.id >= first,
            events.c.decided_at >= period.since,
            events.c.decided_at < period.until,
            events.c.case_id.is_not(None),
        )
        .distinct()
    )
    for rows in found.partitions(_PORTION):
        yield [row.case_id for row in rows]


def _number_before(connection: Connection, table: Table, moment: Column[Any], at: datetime) -> int:
    """The number of a row before which nothing is as late as ``at``, found without an index on times."""
    low, high = 0, (connection.scalar(select(func.max(table.c.id))) or 0) + 1
    sought = at - _ASTRAY
    next_one = select(table.c.id, moment).where(table.c.id >= bindparam("from")).order_by(table.c.id).limit(1)
    while low < high:
        middle = (low + high) // 2
        row = connection.execute(next_one, {"from": middle}).one_or_none()
        if row is None or row[1] >= sought:
            high = middle
        else:
            low = row[0] + 1
    return low


_OF: BindParameter[Any] = bindparam("of", expanding=True)
_EVENTS = (
    select(
        events.c.case_id,
        events.c.id,
        events.c.event_id,
        events.c.kind,
        events.c.author,
        events.c.at,
        events.c.decided_at,
        # Only of replies: who forces one says so in the rest of the event.
        case((events.c.kind == "send_reply", events.c.body.contains('"force":true')), else_=None).label(
            "forced"
        ),
    )
    .where(events.c.case_id.in_(_OF), events.c.decided_at < bindparam("until"))
    .order_by(events.c.decided_at, events.c.id)
)
_CHANGES = (
    select(changes.c.case_id, changes.c.source, changes.c.at, changes.c.by, changes.c.what)
    .where(changes.c.case_id.in_(_OF), changes.c.at < bindparam("until"))
    .order_by(changes.c.at, changes.c.id)
)
_KINDS = select(cases.c.case_id, cases.c.kind).where(cases.c.case_id.in_(_OF))


def _read(connection: Connection, portion: Sequence[str], until: datetime) -> Iterator[History]:
    asked = {"of": portion, "until": until}
    happened, changed = defaultdict[str, list[Any]](list), defaultdict[str, list[Any]](list)
    for row in connection.execute(_EVENTS, asked).all():
        happened[row.case_id].append(row)
    for change in connection.execute(_CHANGES, asked).all():
        changed[change.case_id].append(change)
    for case_id, kind in connection.execute(_KINDS, {"of": portion}):
        yield History(case_id, kind, _in_order(case_id, happened[case_id], changed[case_id]))


def _in_order(case_id: str, happened: Iterable[Any], changed: Iterable[Any]) -> Sequence[Step]:
    """Events, each with the changes behind it that follow from it."""
    steps: list[tuple[tuple[datetime, int], Step]] = []
    known: dict[str, Any] = {}
    for row in happened:
        known[row.event_id] = row
        at = min(row.at, row.decided_at)
        step = Step(at, row.kind, author=row.author, forced=bool(row.forced))
        steps.append(((row.decided_at, row.id), step))
    for row in changed:
        cause = known.get(_event_of(row.source, case_id))
        moves = moves_in(row.what)
        kind = cause.kind if cause is not None else ""
        step = Step(row.at, kind, by=row.by, fields=moves.fields, departments=moves.departments)
        steps.append(((row.at, cause.id if cause is not None else maxsize), step))
    steps.sort(key=lambda one: one[0])  # stable: what stood behind an event stays there
    return [step for _, step in steps]


def _event_of(source: str, case_id: str) -> str:
    """The event from which a change follows: it is the source, or is named in the key of the effect."""
    if not source.startswith(f"{case_id}:"):
        return source
    return source.removeprefix(f"{case_id}:").rpartition(":")[0]
