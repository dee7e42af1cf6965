"""Which living cases refer to what a change of the directory takes away, and how.

People and queues are in columns. The departments of a ticket are in its kept state, which is searched as text
first: whether a ticket that was found really asks such a department is then read from it.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from typing import Any

from sqlalchemy import ColumnElement, Connection, Row, and_, or_, select

from baton.contract import DepartmentState, TicketStage
from baton.documents.directorychange import DirectoryDifference
from helpdesks.known import Concerned
from helpdesks.places import ref_of
from helpdesks.schema import LIVING, cases

_HANDS = ("assignee", "pinned_to", "reserved_for", "holder")
"""The columns of who has a case. A holder may be somebody to whom an effect is still on its way."""
_ROLES = (*_HANDS, "composer", "dispatcher")
_READ = (
    "case_id",
    "kind",
    "customer",
    "channel",
    "conversation",
    "ticket_id",
    "stage",
    "line",
    "labels",
    "rest",
    *_ROLES,
)


def concerned_by(connection: Connection, change: DirectoryDifference) -> Sequence[Concerned]:
    """The living cases that a change concerns, those that have waited longest first."""
    conditions = list(_conditions(change))
    if not conditions:
        return []
    rows = connection.execute(
        select(*(cases.c[name] for name in _READ))
        .where(LIVING, or_(*conditions))
        .order_by(cases.c.since, cases.c.case_id)
    )
    found = ((row, tuple(dict.fromkeys(_reasons(row, change)))) for row in rows)
    return [Concerned(ref_of(row), reasons) for row, reasons in found if reasons]


def _conditions(change: DirectoryDifference) -> Iterator[ColumnElement[bool]]:
    if change.gone:
        yield from (cases.c[role].in_(change.gone) for role in _ROLES)
    if change.moved:
        yield cases.c.assignee.in_(change.moved)
    if change.empty_lines:
        yield cases.c.line.in_(change.empty_lines)
    texts = [_text("escalated_to", staff) for staff in change.gone]
    for key, label in (*change.deserted.items(), *change.staffed.items()):
        texts += [_text("key", key), _text("label", label)]
    for key, (former, _) in change.renamed.items():
        texts += [_text("key", key), _text("label", former)]
    for former, _ in change.renamed.values():
        text = json.dumps(former, ensure_ascii=False)
        yield and_(cases.c.stage.is_(None), cases.c.rest.contains(text, autoescape=True))
    if texts:
        named = (cases.c.rest.contains(text, autoescape=True) for text in sorted(texts))
        yield and_(cases.c.stage.is_not(None), or_(*named))


def _text(field: str, value: str) -> str:
    """A field as the kept state has it."""
    return f'"{field}":{json.dumps(value, ensure_ascii=False)}'


def _reasons(row: Row[Any], change: DirectoryDifference) -> Iterator[str]:
    """Why a change concerns a case, in words for whoever makes the change."""
    for staff in dict.fromkeys(getattr(row, name) for name in _HANDS):
        if staff in change.gone:
            yield f"{staff} is gone, and has it"
    if row.composer in change.gone:
        writes = "is to write its reply" if row.stage == TicketStage.COMPOSING else "wrote its last reply"
        yield f"{row.composer} is gone, and {writes}"
    if row.dispatcher in change.gone:
        yield f"{row.dispatcher} is gone, and is its dispatcher"
    if row.assignee in change.moved:
        yield f"{row.assignee}, who has it, is in another line"
    if row.assignee is None and row.line in change.empty_lines:
        yield f"it waits in the queue of {row.line}, and nobody is left there"
    if row.stage is None:
        for former, present in change.renamed.values():
            if former in row.labels:
                yield f"{former} is called {present}"
        return
    for department in json.loads(row.rest or "{}").get("departments", ()):
        yield from _reasons_of_department(department, change)


def _reasons_of_department(department: dict[str, Any], change: DirectoryDifference) -> Iterator[str]:
    key, label = department.get("key"), department["label"]

    def is_one(of: str, former: str) -> bool:
        return bool(key == of if key is not None else label == former)

    if department["state"] == DepartmentState.ASKED:
        if any(is_one(of, former) for of, former in change.deserted.items()):
            yield f"it asks {label}, and nobody is left there"
        if any(is_one(of, former) for of, former in change.staffed.items()):
            yield f"it asks {label}, and somebody is there again"
        if department.get("escalated_to") in change.gone:
            yield f"{department['escalated_to']} is gone, and was told that {label} is overdue"
    for of, (former, present) in change.renamed.items():
        if is_one(of, former) and label != present:
            yield f"{label} is called {present}"
