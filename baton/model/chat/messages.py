"""What customers and staff write, and who gets the chat because of it."""

from __future__ import annotations

from baton.contract import (
    Activity,
    AgentMessage,
    AuthorType,
    ChatEvent,
    CustomerMessage,
    DeliveryFailed,
    MergedFrom,
    ReplySent,
)
from baton.model import staffing
from baton.model.chat import hands, queue, reopening
from baton.model.chat.lifecycle import Phase
from baton.model.chat.state import ChatState
from baton.model.facts import Facts, Person, people
from baton.model.merging import note_merged
from baton.model.settlement import Told
from baton.model.waiting import note_answer, note_message


def opened(before: ChatState, event: ChatEvent, facts: Facts) -> ChatState:
    """A new chat, after the final one if there was one; it does not yet contain the event that opens it.

    Raises ``IllegalTransition`` if the event only opens a chat again, and there is none for it.
    """
    reopening.check_reopens(event, facts)
    previous = facts.previous
    chat = before.anew()
    chat.case_id = facts.case_id or before.case_id
    chat.previous_case = previous.case_id if previous else None
    if previous is not None:
        chat.holders = dict(previous.holders)
        chat.merged_from = previous.merged_from
        if previous.tickets:  # they outlive the chat that they were opened for
            chat.tickets, chat.ticket_id = previous.tickets, previous.tickets[-1]
    chat.opened_at = facts.now
    return chat


def customer_message(chat: ChatState, event: CustomerMessage, facts: Facts, was: Phase) -> Told:
    _written(chat, event, facts)
    if was is Phase.NONE:
        hands.offer(chat, facts)
        return ()
    hands.end_vain_offer(chat, facts)
    if chat.offer_until is not None:
        return ()  # an offer binds nobody, however often the customer writes
    reserved, pinned = chat.reserved_for, chat.pinned_to
    holder = reserved or pinned or chat.assignee
    if holder is None:
        queue.leave_queue(chat, facts)
    elif staffing.is_away(holder, facts):
        hands.replace(chat, holder, facts)
    elif reserved:
        chat.assignee = reserved
        chat.line = staffing.line_of(reserved, facts)
        hands.pin(chat, reserved, facts)
    return ()


def agent_message(chat: ChatState, event: AgentMessage, facts: Facts, was: Phase) -> Told:
    if was.activity is not Activity.ACTIVE:
        chat.answered_by = ()  # who wrote before the end of the chat did not write at the same time
    elif not chat.answered_by:
        chat.answered_by = _last_writer(chat)
    _written(chat, event, facts)
    writer = event.author.id
    _take_if_possible(chat, writer, facts, was)
    return note_answer(chat, writer)


def _last_writer(chat: ChatState) -> tuple[str, ...]:
    """Who has the chat and wrote last: chats that an earlier release kept do not say who answered."""
    last = chat.last_author
    wrote = last is not None and last.type is AuthorType.STAFF and last.id == chat.pinned_to
    return (last.id,) if last is not None and wrote else ()


def _take_if_possible(chat: ChatState, writer: str, facts: Facts, was: Phase) -> None:
    """Whoever writes in a chat that nobody has gets it. From somebody else it is perhaps taken over."""
    holder = chat.pinned_to or chat.reserved_for
    if was.activity is not Activity.ACTIVE or holder is None or holder == writer:
        if chat.pinned_to != writer:
            hands.take(chat, writer, facts)
        return
    person = facts.person(writer) or Person()
    if chat.pinned_to is None:  # reserved for another
        if person.takes_over and person.chats:
            hands.take(chat, writer, facts)
    elif person.takes_over and staffing.line_of(writer, facts) != staffing.line_of(holder, facts):
        hands.take(chat, writer, facts)


def reply_sent(chat: ChatState, event: ReplySent, facts: Facts, was: Phase) -> Told:
    """A ticket's reply takes nothing over; the customer's answer to it goes to whoever has the chat."""
    _written(chat, event, facts)
    if event.ticket_id is not None:
        link(chat, event.ticket_id)
    if was is Phase.NONE:
        reopening.reserve(chat, event, facts)
        return ()
    if chat.assignee is not None and chat.pinned_to is None and not chat.final:
        chat.reserved_for = chat.assignee
    return ()


def delivery_failed(chat: ChatState, event: DeliveryFailed, facts: Facts, was: Phase) -> Told:
    """Somebody has to write again, and not whoever has left."""
    if was is Phase.NONE:
        reopening.give_back(chat, facts)
    else:
        reopening.hand_on(chat, facts)
    concerned = [facts.message_author, chat.pinned_to or chat.assignee]
    return reopening.tell_somebody(chat, concerned, "delivery failed", facts)


def merged_from(chat: ChatState, event: MergedFrom, facts: Facts, was: Phase) -> Told:
    """Another case was a duplicate of this chat: whoever has it answers that customer, too."""
    if was is Phase.NONE:
        reopening.give_back(chat, facts)
    note_merged(chat, event)
    for ticket_id in event.tickets:
        link(chat, ticket_id)
    asked = f"; asked there: {', '.join(event.departments)}" if event.departments else ""
    holder = chat.pinned_to or chat.reserved_for or chat.assignee
    if holder is not None and holder == event.author.id and not asked:
        return ()
    return reopening.tell_somebody(chat, [holder], f"{event.case} was merged into this chat{asked}", facts)


def link(chat: ChatState, ticket_id: str) -> None:
    """What the customer says goes to this ticket, too."""
    chat.tickets = people([*(one for one in chat.linked_tickets if one != ticket_id), ticket_id])
    chat.ticket_id = ticket_id


def _written(chat: ChatState, event: CustomerMessage | AgentMessage | ReplySent, facts: Facts) -> None:
    """Note the message, from which the idle time counts anew."""
    note_message(chat, event, facts)
    chat.idle_after = facts.idle_after
    if event.author.type is AuthorType.STAFF:
        hands.end_offer(chat)
