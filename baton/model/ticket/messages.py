"""What customers and staff write: it opens a ticket, and may bring it back to whoever had it."""

from __future__ import annotations

from baton.contract import (
    AgentMessage,
    CustomerMessage,
    DeliveryFailed,
    Status,
    TicketEvent,
    TicketStage,
)
from baton.errors import IllegalTransition
from baton.model.facts import Facts
from baton.model.settlement import Told
from baton.model.ticket import hands, owners
from baton.model.ticket.audience import tell, tell_departments, tell_dispatcher, tell_somebody
from baton.model.ticket.lifecycle import Trigger
from baton.model.ticket.moves import move, set_status
from baton.model.ticket.state import TicketState
from baton.model.waiting import note_answer, note_message


def opened(before: TicketState, event: TicketEvent, facts: Facts) -> TicketState:
    """A new ticket, which continues the previous one if there is one."""
    previous = facts.previous
    if previous is not None and not isinstance(event, CustomerMessage):
        raise IllegalTransition(
            f"{event.kind}: the ticket {before.ticket_id} is closed; only its customer's message opens it "
            f"again"
        )
    ticket = before.anew()
    ticket.case_id = facts.case_id or before.case_id
    ticket.previous_case = previous.case_id if previous else None
    if previous is not None:
        ticket.holders = dict(previous.holders)
        ticket.subject = ticket.subject or previous.subject
        if ticket.conversation is None:
            ticket.channel = ticket.channel or previous.channel
            ticket.conversation = previous.conversation if ticket.channel == previous.channel else None
        ticket.labels = tuple(label for label in previous.labels if label not in facts.departments)
        # Otherwise nobody would be told; so it goes to whoever had it last.
        owners.give_back(ticket, [previous.assignee], owners.of_closed(previous), facts)
    ticket.opened_at = facts.now
    ticket.status = Status.OPEN
    move(ticket, Trigger.OPEN)
    return ticket


def customer_message(ticket: TicketState, event: CustomerMessage, facts: Facts) -> Told:
    note_message(ticket, event, facts)
    was = ticket.stage
    move(ticket, Trigger.CUSTOMER_MESSAGE)
    set_status(ticket, Status.OPEN, facts)
    if was is TicketStage.COLLECTING:
        return tell_departments(ticket.asked, "the customer wrote")
    if was is TicketStage.COMPOSING:
        ticket.draft = ticket.draft.model_copy(update={"stale": True})
        told = hands.look_after_composer(ticket, facts)
        return told + tell_dispatcher(ticket, "the customer wrote", facts, ticket.composer)
    if was is TicketStage.ANSWERED:
        last = [ticket.composer, ticket.dispatcher, ticket.assignee]
        return owners.comes_back(ticket, last, "the customer wrote", facts)
    if ticket.assignee is None:
        return ()
    return owners.comes_back(ticket, [ticket.assignee], "the customer wrote", facts)


def agent_message(ticket: TicketState, event: AgentMessage, facts: Facts) -> Told:
    note_message(ticket, event, facts)
    if not ticket.unfinished:
        ticket.status = Status.PENDING
        if ticket.assignee is None:
            hands.assign(ticket, event.author.id, None, facts)
    return note_answer(ticket, event.author.id)


def delivery_failed(ticket: TicketState, event: DeliveryFailed, facts: Facts) -> Told:
    set_status(ticket, Status.OPEN, facts)
    concerned = [facts.message_author, ticket.composer, ticket.assignee]
    return tell(concerned, "delivery failed") or tell_somebody([ticket.dispatcher], "delivery failed", facts)
