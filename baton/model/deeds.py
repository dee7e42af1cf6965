"""Who does something in a case is there, whatever their presence says: somebody may answer from a phone.

A presence is what somebody says about themselves, or forgets to say. So what a member of staff does in a case
by hand while they are not online counts as being there, for the grace that offline people have anyway.

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


def deeds(case: ChatState | TicketState, event: BaseEvent, now: datetime) -> Mapping[str, datetime]:
    """When people last did something in the case, as far as that counts; the event included."""
    by = _doer(event)
    return case.acted_at if by is None else {**case.acted_at, by: now}


def note_deed(
    case: ChatState | TicketState, event: BaseEvent, facts: Facts, having: Iterable[str | None]
) -> None:
    """Note what one of those who have the case does in it while not online.

    Of people who are online nothing is noted: if they leave, they say so, and the grace begins then.
    """
    known = deeds(case, event, facts.now)
    by = _doer(event)
    person = facts.person(by) if by is not None else None
    if person is None or person.away_at is None:
        known = {staff: at for staff, at in known.items() if staff != by}
    case.acted_at = {staff: known[staff] for staff in people(having) if staff in known}


def _doer(event: BaseEvent) -> str | None:
    """The member of staff who does something in the case by this event."""
    by_hand = event.author.type is AuthorType.STAFF and not isinstance(event, _REPORTS)
    return event.author.id if by_hand else None
