"""A chat waits for somebody of its line, and leaves the queue when there is room for it.

Whoever waits longest is next. That is decided in the ledger (``baton.model.queueing``); when a chat is asked
here, those who are available are available for this very chat.
"""

from __future__ import annotations

from baton.contract import Assigned, PlaceFreed, Presence, PresenceChanged, Taken
from baton.model.chat import hands
from baton.model.chat.lifecycle import Phase, Trigger
from baton.model.chat.moves import move
from baton.model.chat.state import ChatState
from baton.model.facts import Facts
from baton.model.settlement import Told
from baton.model.staffing import choose, is_away, line_of


def place_freed(chat: ChatState, event: PlaceFreed, facts: Facts, was: Phase) -> Told:
    leave_queue(chat, facts)
    return ()


def presence_changed(chat: ChatState, event: PresenceChanged, facts: Facts, was: Phase) -> Told:
    if event.presence is not Presence.ONLINE:
        hands.redistribute(chat, facts)
        if not chat.active and chat.assignee is not None and is_away(chat.assignee, facts):
            leave_queue(chat, facts)
    elif chat.queue is not None and chat.queue == line_of(event.staff, facts):
        leave_queue(chat, facts)
    return ()


def taken(chat: ChatState, event: Taken, facts: Facts, was: Phase) -> Told:
    if not was.active:
        _idle_clock_starts_anew(chat, facts)
    hands.take(chat, event.author.id, facts)
    return ()


def assigned(chat: ChatState, event: Assigned, facts: Facts, was: Phase) -> Told:
    """A transfer by hand. Whoever gets an Unanswered chat, and is there and has room, has it at once."""
    told = hands.assigned(chat, event, facts, was)
    if not chat.active:
        leave_queue(chat, facts, only=event.staff)
    return told


def leave_queue(chat: ChatState, facts: Facts, *, only: str | None = None) -> None:
    """Give the chat to somebody of the line, or ``only`` to this person, if anybody is available.

    An Unanswered chat becomes active with it. Its assignee comes first; others are asked as in place of
    somebody who is away: only those who usually work with chats.
    """
    if chat.queue is None:
        return
    ended = not chat.active
    has_one = chat.assignee is not None
    staff = choose(chat.queue, chat, facts, habit=has_one, unless=chat.assignee)
    if staff is None or only not in (None, staff):
        return
    if ended:
        move(chat, Trigger.RESUME)
        _idle_clock_starts_anew(chat, facts)
    hands.assign(chat, staff, chat.line, facts, by_hand=ended)


def _idle_clock_starts_anew(chat: ChatState, facts: Facts) -> None:
    chat.wrote_at = facts.now
