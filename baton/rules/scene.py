"""What a rule can look at: types of cases, kinds of events, and the scene of one event."""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum

from baton.contract import (
    AUTHORS,
    CHAT_KINDS,
    CHAT_OPENING_KINDS,
    REOPENING_KINDS,
    TICKET_KINDS,
    TICKET_OPENING_KINDS,
    Event,
)
from baton.model.chat.state import ChatState
from baton.model.decision import CaseState
from baton.model.facts import Facts
from baton.model.kinds import opens
from baton.model.ticket.state import TicketState
from baton.rules.texts import as_read


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
        "merged_from",
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
    CaseType.CHAT: (CHAT_OPENING_KINDS | REOPENING_KINDS) & CHANGING_KINDS,
    CaseType.TICKET: (TICKET_OPENING_KINDS | REOPENING_KINDS) & CHANGING_KINDS,
}
"""The kinds that may begin a case, for each type of case."""


NOTHING: Mapping[CaseType, CaseState] = {
    CaseType.CHAT: ChatState(channel="", conversation="", customer=""),
    CaseType.TICKET: TicketState(ticket_id="", customer=""),
}
"""What was before an event that opens a case, for each type of case."""


class Scene:
    """All that a condition or an action can look at.

    ``folded`` is the case as the event itself left it; ``case`` moves on from there as rules change it.
    Before an event that opens a case there is nothing: whether the workflow still has the case before it is
    a matter of timing.
    """

    __slots__ = ("_read", "before", "case", "event", "facts", "folded", "opening", "type")

    def __init__(self, before: CaseState, case: CaseState, event: Event, facts: Facts) -> None:
        # Needed for every event, and isinstance() of a pydantic model costs as much as a small index.
        self.type = CaseType.TICKET if type(case) is TicketState else CaseType.CHAT
        self.opening = opens(before, event)
        self.before = NOTHING[self.type] if self.opening else before
        self.case = self.folded = case
        self.event = event
        self.facts = facts
        self._read: dict[str, str] = {}

    def as_read(self, text: str) -> str:
        """A text in the form in which texts are compared; each is brought into it once."""
        if text not in self._read:
            self._read[text] = as_read(text)
        return self._read[text]
