"""Who does something in a case is there, whatever their presence says: somebody may answer from a phone.

A presence is what somebody says about themselves, or forgets to say. So what a member of staff does in a case
by hand counts as being there, for the grace that offline people have anyway.

Source: section 10 of the design.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime

from baton.contract import AuthorType, BaseEvent, DeliveryFailed, MessageChanged, PresenceChanged
from baton.model.chat.state import ChatState
from baton.model.facts import Facts, people
from baton.model.ticket.state import TicketState

_REPORTS = (PresenceChanged, MessageChanged, DeliveryFailed)
"""Events that say what became of something. Their author need not be there."""


def doer(event: BaseEvent) -> str | None:
    """The member of staff who does something in the case by this event."""
    by_hand = event.author.type is AuthorType.STAFF and not isinstance(event, _REPORTS)
    return event.author.id if by_hand else None


def deeds(case: ChatState | TicketState, event: BaseEvent, now: datetime) -> Mapping[str, datetime]:
    """When people last did something in the case, so that they may still be there; the event included.

    After the end of a chat they need not be there any more: nobody is expected to write.
    """
    by = doer(event)
    before = {} if isinstance(case, ChatState) and not case.active else case.acted_at
    return before if by is None else {**before, by: now}


def note_deed(
    case: ChatState | TicketState, event: BaseEvent, facts: Facts, having: Iterable[str | None]
) -> None:
    """Note when those who have the case last did something in it; who else did does not matter later."""
    known = deeds(case, event, facts.now)
    case.acted_at = {staff: known[staff] for staff in people(having) if staff in known}
