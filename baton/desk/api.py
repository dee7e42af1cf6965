"""Calls about the help desk's own affairs: the names of the activities, their queries and their rows.

These are activities that are called without a workflow. ``baton.desk.client`` makes the calls,
``activities.desk`` answers them, and a help desk supplies the rows.
"""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import Field

from baton.contract import Instant, Payload, Presence, Status, Tab, TicketStage

INBOX = "inbox"
TICKETS = "tickets"
NOTICES = "notices"
MESSAGES = "messages"
SHOW_DIRECTORY = "show_directory"
PREVIEW_DIRECTORY = "preview_directory"
CHANGE_DIRECTORY = "change_directory"
SPREAD_DIRECTORY = "spread_directory"
SHOW_PRESENCE = "show_presence"
SET_PRESENCE = "set_presence"
SET_PRESENCES = "set_presences"
SPREAD_PRESENCE = "spread_presence"
SPREAD_PRESENCES = "spread_presences"
BLOCK_CUSTOMER = "block_customer"
SHOW_RULES = "show_rules"
LOST_CASES = "lost_cases"
REVIVE = "revive"

Limit = Annotated[int, Field(ge=1, le=100_000)]
"""The most rows of a list."""


class InboxQuery(Payload):
    """Which chats to list. ``staff`` narrows each tab to what that person sees in it."""

    tab: Tab | None = None
    staff: str | None = None
    limit: Limit = 50


class TicketQuery(Payload):
    """Which tickets to list: those that are not closed and pass every given filter."""

    department: str | None = None
    """The key of a department: its label is on the ticket, and the ticket is open."""
    staff: str | None = None
    """Assignee or composer."""
    stage: TicketStage | None = None
    status: Status | None = None
    limit: Limit = 50


class TicketRow(Payload):
    """One ticket in a list."""

    case_id: str
    ticket_id: str
    customer: str
    subject: str = ""
    stage: TicketStage
    status: Status
    assignee: str | None = None
    line: str | None = None
    composer: str | None = None
    dispatcher: str | None = None
    labels: tuple[str, ...] = ()
    asked: tuple[str, ...] = ()
    """Labels of the departments that are asked now."""
    due_at: Instant | None = None
    """When the next answer is due; in one department's list: when its own answer is due."""
    last_message_at: Instant | None = None
    last_text: str = ""
    """The beginning of the last message."""
    waiting_since: Instant | None = None
    """When the customer's first unanswered message arrived; none if nothing is unanswered."""
    waits_for: str = ""
    """In words: why nobody of the line in whose queue it waits has it; empty if it waits in none."""


class InboxRow(Payload):
    """One chat in a list."""

    case_id: str
    channel: str
    conversation: str
    customer: str
    tab: Tab
    status: Status
    assignee: str | None = None
    line: str | None = None
    pinned_to: str | None = None
    reserved_for: str | None = None
    labels: tuple[str, ...] = ()
    last_message_at: Instant | None = None
    last_text: str = ""
    """The beginning of the last message."""
    waiting_since: Instant | None = None
    """When the customer's first unanswered message arrived; none if nothing is unanswered."""
    waits_for: str = ""
    """In words: why nobody of the line in whose queue it waits has it; empty if it waits in none."""


class PresenceChange(Payload):
    """What a person is doing from now on."""

    staff: str
    presence: Presence


class PresencesChange(Payload):
    """What several people are doing from now on: those named, those of these lines, or everybody."""

    presence: Presence
    staff: tuple[str, ...] = ()
    lines: tuple[str, ...] = ()
    everyone: bool = False


class PresencesSet(Payload):
    """Who does something from now on, or did so already."""

    presence: Presence
    staff: tuple[str, ...] = ()
    """Everybody who was meant."""
    already: tuple[str, ...] = ()
    """Those of them for whom nothing has changed."""


class PresenceSpread(Payload):
    """Tell the cases that a person holds, and the queues of that person's line, about a presence."""

    staff: str
    presence: Presence
    since: Instant


class PresencesSpread(Payload):
    """As `PresenceSpread`, for several people with the same presence since the same moment."""

    staff: tuple[str, ...]
    presence: Presence
    since: Instant


class PresenceQuery(Payload):
    """Whom to list: everybody who passes every given filter."""

    staff: tuple[str, ...] = ()
    line: str | None = None
    department: str | None = None
    """The key of a department."""
    role: str | None = None
    presence: Presence | None = None


class PresenceRow(Payload):
    """A member of staff, what this person is doing, and whether they would get one more case."""

    staff: str
    line: str | None = None
    chats: bool = True
    max_chats: int = 0
    max_tickets: int = 0
    presence: Presence
    since: Instant | None = None
    """Null before the first status."""
    off_duty: bool = False
    """Outside the hours of the line's calendar."""
    grace_until: Instant | None = None
    """Of somebody who went offline: until when they keep what they have; null once that has passed."""
    has_chats: int = 0
    """Active chats, pinned or reserved, with those that are just being given to this person."""
    has_tickets: int = 0
    """Open tickets to be looked at or answered; likewise."""
    full: tuple[Literal["chats", "tickets"], ...] = ()
    """What this person gets no more of."""


class NoticeQuery(Payload):
    staff: str | None = None
    limit: Limit = 50


class NoticeRow(Payload):
    """One notice, and everybody who was told of it for the same reason."""

    staff: str = ""
    """Who was told, if it was one person; in a list of one person's notices, this person."""
    told: tuple[str, ...] = ()
    """Everybody who was told. Empty where the list would be too long to be sent: see ``count``."""
    count: int = 0
    """How many were told."""
    everyone: bool = False
    """Whether it went to everyone who could be told."""
    case_id: str = ""
    """Empty, as is the place, for a notice that is about no single case."""
    channel: str = ""
    conversation: str = ""
    ticket_id: str | None = None
    reason: str
    at: Instant


class CustomerBlock(Payload):
    customer: str
    blocked: bool


class ShownDirectory(Payload):
    """The directory as a document, and its version."""

    version: int
    directory: dict[str, Any]


class RulesQuery(Payload):
    """Which rule set to show: the beginning of its digest, as a decision names it."""

    digest: str = Field(min_length=1)


class ShownRules(Payload):
    """A rule set that was once in force, with the text of its file."""

    digest: str
    source: str


class LostQuery(Payload):
    """Which cases to look for: those whose workflow was closed by force in the last ``days`` days."""

    days: int = Field(default=30, ge=1, le=36_500)


class LostCase(Payload):
    """A case that is not closed, but whose workflow was closed by force."""

    workflow_id: str
    how: str
    """Such as ``terminated``."""
    at: Instant
    reason: str = ""
    """The reason given by whoever closed it, or the error that closed it."""


class LostCases(Payload):
    """Lost cases, the most recently closed first."""

    cases: tuple[LostCase, ...] = ()
    all_looked_at: bool = True
    """False if so many workflows were closed by force that only the latest were checked."""


class Revival(Payload):
    """Which case to reopen. With ``dry_run``, nothing is done."""

    workflow_id: str
    dry_run: bool = False


class Revived(Payload):
    """The result of a `Revival`."""

    goes_on: bool
    """False where there is nothing to do: it is running, or it is closed for good."""
    what: str
    """In words: why not, or what the case continues with."""


class Concern(Payload):
    """One reason why a change of the directory concerns cases."""

    reason: str
    cases: int
    first: tuple[str, ...] = ()
    """The workflow IDs of the first of them."""


class Concerns(Payload):
    """Which living cases a change of the directory concerns. A case may have several reasons."""

    chats: int = 0
    tickets: int = 0
    reasons: tuple[Concern, ...] = ()


class DirectorySpread(Payload):
    """Tell the cases that a version of the directory concerns."""

    version: int = Field(ge=1)


class DirectoryChange(Payload):
    """A whole new directory. ``based_on`` is the version that it was made from, as a guard."""

    directory: dict[str, Any]
    based_on: int | None = None
