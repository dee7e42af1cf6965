"""What Baton does to the world: the activities' names and what each of them takes.

An effect is decided in one place (the workflow) and carried out in another (an activity), at least
once and in the order of the decisions of its case. Its ``key`` is made from the case and the event,
never from a run or an attempt, so that a help desk can recognise what it has already done.
"""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import Field

from baton.contract import Activity, Instant, Payload, Presence, Status, Tab, Tell

# Activities of a case. Each is a verb, and its payload a noun.
DECIDE = "decide"
REASSIGN = "reassign"
UPDATE_CASE = "update_case"
SEND_MESSAGE = "send_message"
NOTIFY = "notify"

# Activities of the help desk itself, called without a workflow.
INBOX = "inbox"
NOTICES = "notices"
SHOW_DIRECTORY = "show_directory"
CHANGE_DIRECTORY = "change_directory"
SHOW_PRESENCE = "show_presence"
SET_PRESENCE = "set_presence"
SPREAD_PRESENCE = "spread_presence"
BLOCK_CUSTOMER = "block_customer"


class CaseRef(Payload):
    """Which case, in words for the help desk."""

    case_id: str
    channel: str
    conversation: str
    customer: str


class _Effect(Payload):
    key: str
    case: CaseRef
    event_id: str
    decided_at: Instant
    """The workflow's time. A help desk never lets an earlier decision overwrite a later one."""
    rules: tuple[str, ...] = ()
    """The rules behind it, for the help desk's own change log."""


class CaseWrite(_Effect):
    """All that one decision changes about a case, in one call: ``reassign`` or ``update_case``.

    The fields say how the case stands afterwards, so that carrying it out twice changes nothing.
    """

    do: Literal["reassign", "update_case"]
    activity: Activity
    status: Status
    assignee: str | None = None
    line: str | None = None
    pinned_to: str | None = None
    reserved_for: str | None = None
    tab: Tab
    labels: tuple[str, ...] = ()
    add_labels: tuple[str, ...] = ()
    remove_labels: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()


class Message(_Effect):
    """A message to the customer that a rule says: ``send_message``."""

    do: Literal["send_message"] = "send_message"
    text: str


class Notice(_Effect):
    """Everybody who must be told about one event, in one call: ``notify``."""

    do: Literal["notify"] = "notify"
    tell: tuple[Tell, ...]


Effect = Annotated[CaseWrite | Message | Notice, Field(discriminator="do")]


class InboxQuery(Payload):
    """Which chats to list. ``staff`` narrows each tab to what that person sees in it."""

    tab: Tab | None = None
    staff: str | None = None
    limit: int = 50


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


class PresenceChange(Payload):
    """What a person is doing from now on."""

    staff: str
    presence: Presence


class PresenceSpread(Payload):
    """Tell the cases that a person holds, and the queues of that person's line, about a presence."""

    staff: str
    presence: Presence
    since: Instant


class PresenceRow(Payload):
    """A member of staff, and what this person is doing. ``since`` is null before the first status."""

    staff: str
    line: str | None = None
    chats: bool = True
    max_chats: int = 0
    presence: Presence
    since: Instant | None = None


class NoticeQuery(Payload):
    staff: str | None = None
    limit: int = 50


class NoticeRow(Payload):
    """One thing that somebody was told."""

    staff: str
    case_id: str
    channel: str = ""
    conversation: str
    reason: str
    at: Instant


class CustomerBlock(Payload):
    customer: str
    blocked: bool


class ShownDirectory(Payload):
    """The directory as a document, and its version."""

    version: int
    directory: dict[str, Any]


class DirectoryChange(Payload):
    """A whole new directory. ``based_on`` is the version that it was made from, as a guard."""

    directory: dict[str, Any]
    based_on: int | None = None
