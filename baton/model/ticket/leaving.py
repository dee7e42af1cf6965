"""The directory changes: what becomes of a ticket whose people, line or departments are gone.

Somebody who is gone is away for good, in every role. A question that nobody can answer blocks the round, for
as long as that is so.

Source: section 10 of the design.
"""

from __future__ import annotations

from baton.contract import DepartmentState, DirectoryChanged, TicketStage
from baton.model import staffing
from baton.model.facts import Facts
from baton.model.settlement import Told
from baton.model.ticket import hands
from baton.model.ticket.audience import (
    deserted,
    still_here,
    tell,
    tell_departments,
    tell_dispatcher,
    to_escalate_to,
)
from baton.model.ticket.composer import next_composer, present_colleague
from baton.model.ticket.moves import put
from baton.model.ticket.state import TicketState


def directory_changed(ticket: TicketState, event: DirectoryChanged, facts: Facts) -> Told:
    """Nobody who is gone keeps a part in the ticket. What its departments are called is settled already."""
    told: Told = ()
    if ticket.dispatcher is not None and _is_gone(ticket.dispatcher, facts):
        ticket.dispatcher = None
        blocked = [label for label in ticket.blocking if _still_blocks(ticket, label, facts)]
        if blocked:
            told += tell_dispatcher(ticket, f"nobody answers for {', '.join(blocked)}", facts)
    ticket.holders = staffing.still_holding(ticket, facts)
    told += _without_composer(ticket, facts)
    told += _without_assignee(ticket, facts)
    return told + _tell_leads(ticket, facts)


def block_deserted(before: TicketState, ticket: TicketState, facts: Facts) -> tuple[tuple[str, ...], Told]:
    """Block the round for departments without anybody, and go on where there is somebody again.

    Returns the labels that block it from now on, and whom to tell of those that do so no longer.
    """
    blocks: list[str] = []
    again: list[str] = []
    for one in ticket.departments:
        if one.state is not DepartmentState.ASKED:
            continue
        empty = deserted(one.label, facts)
        if one.blocks is not empty:
            put(ticket, one.model_copy(update={"blocks": empty}))
        was = before.department(one.label)
        if empty and (was is None or was.state is not one.state or not was.blocks):
            blocks.append(one.label)
        if one.blocks and not empty:
            again.append(one.label)
    return tuple(blocks), tell_departments(again, "asked")


def _is_gone(staff: str, facts: Facts) -> bool:
    return facts.person(staff) is None


def _still_blocks(ticket: TicketState, label: str, facts: Facts) -> bool:
    department = ticket.department(label)
    declined = department is not None and department.state is DepartmentState.DECLINED
    return declined or deserted(label, facts)


def _without_composer(ticket: TicketState, facts: Facts) -> Told:
    if ticket.composer is None or not _is_gone(ticket.composer, facts):
        return ()
    if ticket.stage is not TicketStage.COMPOSING:
        ticket.composer = None
        return ()
    return _written_by_another(ticket, facts)


def _written_by_another(ticket: TicketState, facts: Facts) -> Told:
    composer = next_composer(ticket, facts)
    hands.compose(ticket, composer, facts)
    return tell([composer], "you write the reply now") or tell_dispatcher(
        ticket, "nobody is there to write the reply", facts
    )


def _without_assignee(ticket: TicketState, facts: Facts) -> Told:
    """Somebody else looks at a ticket in triage. In the other stages, others have to act."""
    if ticket.assignee is None:
        if ticket.line in facts.empty_lines:
            ticket.line = None
            if ticket.stage is TicketStage.COMPOSING and ticket.composer is None:
                return _written_by_another(ticket, facts)
        return ()
    if not _is_gone(ticket.assignee, facts):
        ticket.line = staffing.line_of(ticket.assignee, facts)
        return ()
    match ticket.stage:
        case TicketStage.TRIAGE:
            return _given_to_another(ticket, facts)
        case TicketStage.COMPOSING:
            hands.assign(ticket, ticket.composer, None, facts)
        case TicketStage.COLLECTING:
            hands.assign(ticket, still_here([ticket.dispatcher], facts), None, facts)
        case _:
            hands.assign(ticket, None, None, facts)
    return ()


def _given_to_another(ticket: TicketState, facts: Facts) -> Told:
    """To somebody of the line, a contributor or the dispatcher, if one of them is there; else to everyone."""
    line = staffing.watched_queue(ticket.line, facts)
    staff = staffing.choose(line, ticket, facts) if line else None
    if staff is None:
        staff, line = present_colleague(ticket, facts), None
    return hands.handed(ticket, staff, line, facts)


def _tell_leads(ticket: TicketState, facts: Facts) -> Told:
    """An overdue answer is the matter of whoever leads the department now."""
    told: Told = ()
    for one in ticket.departments:
        asked = one.state is DepartmentState.ASKED and one.escalated
        if asked and one.escalated_to is not None and _is_gone(one.escalated_to, facts):
            lead = to_escalate_to(ticket, one.label, facts)
            put(ticket, one.model_copy(update={"escalated_to": lead}))
            told += tell([lead], f"overdue: {one.label}")
    return told
