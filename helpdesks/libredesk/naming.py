"""What a conversation of Libredesk, its customer and its events are called by Baton."""

from __future__ import annotations

from baton.contract import ChatStart, TicketStart
from helpdesks.libredesk.mapping import LibredeskMapping
from helpdesks.libredesk.wire import ConversationThere, Listed

NAME = "libredesk"
_LONGEST_SUBJECT = 1000


def event_id(uuid: str, part: str = "") -> str:
    """The ID of the event that a message or an activity, or a part of it, is."""
    return f"{NAME}:{uuid}:{part}" if part else f"{NAME}:{uuid}"


def customer_of(contact: int) -> str:
    """How Baton knows a customer: by the number of the contact."""
    return f"contact-{contact}"


def is_ours(listed: Listed, mapping: LibredeskMapping) -> bool:
    """Whether it is a conversation in an inbox of the mapping."""
    return listed.inbox_name in mapping.chats_there or listed.inbox_name in mapping.tickets_there


def start_of(there: ConversationThere, mapping: LibredeskMapping) -> ChatStart | TicketStart | None:
    """The case as whoever opens it needs it; None if its inbox is not in the mapping."""
    customer = customer_of(there.contact_id)
    if channel := mapping.chats_there.get(there.inbox_name):
        return ChatStart(channel=channel, conversation=there.uuid, customer=customer)
    if channel := mapping.tickets_there.get(there.inbox_name):
        subject = there.subject[:_LONGEST_SUBJECT]
        return TicketStart(ticket_id=there.uuid, customer=customer, subject=subject, channel=channel)
    return None
