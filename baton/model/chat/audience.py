"""Who must know of a chat."""

from __future__ import annotations

from baton.contract import AuthorType, BaseEvent, PresenceChanged, Tell
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
    """Whom to tell because the audience of the chat changed. Nobody is told of their own action.

    Coming online is not such an action: whoever then gets a chat from the queue has not seen it yet.
    """
    tell = audience(after)
    if tell is None or tell == audience(before):
        return None
    own_deed = event.author.type is AuthorType.STAFF and not isinstance(event, PresenceChanged)
    return None if own_deed and tell.staff == (event.author.id,) else tell
