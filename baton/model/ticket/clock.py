"""When a ticket must look at the time again, and what it then finds."""

from __future__ import annotations

from collections.abc import Iterator

from baton.contract import (
    SYSTEM,
    Department,
    DepartmentDue,
    DepartmentState,
    Instant,
    ReminderDue,
    TimedDue,
    derived_id,
)
from baton.model.facts import Facts
from baton.model.settlement import Told
from baton.model.ticket.audience import to_escalate_to
from baton.model.ticket.moves import put
from baton.model.ticket.state import TicketState


def next_due(ticket: TicketState) -> Instant | None:
    """The earliest of the next reminder, the next escalation, a timed rule and a composer's absence."""
    ats = [ticket.wake_at]
    for department in _counting(ticket):
        ats += [_remind_at(department), None if department.escalated else department.due_at]
    return min((at for at in ats if at is not None), default=None)


def due_events(ticket: TicketState, now: Instant) -> Iterator[ReminderDue | DepartmentDue | TimedDue]:
    """The events that the ticket makes for itself because their time has come."""
    for department in _counting(ticket):
        if department.due_at is not None and department.due_at <= now:
            if not department.escalated:
                yield DepartmentDue(
                    id=_event_id(ticket, "department_due", department.due_at, department.label),
                    author=SYSTEM,
                    label=department.label,
                )
        elif (remind_at := _remind_at(department)) is not None and remind_at <= now:
            yield ReminderDue(
                id=_event_id(ticket, "reminder_due", remind_at, department.label),
                author=SYSTEM,
                label=department.label,
            )
    if ticket.wake_at is not None and ticket.wake_at <= now:
        yield TimedDue(id=_event_id(ticket, "timed_due", ticket.wake_at), author=SYSTEM)


def _remind_at(department: Department) -> Instant | None:
    """When to remind a department; never while nobody is there to be reminded."""
    return None if department.blocks else department.remind_at


def _counting(ticket: TicketState) -> Iterator[Department]:
    """The departments whose time runs: asked, while the ticket does not wait for its customer."""
    if ticket.paused_at is None:
        yield from (one for one in ticket.departments if one.state is DepartmentState.ASKED)


def _event_id(ticket: TicketState, kind: str, at: Instant, *label: str) -> str:
    return derived_id(kind, ticket.case_id or "", *label, at.isoformat())


def reminder_due(ticket: TicketState, event: ReminderDue, facts: Facts) -> Told:
    department = ticket.department(event.label)
    if department is not None:
        put(ticket, department.model_copy(update={"remind_at": None}))
    return ()


def department_due(ticket: TicketState, event: DepartmentDue, facts: Facts) -> Told:
    department = ticket.department(event.label)
    if department is not None:
        # A reminder that was not sent in time would only confuse.
        to = to_escalate_to(ticket, event.label, facts)
        put(
            ticket,
            department.model_copy(update={"remind_at": None, "escalated": True, "escalated_to": to}),
        )
    return ()
