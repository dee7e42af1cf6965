"""What a case is started with, and what others may see of it."""

from __future__ import annotations

from typing import Annotated

from pydantic import StringConstraints

from baton.contract.values import (
    Activity,
    Author,
    DepartmentState,
    Instant,
    Payload,
    Status,
    Tab,
    TicketStage,
)
from baton.contract.words import Id


class ChatStart(Payload):
    """The start argument of a ``Chat`` workflow."""

    channel: Id
    conversation: Id
    customer: Id
    case_id: Id | None = None


class TicketStart(Payload):
    """The start argument of a ``Ticket`` workflow. With ``conversation``, it is linked to that chat."""

    ticket_id: Id
    customer: Id
    subject: Annotated[str, StringConstraints(max_length=1000)] = ""
    channel: Id | None = None
    conversation: Id | None = None


class ChatSnapshot(Payload):
    """A chat as the world may see it. ``activity`` is null before the first message."""

    case_id: str | None = None
    channel: str
    conversation: str
    customer: str
    activity: Activity | None = None
    status: Status | None = None
    assignee: str | None = None
    line: str | None = None
    pinned_to: str | None = None
    reserved_for: str | None = None
    offer_until: Instant | None = None
    """Set while the reservation is only an offer: when it ends, and everybody sees the chat."""
    tab: Tab | None = None
    labels: tuple[str, ...] = ()
    last_author: Author | None = None
    last_message_at: Instant | None = None
    waiting_since: Instant | None = None
    """When the customer's first unanswered message arrived; none if nothing is unanswered."""
    previous_case: str | None = None
    ticket_id: str | None = None
    """The ticket that this chat opened, or was linked to, last."""
    tickets: tuple[str, ...] = ()
    """All tickets to which the customer's messages are copied, unless they are closed."""
    merged_into: str | None = None
    """The workflow of the case that hears what is written here, if this was its duplicate."""
    merged_from: tuple[str, ...] = ()
    """The workflows of the cases that were merged into this one."""


class Note(Payload):
    """A department's note. A note for two departments is listed with both, under the same event ID."""

    author: Author
    text: str
    at: Instant
    event_id: str = ""
    round: int = 1


class Department(Payload):
    """One department that a ticket asked."""

    label: str
    """Its label now."""
    key: str | None = None
    """Its key in the directory, which stays when the label changes."""
    formerly: tuple[str, ...] = ()
    """Labels that it had before, while the ticket knew it."""
    state: DepartmentState
    asked_at: Instant
    due_at: Instant | None = None
    """When its answer is due; not counted while the ticket waits for the customer."""
    remind_at: Instant | None = None
    """Set until the reminder has gone out."""
    escalated: bool = False
    escalated_to: str | None = None
    """Who was told that the answer is overdue."""
    answered_at: Instant | None = None
    answered_by: str | None = None
    declined_to: str | None = None
    blocks: bool = False
    """Nobody will answer: it declined and nobody else was asked instead, or nobody belongs to it any more.
    The dispatcher must withdraw or redirect it."""
    note_count: int = 0
    notes: tuple[Note, ...] = ()
    """Its notes; empty in an outcome, which says only how many there are. The snapshot has them."""


class Draft(Payload):
    """The consolidated reply as drafted from the notes. Never sent unread: the composer sends a text."""

    text: str = ""
    round: int = 0
    at: Instant | None = None
    composer: str | None = None
    final: bool = False
    """Whether all departments have answered."""
    stale: bool = False
    """Whether something has changed since: the customer wrote, a message was changed or not delivered."""


class TicketSnapshot(Payload):
    """A ticket as the world may see it. ``stage`` is null before the first event."""

    ticket_id: str
    customer: str
    subject: str = ""
    stage: TicketStage | None = None
    status: Status | None = None
    assignee: str | None = None
    line: str | None = None
    composer: str | None = None
    dispatcher: str | None = None
    labels: tuple[str, ...] = ()
    departments: tuple[Department, ...] = ()
    round: int = 0
    prompts: int = 0
    replies: int = 0
    previous_case: str | None = None
    case_id: str | None = None
    """One for each time that the ticket was opened."""
    channel: str | None = None
    conversation: str | None = None
    """Set if a chat opened the ticket; the reply goes to that chat."""
    template: str | None = None
    """The template that was applied last."""
    paused_at: Instant | None = None
    """Since when due times do not count, because the ticket waits for the customer."""
    last_author: Author | None = None
    last_message_at: Instant | None = None
    waiting_since: Instant | None = None
    """When the customer's first unanswered message arrived; none if nothing is unanswered."""
    closed_because: str | None = None
    """The reason that was given for closing it over somebody, or the case it was merged into."""
    merged_into: str | None = None
    """As in `ChatSnapshot`."""
    merged_from: tuple[str, ...] = ()
    """As in `ChatSnapshot`."""
