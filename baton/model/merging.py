"""A case was a duplicate of another: it closes, and the other one hears what is written here from then on.

The other case gets what the customer wrote, and learns of it by ``merged_from``; what comes later is
forwarded. Where to, the ledger says: the other case may itself have been merged into a third one. What is
forwarded has an ID derived from where it was first written, and keeps it: no case takes it twice, so no
circle is endless.
"""

from __future__ import annotations

from baton.contract import FORWARDED_KINDS, BaseEvent, MergedFrom, derived_id
from baton.model.chat.state import ChatState
from baton.model.facts import Facts, people
from baton.model.ticket.state import TicketState

_FORWARDED = "from"
COPIED = "chat"
"""The prefix of the ID of an event that a chat copies to its ticket."""


def may_forward(case: ChatState | TicketState, event: BaseEvent) -> bool:
    """Whether the event is forwarded if the case, or the latest one before it, was merged into another."""
    return event.kind in FORWARDED_KINDS and (case.merged_into is not None or not case.exists)


def is_forwarded(event: BaseEvent, facts: Facts) -> bool:
    """Whether another case hears of the event instead of this one."""
    return facts.forward_to is not None and event.kind in FORWARDED_KINDS


def forwarded_id(source: str, event_id: str) -> str:
    """The ID under which an event is forwarded from the workflow ``source``."""
    if event_id.startswith(f"{_FORWARDED}:"):
        return event_id
    return derived_id(_FORWARDED, source, event_id)


def note_merged(case: ChatState | TicketState, event: MergedFrom) -> None:
    """Note whose customer writes here from now on."""
    case.merged_from = people([*case.merged_from, event.case, *event.cases])
