"""A closed chat still hears: what opens a new chat in its conversation besides a message, and who gets it.

A message that was not delivered, and a duplicate that was merged in, are work for somebody: whoever had the
chat last has it again. A ticket's reply makes it the customer's turn: the chat is reserved for that person.

Source: section 10 of the design.
"""

from __future__ import annotations

from baton.contract import CHAT_OPENING_KINDS, REOPENING_KINDS, BaseEvent, DeliveryFailed, ReplySent, Tell
from baton.errors import IllegalTransition
from baton.model.chat import hands
from baton.model.chat.state import ChatState
from baton.model.facts import Facts, people
from baton.model.settlement import Told
from baton.model.staffing import is_away


def check_reopens(event: BaseEvent, facts: Facts) -> None:
    """Raise ``IllegalTransition`` if the event opens a chat only again, and there is none that it could be
    about."""
    if event.kind in CHAT_OPENING_KINDS:
        return
    if event.kind not in REOPENING_KINDS and facts.previous is not None:  # it could only be forwarded
        raise IllegalTransition(
            f"{event.kind}: the chat is ended and closed, which is final; only a message starts another"
        )
    if facts.previous is None:
        raise IllegalTransition(f"{event.kind} needs a chat, and there is none: only a message starts one")
    if isinstance(event, DeliveryFailed) and not facts.message_known:
        raise IllegalTransition(
            f"{event.kind}: the chat is ended and closed, and no message {event.message_id!r} to its "
            f"customer is known, whose failure would open it again"
        )


def give_back(chat: ChatState, facts: Facts) -> None:
    """Somebody has to act on a chat that was opened again: whoever had it last, else as for a replacement.

    If nobody writes, it ends after the idle time like any other, and is in Unanswered.
    """
    chat.wrote_at, chat.idle_after = facts.now, facts.idle_after
    _return(chat, [facts.previous.assignee if facts.previous else None], facts)
    _put_into_mine(chat, facts)


def hand_on(chat: ChatState, facts: Facts) -> None:
    """Somebody has to act on a living chat, too: another person, if whoever has it is away."""
    had = chat.holder
    hands.redistribute(chat, facts)
    if chat.holder != had:
        _put_into_mine(chat, facts)


def _put_into_mine(chat: ChatState, facts: Facts) -> None:
    """A reservation would wait for the customer."""
    if chat.reserved_for is not None:
        hands.pin(chat, chat.reserved_for, facts)


def reserve(chat: ChatState, event: ReplySent, facts: Facts) -> None:
    """The customer's answer to a reply goes to whoever had the chat last.

    If nobody had, it goes to the writer of the reply, but not to one who rarely works with chats.
    """
    writer = facts.person(event.author.id)
    by = event.author.id if writer is not None and writer.chats else None
    _return(chat, [facts.previous.assignee if facts.previous else None, by], facts)


def _return(chat: ChatState, wanted: list[str | None], facts: Facts) -> None:
    last = next(iter(people(wanted)), None)
    if last is None:
        return
    if is_away(last, facts):
        # Somebody who has left the directory has no line any more; the chat still knows it.
        chat.line = facts.previous.line if facts.previous else None
        hands.replace(chat, last, facts)
    else:
        hands.assign(chat, last, None, facts, by_hand=False)


def tell_somebody(chat: ChatState, staff: list[str | None], reason: str, facts: Facts) -> Told:
    """Tell those of these who are there; if nobody is, whoever sees the chat."""
    there = tuple(one for one in people(staff) if not is_away(one, facts))
    if there:
        return (Tell(staff=there, reason=reason),)
    if hands.in_queue(chat):
        return (Tell(line=chat.line, reason=reason),)
    return (Tell(everyone=True, reason=reason),)
