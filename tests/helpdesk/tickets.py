"""Tickets for the help desk's tests: short words for events, states and effects."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import datetime
from typing import Any, Literal

from baton.contract import (
    Author,
    AuthorType,
    Department,
    DepartmentState,
    Event,
    Note,
    Status,
    TicketSnapshot,
    TicketStage,
)
from baton.documents.directory import Department as DepartmentEntry
from baton.documents.directory import Directory, Line, Member
from baton.model.effects import CaseRef, CaseWrite, Effect
from baton.model.ticket.state import TicketState
from helpdesks.base import Ledger
from helpdesks.known import KnownEvent
from tests import steps
from tests.helpdesk.chats import START

COMPANY = Directory(
    lines={"first": Line()},
    departments={
        "bookkeeping": DepartmentEntry(label="billing", lead="boss"),
        "store": DepartmentEntry(label="shipping"),
    },
    staff={
        "ivan": Member(line="first"),
        "vera": Member(departments=("bookkeeping",)),
        "boris": Member(departments=("bookkeeping", "store")),
        "boss": Member(),
    },
)
IVAN = Author(type=AuthorType.STAFF, id="ivan")
VERA = Author(type=AuthorType.STAFF, id="vera")


def no_ticket(ticket_id: str = "T-1", **fields: Any) -> TicketState:
    """The state before the first event."""
    return TicketState(**{"ticket_id": ticket_id, "customer": "anna", "subject": "Two invoices", **fields})


def department(
    label: str, state: DepartmentState = DepartmentState.ASKED, *notes: str, **fields: Any
) -> Department:
    written = tuple(Note(author=VERA, text=text, at=START, event_id=f"n-{text}") for text in notes)
    return Department(label=label, state=state, asked_at=START, notes=written, **fields)


async def take_in(
    desk: Ledger,
    before: TicketState,
    event: Event,
    now: datetime,
    *,
    chain: str = "chain",
    settled: dict[str, Any] | None = None,
    rules: Sequence[str] = (),
    effects: Sequence[Effect] = (),
    waiting: Collection[str] = (),
    **after: Any,
) -> TicketState:
    """Take in an event that leaves the ticket as ``after`` says; the rules then leave it as ``settled`` says.

    Returns the settled state, which the next event starts from.
    """
    opened = before.final or not before.exists
    async with steps.intake(desk, before, event, now, chain) as intake:
        start = no_ticket(before.ticket_id, channel=before.channel, conversation=before.conversation)
        values: dict[str, Any] = {"stage": TicketStage.TRIAGE, "status": Status.OPEN} if opened else {}
        if opened:
            values |= {"case_id": intake.case_id(), "opened_at": now}
        folded = (start if opened else before).model_copy(update={**values, **after})
        state = folded.model_copy(update=settled or {})
        intake.take_in(folded, state, rules, effects, waiting, opened=opened)
    return state


async def known(desk: Ledger, before: TicketState, event: Event, now: datetime) -> KnownEvent:
    """What the help desk knows about an event when it comes again."""
    async with steps.intake(desk, before, event, now, "another chain") as intake:
        found = intake.known_event()
    assert found is not None
    return found


async def shown(desk: Ledger, ticket: TicketState, event: Event, now: datetime) -> TicketSnapshot:
    """The ticket as a late duplicate of ``event`` gives it back."""
    snapshot = (await known(desk, ticket, event, now)).snapshot
    assert isinstance(snapshot, TicketSnapshot)
    return snapshot


def ref(ticket: TicketState) -> CaseRef:
    assert ticket.case_id
    return CaseRef(
        case_id=ticket.case_id,
        channel=ticket.channel or "",
        conversation=ticket.conversation or "",
        customer=ticket.customer,
        ticket_id=ticket.ticket_id,
    )


def write(
    ticket: TicketState,
    event_id: str,
    now: datetime,
    *,
    do: Literal["reassign", "update_case", "remove_label"] = "update_case",
    **fields: Any,
) -> CaseWrite:
    """The effect that makes the ticket look like ``ticket``, with ``fields`` on top."""
    assert ticket.status
    values: dict[str, Any] = {
        "stage": ticket.stage,
        "status": ticket.status,
        "assignee": ticket.assignee,
        "line": ticket.line,
        "labels": ticket.labels,
    }
    return CaseWrite(do=do, **effect(ticket, f"{event_id}:write", now, event_id), **{**values, **fields})


def effect(ticket: TicketState, key: str, now: datetime = START, event_id: str = "e") -> dict[str, Any]:
    """The fields that every effect on a ticket has."""
    return {
        "key": f"{ticket.case_id}:{key}",
        "case": ref(ticket),
        "event_id": event_id,
        "decided_at": now,
    }
