"""What Baton tells programs elsewhere: the body of a webhook, by the Standard Webhooks specification.

Receivers in Python can read a body with these models, once they have verified its signature:

    message = WebhookMessage.model_validate(verified)

A later release may add types and fields, so a receiver passes over what it does not know.
"""

from __future__ import annotations

from enum import StrEnum
from typing import Any, Literal

from baton.contract.values import Activity, Author, Instant, Payload, Status, Tab, TicketStage


class Told(StrEnum):
    """What a webhook tells: its ``type``."""

    OPENED = "case.opened"
    MOVED = "case.moved"
    """Somebody else has the case, or it waits elsewhere, or a ticket got to another stage."""
    ENDED = "case.ended"
    """A chat has ended. Ended is not closed."""
    CLOSED = "case.closed"
    """The case is over."""
    PROMPTED = "ticket.prompted"
    """All departments have answered: the composer is asked for the reply."""
    REPLIED = "ticket.replied"
    """The consolidated reply goes to the customer."""
    OVERDUE = "ticket.overdue"
    """A department's answer is overdue."""
    TEST = "baton.test"
    """Somebody asked for it, to see whether it arrives. It is about no case."""


class CaseHead(Payload):
    """Which case, and how it is now. It has no texts, and of people only their opaque IDs."""

    kind: Literal["chat", "ticket"]
    workflow_id: str
    case_id: str
    channel: str | None = None
    conversation: str | None = None
    ticket_id: str | None = None
    customer: str = ""
    activity: Activity | None = None
    """A chat's; also ``tab``, ``pinned_to`` and ``reserved_for``."""
    status: Status | None = None
    assignee: str | None = None
    line: str | None = None
    pinned_to: str | None = None
    reserved_for: str | None = None
    tab: Tab | None = None
    stage: TicketStage | None = None
    """A ticket's; also ``composer`` and ``dispatcher``."""
    composer: str | None = None
    dispatcher: str | None = None
    labels: tuple[str, ...] = ()
    previous_case: str | None = None


class WebhookData(Payload):
    """The ``data`` of a webhook."""

    case: CaseHead | None = None
    """None of ``baton.test`` only."""
    event_id: str = ""
    """The event behind it."""
    by: Author | None = None
    """Who did that, where an event of the case tells."""
    rules: tuple[str, ...] = ()
    """The rules behind it."""
    changed: dict[str, Any] = {}
    """Of ``case.moved``: the fields of the case that changed, with what they were before."""
    label: str | None = None
    """Of ``ticket.overdue``: the label of the department."""
    due_at: Instant | None = None
    """Of ``ticket.overdue``: when its answer was due."""
    round: int | None = None
    """Of ``ticket.prompted`` and ``ticket.replied``."""
    reason: str | None = None
    """Of a notice to one person: what they are told, in words."""
    text: str | None = None
    """The text of the message or the reply; only for a subscriber that asked for texts."""


class WebhookMessage(Payload):
    """The body of a webhook. What it tells once has one ``webhook-id``, however often it is delivered."""

    type: str
    timestamp: Instant
    """When it happened, which is not when it is delivered."""
    data: WebhookData
