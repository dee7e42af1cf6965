"""What customers and staff write, and who gets the chat because of it."""

from __future__ import annotations

from baton.contract import (
    Activity,
    AgentMessage,
    AuthorType,
    ChatStart,
    CustomerMessage,
    DeliveryFailed,
    ReplySent,
    Tell,
)
from baton.model import staffing
from baton.model.chat import hands, queue
from baton.model.chat.lifecycle import Phase
from baton.model.chat.state import ChatState
from baton.model.facts import Facts, Person, people
from baton.model.settlement import Told
from baton.model.waiting import note_message


def opened(before: ChatState, facts: Facts) -> ChatState:
    """A new chat, after the final one if there was one; it does not yet contain the message that opens it."""
    previous = facts.previous
    chat = ChatState.before_first(
        ChatStart(channel=before.channel, conversation=before.conversation, customer=before.customer)
    )
    chat.case_id = facts.case_id or before.case_id
    chat.previous_case = previous.case_id if previous else None
    chat.holders = dict(previous.holders) if previous else {}
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
    answered_by = chat.last_author
    _written(chat, event, facts)
    writer, holder = event.author.id, chat.pinned_to or chat.reserved_for
    if was.activity is not Activity.ACTIVE or holder is None or holder == writer:
        if chat.pinned_to != writer:
            hands.take(chat, writer, facts)
        return ()
    person = facts.person(writer) or Person()
    if chat.pinned_to is None:  # reserved for another
        if person.takes_over and person.chats:
            hands.take(chat, writer, facts)
        return ()
    if person.takes_over and staffing.line_of(writer, facts) != staffing.line_of(holder, facts):
        hands.take(chat, writer, facts)
        return ()
    both_replied = (
        answered_by is not None and answered_by.type is AuthorType.STAFF and answered_by.id == holder
    )
    return (Tell(staff=(holder, writer), reason="two replied"),) if both_replied else ()


def reply_sent(chat: ChatState, event: ReplySent, facts: Facts, was: Phase) -> Told:
    """A ticket's reply takes nothing over; the customer's answer to it goes to whoever has the chat."""
    _written(chat, event, facts)
    if chat.assignee is not None and chat.pinned_to is None and not chat.final:
        chat.reserved_for = chat.assignee
    return ()


def delivery_failed(chat: ChatState, event: DeliveryFailed, facts: Facts, was: Phase) -> Told:
    told = people([facts.message_author, chat.assignee])
    return (Tell(staff=told, reason="delivery failed"),) if told else ()


def _written(chat: ChatState, event: CustomerMessage | AgentMessage | ReplySent, facts: Facts) -> None:
    """Note the message, from which the idle time counts anew."""
    note_message(chat, event, facts)
    chat.idle_after = facts.idle_after
    if event.author.type is AuthorType.STAFF:
        hands.end_offer(chat)
