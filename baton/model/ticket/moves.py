"""What every part of the model does to a ticket. Each function changes the caller's own copy.

A ticket moves through the table of ``lifecycle``, and changes its status and its labels.
"""

from __future__ import annotations

from collections.abc import Iterable

from baton.contract import Department, DepartmentState, Status, TicketStage
from baton.model.facts import Facts
from baton.model.labels import labelled
from baton.model.ticket.lifecycle import Trigger, after
from baton.model.ticket.state import TicketState


def move(ticket: TicketState, by: Trigger) -> None:
    """Move to the stage where ``by`` leads. Raises ``IllegalTransition`` if it leads nowhere from here."""
    ticket.stage = after(ticket.stage, by)
    if ticket.stage is not TicketStage.COLLECTING:
        ticket.paused_at = None  # nobody is asked, so no time is running that could pause


def set_status(ticket: TicketState, status: Status, facts: Facts) -> None:
    """Make it open or pending. Due times move on by as long as the ticket waited for the customer."""
    ticket.status = status
    if status is not Status.OPEN or ticket.paused_at is None:
        return
    ticket.paused_at = None
    for department in ticket.departments:
        due = facts.due.get(department.label)
        if department.state is DepartmentState.ASKED and department.due_at is not None and due is not None:
            put(ticket, department.model_copy(update={"due_at": due.due_at, "remind_at": due.remind_at}))


def put(ticket: TicketState, department: Department) -> None:
    """Put a department in its place, or at the end."""
    if ticket.department(department.label) is None:
        ticket.departments = (*ticket.departments, department)
    else:
        ticket.departments = tuple(
            department if one.label == department.label else one for one in ticket.departments
        )


def add_labels(ticket: TicketState, labels: Iterable[str]) -> None:
    ticket.labels = labelled(ticket.labels, labels)
