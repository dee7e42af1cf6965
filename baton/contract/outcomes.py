"""What comes back: the answer to an event, the story of a case, and how its workflow ended."""

from __future__ import annotations

from typing import Literal

from baton.contract.actions import Fired
from baton.contract.cases import ChatSnapshot, TicketSnapshot
from baton.contract.values import Instant, Payload


class Outcome(Payload):
    """The answer to an event. ``duplicate`` means that it had been handled before."""

    event_id: str
    duplicate: bool = False
    snapshot: ChatSnapshot
    fired: tuple[Fired, ...] = ()
    what: str = ""
    """What the event and its rules changed, in a few words; empty if nothing changed."""


class TicketOutcome(Payload):
    """The answer to an event of a ticket."""

    event_id: str
    duplicate: bool = False
    snapshot: TicketSnapshot
    fired: tuple[Fired, ...] = ()
    what: str = ""
    """As in `Outcome`."""


class TimelineEntry(Payload):
    """One line of a case's story. ``refused`` holds the reason if the event was not accepted."""

    at: Instant
    event_id: str
    kind: str
    author: str
    what: str = ""
    rules: tuple[str, ...] = ()
    moved: bool = False
    """Whether somebody else has the case because of this."""
    refused: str | None = None


EndReason = Literal["closed", "empty", "refused", "duplicate", "blocked", "forwarded"]


class ChatSummary(Payload):
    """The result of a completed ``Chat`` workflow. ``reason`` says why it completed."""

    reason: EndReason
    snapshot: ChatSnapshot
    chats: int = 0
    events: int = 0
    refused: int = 0


class TicketSummary(Payload):
    """The result of a completed ``Ticket`` workflow. ``reason`` says why it completed."""

    reason: EndReason
    snapshot: TicketSnapshot
    events: int = 0
    refused: int = 0
