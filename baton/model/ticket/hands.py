"""Who has a ticket: it is assigned, taken, given to whoever has room, or taken from a composer who left.

The *assignee* is responsible for it; it *waits in a queue* when it has a line but no assignee. While the
reply is being written, whoever gets the ticket is its composer.
"""

from __future__ import annotations

from baton.contract import (
    Assigned,
    Author,
    PlaceFreed,
    Taken,
    Tell,
    TicketStage,
)
from baton.errors import IllegalTransition
from baton.model import staffing
from baton.model.facts import Facts
from baton.model.settlement import Told
from baton.model.ticket.audience import tell
from baton.model.ticket.composer import away, next_composer
from baton.model.ticket.roles import is_shared
from baton.model.ticket.state import TicketState


def taken(ticket: TicketState, event: Taken, facts: Facts) -> Told:
    return _given(ticket, event.author.id, facts, event.author)


def assigned(ticket: TicketState, event: Assigned, facts: Facts) -> Told:
    staff, line = event.staff, event.line
    waits_for = staffing.watched_queue(line, facts)
    if staff is None and waits_for is None and ticket.stage is TicketStage.COMPOSING:
        raise IllegalTransition(
            "somebody is to write the reply: assign the ticket to a person or to a line with people"
        )
    if line is not None:
        had = (ticket.assignee, ticket.composer)
        giver = ticket.handed_on_by = staffing.handing_on(ticket, event, had, facts)
        staff = staffing.choose(line, ticket, facts)
        if staff is None:
            if giver is not None and giver == ticket.composer:
                compose(ticket, None, facts)
            told = handed(ticket, None, line, facts)
            ticket.handed_on_by = giver if ticket.line is not None else None
            return told
    if staff is not None:
        return _given(ticket, staff, facts, event.author, line)
    return handed(ticket, None, None, facts)


def place_freed(ticket: TicketState, event: PlaceFreed, facts: Facts) -> Told:
    """Somebody of the line has room for the ticket that has waited longest."""
    return leave_queue(ticket, facts)


def leave_queue(ticket: TicketState, facts: Facts) -> Told:
    """Give a ticket that waits for its line to somebody who is available, if there is anybody."""
    staff = staffing.choose(ticket.queue, ticket, facts) if ticket.queue is not None else None
    return handed(ticket, staff, ticket.queue, facts) if staff is not None else ()


def look_after_composer(ticket: TicketState, facts: Facts) -> Told:
    """A reply does not wait for somebody who left: another contributor writes it, or the dispatcher."""
    if (
        ticket.stage is not TicketStage.COMPOSING
        or ticket.composer is None
        or not away(ticket.composer, facts)
    ):
        return ()
    composer = next_composer(ticket, facts)
    if composer == ticket.composer:
        return ()
    compose(ticket, composer, facts)
    return tell([composer], "you write the reply now")


def _given(ticket: TicketState, staff: str, facts: Facts, by: Author, line: str | None = None) -> Told:
    """A person gets the ticket by hand."""
    if ticket.stage is TicketStage.COMPOSING and is_shared(staff, facts):
        raise IllegalTransition(f"{staff} is an account that several people use, and cannot be composer")
    told = handed(ticket, staff, line, facts)
    if by.id == staff:
        return ()
    return told + (staffing.tell_giver(by, staff) if away(staff, facts) else ())


def handed(ticket: TicketState, staff: str | None, line: str | None, facts: Facts) -> Told:
    """A person or a queue gets the ticket, and is told.

    While the reply is being written, a person who gets the ticket must write it.
    """
    had = (ticket.assignee, ticket.line, ticket.composer)
    if staff is None:
        line = staffing.watched_queue(line, facts)
    if staff is not None and ticket.stage is TicketStage.COMPOSING and not is_shared(staff, facts):
        compose(ticket, staff, facts)
    else:
        assign(ticket, staff, line, facts)
    if had == (ticket.assignee, ticket.line, ticket.composer):
        return ()
    waits = staff is None and line is not None
    return (Tell(line=line, reason="assigned"),) if waits else tell([staff], "assigned")


def compose(ticket: TicketState, staff: str | None, facts: Facts) -> None:
    """Make somebody the composer and the assignee; there is no composer if nobody can be named."""
    ticket.composer = staff
    ticket.composing_since = facts.now
    if staff is not None:
        assign(ticket, staff, None, facts)


def assign(ticket: TicketState, staff: str | None, line: str | None, facts: Facts) -> None:
    """Make somebody the assignee, put the ticket into the queue of a line, or leave it to nobody."""
    if staff is not None or line != ticket.line:
        ticket.handed_on_by = None
    ticket.assignee = staff
    ticket.line = line or (staffing.line_of(staff, facts) if staff else None)
    if staff is not None:
        home = staffing.line_of(staff, facts)
        if home is not None:
            ticket.holders = {**ticket.holders, home: staff}
