"""Who waits in which queue, and why: chats and tickets in one list."""

from __future__ import annotations

from typing import Literal

from baton.contract import Instant, Payload
from baton.desk.api import Limit


class WaitingQuery(Payload):
    """Whose queue to list: that of a line, or all queues."""

    line: str | None = None
    limit: Limit = 50


class WaitingRow(Payload):
    """One case that waits for somebody of a line."""

    case_id: str
    kind: Literal["chat", "ticket"]
    line: str
    channel: str | None = None
    """With ``conversation``, where a chat is; null for a ticket."""
    conversation: str | None = None
    ticket_id: str | None = None
    """Which ticket it is; null for a chat."""
    customer: str
    assignee: str | None = None
    since: Instant | None = None
    """What orders the queue: when the customer's first unanswered message came, or else the handing over."""
    waits_for: str = ""
    """In words: why nobody of the line has it."""
