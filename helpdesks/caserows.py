"""Cases as rows: how they are read and written, and how a change to one is put in words."""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Row, bindparam, select

from baton.contract import (
    Activity,
    Author,
    AuthorType,
    ChatSnapshot,
    DepartmentState,
    Status,
    Tab,
    TicketSnapshot,
    TicketStage,
)
from baton.model.chat.state import ChatState
from baton.model.decision import CaseSnapshot, CaseState
from baton.model.effects import CaseWrite
from baton.model.queueing import waits_since
from baton.model.ticket.state import TicketState
from helpdesks.places import Place, place_of
from helpdesks.schema import case_labels, cases

BY_ID = select(cases).where(cases.c.case_id == bindparam("wanted"))
UPDATE_CASE = cases.update().where(cases.c.case_id == bindparam("wanted"))
_OF_CASE = case_labels.c.case_id == bindparam("of_case")
_LABELS = select(case_labels.c.label, case_labels.c.due_at).where(_OF_CASE)
_FORGET_LABELS = case_labels.delete().where(_OF_CASE)

# The fields that effects carry.
_CHAT_FIELDS = ("activity", "status", "assignee", "line", "pinned_to", "reserved_for", "tab", "labels")
_TICKET_FIELDS = ("stage", "status", "assignee", "line", "labels")
# The fields of a ticket's snapshot that have a column: staff see them as the last effect left them.
_IN_COLUMNS = (
    *("case_id", "customer", "subject", "stage", "status", "assignee", "line", "composer", "dispatcher"),
    *("labels", "previous_case", "last_author", "last_message_at"),
    *("ticket_id", "channel", "conversation"),
)


def author_of(written: str) -> Author:
    """The author, read from what `str()` wrote."""
    type_, _, author_id = written.partition(":")
    return Author(type=AuthorType(type_), id=author_id)


def snapshot_of(row: Row[Any]) -> CaseSnapshot:
    """The case as the world may see it."""
    return ticket_of(row) if row.kind == "ticket" else _chat_of(row)


def rest_of(row: Row[Any]) -> dict[str, Any]:
    """What the whole state in a row says, as JSON; empty if an older release wrote the row."""
    rest: dict[str, Any] = json.loads(row.rest or "{}")
    return rest


def _chat_of(row: Row[Any]) -> ChatSnapshot:
    rest = rest_of(row)
    return ChatSnapshot(
        case_id=row.case_id,
        channel=row.channel,
        conversation=row.conversation,
        customer=row.customer,
        activity=Activity(row.activity),
        status=Status(row.status),
        assignee=row.assignee,
        line=row.line,
        pinned_to=row.pinned_to,
        reserved_for=row.reserved_for,
        tab=Tab(row.tab),
        labels=tuple(row.labels),
        last_author=author_of(row.last_author) if row.last_author else None,
        last_message_at=row.last_message_at,
        waiting_since=row.waiting_since,
        previous_case=row.previous_case,
        ticket_id=row.ticket_id,
        tickets=tuple(rest.get("tickets", ())),
        merged_into=rest.get("merged_into"),
        merged_from=tuple(rest.get("merged_from", ())),
    )


def ticket_of(row: Row[Any]) -> TicketSnapshot:
    """The ticket in a ticket's row."""
    return TicketSnapshot.model_validate(
        {
            **rest_of(row),
            **{name: getattr(row, name) for name in _IN_COLUMNS},
            "subject": row.subject or "",
            "last_author": author_of(row.last_author) if row.last_author else None,
        }
    )


def fields_of(case: CaseState | CaseWrite) -> dict[str, Any]:
    """The parts of a case that effects carry and staff see, by column, as the change log compares them."""
    place = place_of(case.case if isinstance(case, CaseWrite) else case)
    names = _TICKET_FIELDS if place.kind == "ticket" else _CHAT_FIELDS
    return {name: getattr(case, name) for name in names} | {"labels": list(case.labels)}


def is_over(row: Row[Any]) -> bool:
    """Whether the case in a row is done with: see `helpdesks.schema.LIVING`."""
    return bool(row.status == Status.CLOSED and (row.kind == "ticket" or row.activity == Activity.ENDED))


def decided_of(case: CaseState) -> dict[str, Any]:
    """The parts that no effect carries, by column: the row has them as the rules leave them."""
    kept = {
        "holder": case.holder,
        "holders": case.holders,
        "queue": case.queue,
        "handed_on_by": case.handed_on_by,
        "waiting_since": case.waiting_since,
        "since": waits_since(case),
    }
    if isinstance(case, ChatState):
        return {**kept, "ticket_id": case.ticket_id}
    return {
        **kept,
        "composer": case.composer,
        "dispatcher": case.dispatcher,
        "subject": case.subject,
        "channel": case.channel,
        "conversation": case.conversation,
        "asked": list(case.asked),
        "due_at": case.due_at,
    }


def closed(place: Place) -> dict[str, Any]:
    """The columns for an update that closes a case and leaves it in nobody's hands."""
    of_ticket = place.kind == "ticket"
    return {
        **({"stage": TicketStage.CLOSED} if of_ticket else {"activity": Activity.ENDED, "tab": Tab.ENDED}),
        "status": Status.CLOSED,
        "pinned_to": None,
        "reserved_for": None,
        "holder": None,
        "queue": None,
    }


def labels_of(
    fields: Mapping[str, Any], ticket: TicketState | TicketSnapshot | None
) -> dict[str, datetime | None]:
    """The labels to find a ticket with these `fields_of` by, and when the answer of each is due."""
    if fields["stage"] is TicketStage.CLOSED:
        return {}
    counting = ticket.departments if ticket is not None and ticket.paused_at is None else ()
    due = {
        department.label: department.due_at
        for department in counting
        if department.state is DepartmentState.ASKED
    }
    return {label: due.get(label) for label in fields["labels"]}


def keep_labels(connection: Connection, case_id: str, labels: Mapping[str, datetime | None]) -> None:
    """Bring the table of labels up to date with a ticket."""
    rows = connection.execute(_LABELS, {"of_case": case_id})
    if {row.label: row.due_at for row in rows} == labels:
        return
    connection.execute(_FORGET_LABELS, {"of_case": case_id})
    if labels:
        connection.execute(
            case_labels.insert(),
            [{"case_id": case_id, "label": label, "due_at": due_at} for label, due_at in labels.items()],
        )


def overtaken(row: Row[Any], event_id: str, at: datetime, taken_in_at: datetime | None) -> bool:
    """Whether this event, decided at this time, comes too late: a later event has already been written.

    ``taken_in_at`` is when the event was last taken in. Events of one workflow task share their time; of
    these, one that was taken in then but is not the last is an earlier one.
    """
    if at != row.decided_at:
        return bool(at < row.decided_at)
    return event_id != row.last_event and taken_in_at == at
