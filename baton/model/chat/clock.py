"""Who must know of a chat, and when the chat must look at the time again."""

from __future__ import annotations

from datetime import timedelta

from baton.contract import AuthorType, BaseEvent, Instant, PresenceChanged, Tell
from baton.model.chat.hands import in_queue
from baton.model.chat.state import ChatState


def audience(chat: ChatState) -> Tell | None:
    """Who must know that the chat is there: a person, a line, everyone, or nobody.

    A reserved chat waits for the customer, so nobody needs to act – unless it is only offered.
    """
    if not chat.active:
        return None
    if chat.pinned_to:
        return Tell(staff=(chat.pinned_to,), reason="mine")
    if chat.reserved_for:
        return Tell(staff=(chat.reserved_for,), reason="offered") if chat.offer_until else None
    return Tell(line=chat.line, reason="new") if in_queue(chat) else Tell(everyone=True, reason="new")


def newly_told(before: ChatState, after: ChatState, event: BaseEvent) -> Tell | None:
    """Whom to tell because the audience of the chat changed. Nobody is told what they did themselves.

    Coming online is no such deed: who gets a chat from the queue by that has not seen it yet.
    """
    tell = audience(after)
    if tell is None or tell == audience(before):
        return None
    own_deed = event.author.type is AuthorType.STAFF and not isinstance(event, PresenceChanged)
    return None if own_deed and tell.staff == (event.author.id,) else tell


def idle_at(chat: ChatState) -> Instant | None:
    """When an active chat ends for want of messages."""
    if not chat.active or chat.wrote_at is None:
        return None
    return chat.wrote_at + timedelta(seconds=chat.idle_after)


def wake_at(chat: ChatState) -> Instant | None:
    """When an offer ends, a timed rule may fire, or somebody's grace is over."""
    return min((at for at in (chat.offer_until, chat.wake_at) if at is not None), default=None)


def next_due(chat: ChatState) -> Instant | None:
    """When the chat must look at the time again."""
    return min((at for at in (idle_at(chat), wake_at(chat)) if at is not None), default=None)
