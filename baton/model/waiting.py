"""How long a customer has been waiting: from the first message that nobody has answered yet.

A customer who writes twice does not fall back behind others. An answer by staff ends the wait, and so does
whoever says that it is the customer's turn, or that the matter is done.

Source: section 9 of the design.
"""

from __future__ import annotations

from baton.contract import BaseEvent, CustomerMessage, Status, Tell
from baton.model.chat.state import ChatState
from baton.model.facts import Facts
from baton.model.settlement import Told
from baton.model.ticket.state import TicketState


def note_message(case: ChatState | TicketState, event: BaseEvent, facts: Facts) -> None:
    """Note who wrote last, and when. Times count from arrival; a caller's clock may only date the message."""
    case.last_author = event.author
    case.last_message_at = min(event.at or facts.now, facts.now)
    case.wrote_at = facts.now
    if isinstance(event, CustomerMessage):
        case.customer_wrote_at = facts.now
        case.waiting_since = case.waiting_since or facts.arrived_at or facts.now
        case.answered_by = ()
    else:
        case.staff_wrote_at = facts.now
        case.waiting_since = None


def note_answer(case: ChatState | TicketState, staff: str) -> Told:
    """Note who answers the customer's message. If others have answered it, too, all are told, once."""
    if case.customer_wrote_at is None or staff in case.answered_by:
        return ()
    others = case.answered_by
    case.answered_by = (*others, staff)
    return (Tell(staff=case.answered_by, reason="two replied"),) if others else ()


def note_standing(before: ChatState | TicketState, case: ChatState | TicketState, facts: Facts) -> None:
    """Note since when the case has been with whoever has it now, and whether its customer still waits."""
    if (before.case_id, before.assignee, before.line) != (case.case_id, case.assignee, case.line):
        case.held_since = facts.now
    if case.status is not Status.OPEN:
        case.waiting_since = None
