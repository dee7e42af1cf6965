"""What customers and staff write: it opens a ticket, and may bring it back to whoever had it."""

from __future__ import annotations

from baton.contract import (
    REOPENING_KINDS,
    TICKET_OPENING_KINDS,
    AgentMessage,
    CustomerMessage,
    DeliveryFailed,
    MergedFrom,
    MessageChanged,
    Status,
    TicketEvent,
    TicketStage,
)
from baton.errors import IllegalTransition
from baton.model.facts import Facts
from baton.model.merging import note_merged
from baton.model.settlement import Told
from baton.model.ticket import asking, hands, owners
from baton.model.ticket.audience import tell_all, tell_departments, tell_dispatcher, tell_somebody
from baton.model.ticket.composer import contributors
from baton.model.ticket.lifecycle import Trigger
from baton.model.ticket.moves import move, set_status
from baton.model.ticket.state import TicketState
from baton.model.waiting import note_answer, note_message


def opened(before: TicketState, event: TicketEvent, facts: Facts) -> TicketState:
    """A new ticket, which continues the previous one if there is one.

    Raises ``IllegalTransition`` if the event does not open a ticket, or does not open a closed one again.
    """
    previous = facts.previous
    _check_opens(before, event, facts)
    ticket = before.anew()
    ticket.case_id = facts.case_id or before.case_id
    ticket.previous_case = previous.case_id if previous else None
    if previous is not None:
        ticket.holders = dict(previous.holders)
        ticket.merged_from = previous.merged_from
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


def _check_opens(before: TicketState, event: TicketEvent, facts: Facts) -> None:
    if facts.previous is None:
        if event.kind not in TICKET_OPENING_KINDS:
            raise IllegalTransition(
                f"{event.kind} needs a ticket, and there is none yet: a message, a template or a label "
                f"begins it"
            )
        return
    if isinstance(event, DeliveryFailed) and not facts.message_known:
        raise IllegalTransition(
            f"{event.kind}: the ticket {before.ticket_id} is closed, and no message {event.message_id!r} to "
            f"its customer is known, whose failure would open it again"
        )
    if not isinstance(event, CustomerMessage) and event.kind not in REOPENING_KINDS:
        raise IllegalTransition(
            f"{event.kind}: the ticket {before.ticket_id} is closed; only its customer's message opens it "
            f"again"
        )


def customer_message(ticket: TicketState, event: CustomerMessage, facts: Facts) -> Told:
    note_message(ticket, event, facts)
    was = ticket.stage
    move(ticket, Trigger.CUSTOMER_MESSAGE)
    set_status(ticket, Status.OPEN, facts)
    if was is TicketStage.COLLECTING:
        return tell_departments(ticket.asked, "the customer wrote")
    if was is TicketStage.COMPOSING:
        mark_stale(ticket)
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
    """What was to be told the customer has not arrived: the reply being written may have to say it again."""
    set_status(ticket, Status.OPEN, facts)
    mark_stale(ticket)
    told = [facts.message_author, ticket.composer, ticket.assignee]
    return tell_all(ticket, told, "delivery failed", facts)


def message_changed(ticket: TicketState, event: MessageChanged, facts: Facts) -> Told:
    """Departments have answered what the message said before, and the draft contains their answers."""
    if not mark_stale(ticket) or ticket.composer == event.author.id:
        return ()
    what = "deleted" if event.deleted else "changed"
    return tell_somebody([ticket.composer, ticket.dispatcher], f"a message was {what}", facts)


def merged_from(ticket: TicketState, event: MergedFrom, facts: Facts) -> Told:
    """Another case was a duplicate of this ticket: the reply is for its customer, too.

    Departments that were asked there are asked here, unless they have been asked here, too. Those that have
    answered here already, or declined, are named to the dispatcher.
    """
    note_merged(ticket, event)
    asked = [label for label in event.departments if label in facts.departments]
    new = [label for label in asked if asking.may_be_asked(ticket.department(label))]
    left = [label for label in event.departments if label not in new and label not in ticket.asked]
    told: Told = ()
    if new:
        told = asking.ask(ticket, new, facts, event.author) + tell_departments(new, "asked")
    named = f"; asked there: {', '.join(left)}" if left else ""
    concerned = [ticket.dispatcher, ticket.composer, ticket.assignee]
    return told + tell_all(ticket, concerned, f"{event.case} was merged into this ticket{named}", facts)


def mark_stale(ticket: TicketState) -> bool:
    """Mark the draft of the round, now or as soon as there is one; whether somebody has answered already."""
    if not ticket.unfinished or not contributors(ticket):
        return False
    ticket.stale_round = ticket.round
    if ticket.draft.round:
        ticket.draft = ticket.draft.model_copy(update={"stale": True})
    return True
