"""What a rule can look at: types of cases, kinds of events, and the scene of one event."""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum

from baton.contract import (
    AUTHORS,
    CHAT_KINDS,
    MESSAGE_KINDS,
    TICKET_KINDS,
    TICKET_OPENING_KINDS,
    Event,
)
from baton.model.decision import CaseState
from baton.model.facts import Facts
from baton.model.ticket.state import TicketState


class CaseType(StrEnum):
    """What a case is."""

    CHAT = "chat"
    TICKET = "ticket"


CHATS = frozenset({CaseType.CHAT})
TICKETS = frozenset({CaseType.TICKET})
EVERY_CASE = CHATS | TICKETS

QUIET_KINDS = frozenset(
    {
        "system_message",
        "message_changed",
        "presence_changed",
        "place_freed",
        "directory_changed",
        "merged_into",
    }
)
"""Kinds for which no rule is ever asked."""
TIMED_KIND = "timed_due"
CHANGING_KINDS = frozenset(AUTHORS) - QUIET_KINDS - {TIMED_KIND}
"""Kinds for which rules are asked, in chats or in tickets."""
KINDS_OF: Mapping[CaseType, frozenset[str]] = {
    CaseType.CHAT: CHAT_KINDS & CHANGING_KINDS,
    CaseType.TICKET: TICKET_KINDS & CHANGING_KINDS,
}
"""Kinds for which rules are asked, for each type of case."""
OPENING_KINDS: Mapping[CaseType, frozenset[str]] = {
    CaseType.CHAT: MESSAGE_KINDS & CHANGING_KINDS,
    CaseType.TICKET: TICKET_OPENING_KINDS & CHANGING_KINDS,
}
"""The kinds that may begin a case, for each type of case."""


class Scene:
    """All that a condition or an action can look at. ``case`` moves on as rules change it."""

    __slots__ = ("before", "case", "event", "facts", "type")

    def __init__(self, before: CaseState, case: CaseState, event: Event, facts: Facts) -> None:
        self.before = before
        self.case = case
        self.event = event
        self.facts = facts
        # Needed for every event, and isinstance() of a pydantic model costs as much as a small index.
        self.type = CaseType.TICKET if type(case) is TicketState else CaseType.CHAT
