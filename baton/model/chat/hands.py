"""Who has a chat: every move between people, reservations and queues.

Four words for "having" a chat: the *assignee* is responsible for it; it is *pinned* to somebody who
accepted it (that person's Mine); it is *reserved* for the person who gets it pinned at the
customer's next message; and it *waits in a queue* when it has a line but no assignee (``queue``).

Each function changes the chat that it is given, which is the caller's own copy. The first functions handle
events; the others are moves, which other modules and the actions of rules also make.
"""

from __future__ import annotations

from datetime import timedelta

from baton.contract import Assigned, ChatEnded, Status
from baton.model.chat.lifecycle import Phase
from baton.model.chat.state import ChatState
from baton.model.facts import Facts, people
from baton.model.settlement import Told
from baton.model.staffing import (
    choose,
    handing_on,
    is_away,
    line_of,
    stand_in,
    tell_giver,
    watched_queue,
)


def assigned(chat: ChatState, event: Assigned, facts: Facts, was: Phase) -> Told:
    if event.staff:
        assign(chat, event.staff, None, facts, by_hand=True)
        return tell_giver(event.author, event.staff) if is_away(event.staff, facts) else ()
    if event.line:
        had = (chat.assignee, chat.pinned_to, chat.reserved_for)
        giver = chat.handed_on_by = handing_on(chat, event, had, facts)
        assign(chat, choose(event.line, chat, facts), event.line, facts, by_hand=False)
        chat.handed_on_by = giver if chat.assignee is None and chat.line is not None else None
    else:
        chat.assignee = chat.line = chat.handed_on_by = None
        let_go(chat)
    return ()


def ended(chat: ChatState, event: ChatEnded, facts: Facts, was: Phase) -> Told:
    let_go(chat)
    return ()


def take(chat: ChatState, staff: str, facts: Facts) -> None:
    """The chat becomes somebody's own: responsible, and pinned."""
    chat.assignee = staff
    chat.line = line_of(staff, facts)
    pin(chat, staff, facts)


def pin(chat: ChatState, staff: str, facts: Facts) -> None:
    """Every pin clears the reservation."""
    chat.pinned_to = staff
    chat.reserved_for = chat.offer_until = chat.handed_on_by = None
    _remember(chat, staff, facts)


def assign(chat: ChatState, staff: str | None, line: str | None, facts: Facts, *, by_hand: bool) -> None:
    """Give the chat to a person or, where there is none, to a line's queue."""
    if staff is None:
        line = watched_queue(line, facts)
    if staff is not None or line != chat.line:
        chat.handed_on_by = None
    if staff is None:
        chat.assignee, chat.line = None, line
        let_go(chat)
        return
    kept = chat.reserved_for is not None and not by_hand
    chat.assignee, chat.line = staff, line or line_of(staff, facts)
    let_go(chat)
    _remember(chat, staff, facts)
    if chat.active and (by_hand or chat.customer_wrote_last):
        chat.pinned_to = staff
    elif chat.active or kept:
        # A reservation outlives an idle end, so it must also follow the chat to the next assignee.
        chat.reserved_for = staff


def let_go(chat: ChatState) -> None:
    """Nobody holds the chat any more; the assignee stays responsible."""
    chat.pinned_to = chat.reserved_for = chat.offer_until = None


def offer(chat: ChatState, facts: Facts) -> None:
    """Offer a new chat to whoever has the customer's other chat, or had the previous one."""
    for staff in people([facts.other_holder, facts.previous.assignee if facts.previous else None]):
        person = facts.person(staff)
        if person is not None and person.chats and not person.full and not (person.away or person.away_at):
            # It has no line: nobody has it yet, and nobody has put it into a queue.
            chat.reserved_for = staff
            chat.offer_until = facts.now + timedelta(seconds=facts.offer_for)
            return


def end_offer(chat: ChatState) -> None:
    """Leave the chat to everyone, if it is only offered: whoever it was offered to has not accepted it."""
    if chat.offer_until is not None:
        chat.reserved_for = chat.offer_until = None


def end_vain_offer(chat: ChatState, facts: Facts) -> None:
    """End an offer whose time is over, or that was made to somebody who has left since."""
    staff, until = chat.reserved_for, chat.offer_until
    if until is not None and (until <= facts.now or staff is None or is_away(staff, facts)):
        end_offer(chat)


def replace(chat: ChatState, away: str, facts: Facts) -> None:
    """Give a waiting customer to somebody of the same line who works with chats, or to its queue."""
    staff, line = stand_in(away, chat, facts)
    assign(chat, staff, line, facts, by_hand=False)


def redistribute(chat: ChatState, facts: Facts) -> None:
    """An open chat does not wait for somebody who left; a pending one waits for the customer's reply."""
    end_vain_offer(chat, facts)
    if chat.status is Status.OPEN and chat.holder is not None and is_away(chat.holder, facts):
        replace(chat, chat.holder, facts)


def in_queue(chat: ChatState) -> bool:
    """Whether the chat waits in New for somebody of its line. One that has ended waits for the customer."""
    return chat.active and chat.queue is not None


def _remember(chat: ChatState, staff: str, facts: Facts) -> None:
    line = line_of(staff, facts)
    if line is not None:
        chat.holders = {**chat.holders, line: staff}
