"""What Baton does to the world: the activities' names and what each of them takes.

An effect is decided in one place (the workflow) and carried out in another (an activity), at least
once and in the order of the decisions of its case. Its ``key`` is made from the case and the event,
never from a run or an attempt, so that a help desk can recognise what it has already done.
"""

from __future__ import annotations

from typing import Annotated, Any, Literal, get_args

from pydantic import Field

from baton.contract import (
    Activity,
    Author,
    Instant,
    Payload,
    Presence,
    Status,
    Tab,
    Tell,
    TicketStage,
    chat_workflow_id,
    ticket_workflow_id,
)

# Activities of a case. Each is a verb, and its payload a noun.
DECIDE = "decide"
BREATHE = "breathe"
REASSIGN = "reassign"
UPDATE_CASE = "update_case"
SEND_MESSAGE = "send_message"
NOTIFY = "notify"
REMOVE_LABEL = "remove_label"
PROMPT_REPLY = "prompt_reply"
SEND_REPLY = "send_reply"
REMIND = "remind"
ESCALATE = "escalate"
COPY_TO_TICKET = "copy_to_ticket"

# Activities of the help desk itself, called without a workflow.
INBOX = "inbox"
TICKETS = "tickets"
NOTICES = "notices"
SHOW_DIRECTORY = "show_directory"
CHANGE_DIRECTORY = "change_directory"
SHOW_PRESENCE = "show_presence"
SET_PRESENCE = "set_presence"
SPREAD_PRESENCE = "spread_presence"
BLOCK_CUSTOMER = "block_customer"
SHOW_RULES = "show_rules"
LOST_CASES = "lost_cases"
REVIVE = "revive"


class CaseRef(Payload):
    """Which case, in words for the help desk."""

    case_id: str
    channel: str
    """Of a ticket: empty, where it has none."""
    conversation: str
    """Of a ticket: that of the chat that it is linked to, or empty."""
    customer: str
    ticket_id: str | None = None

    @property
    def workflow_id(self) -> str:
        """The workflow of the case."""
        if self.ticket_id is not None:
            return ticket_workflow_id(self.ticket_id)
        return chat_workflow_id(self.channel, self.conversation)

    @staticmethod
    def at(workflow_id: str) -> CaseRef:
        """Only the place of a case, from the ID of its workflow: what else there is to say is left empty."""
        kind, _, place = workflow_id.partition(":")
        if kind == "ticket":
            return CaseRef(case_id="", channel="", conversation="", customer="", ticket_id=place)
        channel, _, conversation = place.partition(":")
        return CaseRef(case_id="", channel=channel, conversation=conversation, customer="")


class _Effect(Payload):
    key: str
    case: CaseRef
    event_id: str
    decided_at: Instant
    """The workflow's time. A help desk never lets an earlier decision overwrite a later one."""
    rules: tuple[str, ...] = ()
    """The rules behind it, for the help desk's own change log."""


class CaseWrite(_Effect):
    """All that one decision changes about a case, in one call.

    It is ``remove_label`` where it is nothing more, ``reassign`` where somebody else has the case, and else
    ``update_case``. The fields say how the case stands afterwards, so that doing it twice changes nothing.
    """

    do: Literal["reassign", "update_case", "remove_label"]
    activity: Activity | None = None
    """A chat's; also ``tab``, ``pinned_to`` and ``reserved_for``."""
    status: Status
    assignee: str | None = None
    line: str | None = None
    pinned_to: str | None = None
    reserved_for: str | None = None
    tab: Tab | None = None
    stage: TicketStage | None = None
    """A ticket's."""
    labels: tuple[str, ...] = ()
    add_labels: tuple[str, ...] = ()
    remove_labels: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()


class Message(_Effect):
    """A message to the customer that a rule says: ``send_message``."""

    do: Literal["send_message"] = "send_message"
    text: str
    template: str | None = None
    """The template that says it, where it is no rule."""


class Notice(_Effect):
    """Everybody who must be told about one event, in one call: ``notify``."""

    do: Literal["notify"] = "notify"
    tell: tuple[Tell, ...]


class Prompt(_Effect):
    """All departments of a round have answered: this person writes the reply. ``prompt_reply``."""

    do: Literal["prompt_reply"] = "prompt_reply"
    composer: str | None = None
    """None where nobody can be named: then everyone online is told."""
    round: int


class ConsolidatedReply(_Effect):
    """The one reply to the customer: ``send_reply``. To be sent exactly once."""

    do: Literal["send_reply"] = "send_reply"
    text: str
    author: Author
    round: int


class Reminder(_Effect):
    """A department's answer is due soon: ``remind``. Its members are told."""

    do: Literal["remind"] = "remind"
    label: str
    due_at: Instant


class Escalation(_Effect):
    """A department's answer is due: ``escalate``. Its lead is told; without one, the dispatcher."""

    do: Literal["escalate"] = "escalate"
    label: str
    due_at: Instant
    to: str | None = None
    """Whom to tell; everyone online, where there is nobody."""


class CopyToTicket(_Effect):
    """What the customer writes in a chat goes to the ticket that the chat opened: ``copy_to_ticket``."""

    do: Literal["copy_to_ticket"] = "copy_to_ticket"
    ticket_id: str
    opened_by: Author | None = None
    """Set by the event that opened the ticket: who did."""


Effect = Annotated[
    CaseWrite | Message | Notice | Prompt | ConsolidatedReply | Reminder | Escalation | CopyToTicket,
    Field(discriminator="do"),
]

EFFECTS: tuple[str, ...] = tuple(
    name for kind in get_args(get_args(Effect)[0]) for name in get_args(kind.model_fields["do"].annotation)
)
"""What an effect may do: the names of the activities that carry effects out."""


class InboxQuery(Payload):
    """Which chats to list. ``staff`` narrows each tab to what that person sees in it."""

    tab: Tab | None = None
    staff: str | None = None
    limit: int = 50


class TicketQuery(Payload):
    """Which tickets to list: those that are not closed, and pass every filter that is given."""

    department: str | None = None
    """The key of a department: its label is on the ticket, and the ticket is open."""
    staff: str | None = None
    """Assignee or composer."""
    stage: TicketStage | None = None
    status: Status | None = None
    limit: int = 50


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
    """When the next answer is due; of one department's list: when its own is."""
    last_message_at: Instant | None = None
    last_text: str = ""
    """The beginning of the last message."""


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

    digest: str


class ShownRules(Payload):
    """A rule set that was in force once, as its file was written."""

    digest: str
    source: str


class LostQuery(Payload):
    """Which cases to look for: those whose workflow was closed by force within so many days."""

    days: int = 30


class LostCase(Payload):
    """A case that is not closed, but whose workflow was closed by force."""

    workflow_id: str
    how: str
    """Such as ``terminated``."""
    at: Instant
    reason: str = ""
    """What whoever closed it said, or the error that did."""


class LostCases(Payload):
    """Cases that are lost, those that were closed last first."""

    cases: tuple[LostCase, ...] = ()
    all_looked_at: bool = True
    """False where so many workflows were closed by force that only the latest were looked at."""


class Revival(Payload):
    """Which case to open again. With ``dry_run``, nothing is done."""

    workflow_id: str
    dry_run: bool = False


class Revived(Payload):
    """What came of a `Revival`."""

    goes_on: bool
    """False where there is nothing to do: it is running, or it is closed for good."""
    what: str
    """In words: why not; or what it goes on with."""


class DirectoryChange(Payload):
    """A whole new directory. ``based_on`` is the version that it was made from, as a guard."""

    directory: dict[str, Any]
    based_on: int | None = None
