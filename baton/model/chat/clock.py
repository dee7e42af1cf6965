"""When a chat must look at the time again, the events that it then makes, and what they do."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta

from baton.contract import SYSTEM, Idle, Instant, Status, Tell, TimedDue, derived_id
from baton.model.chat import hands, queue
from baton.model.chat.lifecycle import Phase
from baton.model.chat.state import ChatState
from baton.model.facts import Facts
from baton.model.settlement import Told


def idle_at(chat: ChatState) -> Instant | None:
    """When an active chat ends because nobody has written."""
    if not chat.active or chat.wrote_at is None:
        return None
    return chat.wrote_at + timedelta(seconds=chat.idle_after)


def wake_at(chat: ChatState) -> Instant | None:
    """When an offer ends, a timed rule may fire, or somebody's grace is over."""
    return min((at for at in (chat.offer_until, chat.wake_at) if at is not None), default=None)


def next_due(chat: ChatState) -> Instant | None:
    """When the chat must look at the time again."""
    return min((at for at in (idle_at(chat), wake_at(chat)) if at is not None), default=None)


def due_events(chat: ChatState, now: Instant) -> Iterator[TimedDue | Idle]:
    """The events that the chat makes for itself because their time has come."""
    # Timed rules first: "ten minutes without an answer" must still find the chat that idles at ten.
    if (at := wake_at(chat)) is not None and at <= now:
        yield TimedDue(id=_event_id(chat, "timed_due", at), author=SYSTEM)
    if (at := idle_at(chat)) is not None and at <= now:
        yield Idle(id=_event_id(chat, "idle", at), author=SYSTEM)


def idle(chat: ChatState, event: Idle, facts: Facts, was: Phase) -> Told:
    """Nobody writes any more. A reservation stays; an offer ends, and everyone learns of the chat now."""
    chat.pinned_to = None
    if chat.offer_until is None:
        return ()
    hands.end_offer(chat)
    return (Tell(everyone=True, reason="unanswered"),) if chat.status is Status.OPEN else ()


def timed_due(chat: ChatState, event: TimedDue, facts: Facts, was: Phase) -> Told:
    hands.redistribute(chat, facts)
    queue.leave_queue(chat, facts)
    return ()


def _event_id(chat: ChatState, kind: str, at: Instant) -> str:
    return derived_id(kind, chat.case_id or "", at.isoformat())
