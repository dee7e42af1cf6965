"""Everything that crosses Temporal or HTTP: names, IDs, events, outcomes and snapshots.

Programs outside this project rely on what stands here. Payloads tolerate unknown fields and give
every field but the first ones a default, so that a new release can read what an old one wrote and
the other way round. Times are aware datetimes, written in UTC.
"""

from __future__ import annotations

from collections.abc import Set
from datetime import UTC, datetime
from enum import StrEnum
from hashlib import sha256
from typing import Annotated, Any, Literal, get_args

from pydantic import (
    AfterValidator,
    AwareDatetime,
    BaseModel,
    ConfigDict,
    Field,
    StringConstraints,
    TypeAdapter,
    ValidationError,
)
from pydantic_core import ErrorDetails, to_json

from baton.errors import InvalidEvent
from baton.names import LONGEST_ID, Id, Name, Outside, without_controls
from baton.signs import hidden_in

# --- Names that Temporal knows ------------------------------------------------------------------

TASK_QUEUE = "baton"
CHAT_WORKFLOW = "Chat"
TICKET_WORKFLOW = "Ticket"

HANDLE = "handle"
"""Update: one event in, its outcome back once the decision is durable."""
SUBMIT = "submit"
"""Signal: one event in, nothing back. For bulk traffic."""
NOTE_ADDED = "note_added"
"""Signal of a ticket: a note, such as a department's answer. ``kind`` need not be said."""
POKE = "poke"
"""Signal, without an argument: look at the time, the rules and who is there, as if something came due."""
SNAPSHOT = "snapshot"
TIMELINE = "timeline"
DRAFT = "draft"
"""Query of a ticket: the consolidated reply as far as it is drafted."""

SEARCH_ATTRIBUTES: dict[str, Literal["Keyword", "KeywordList", "Datetime"]] = {
    "Tab": "Keyword",
    "CaseStatus": "Keyword",
    "TicketStage": "Keyword",
    "Assignee": "Keyword",
    "PinnedTo": "Keyword",
    "Line": "Keyword",
    "Channel": "Keyword",
    "Labels": "KeywordList",
    "DueAt": "Datetime",
}
"""Name and type of each search attribute. Registered once for a namespace, before a worker starts."""

MAX_WORKFLOW_ID_LENGTH = 1000
MAX_TEXT_LENGTH = 100_000
"""Longest message text, in characters. A payload may have 2 MB; more belongs into an attachment."""
MAX_ATTACHMENTS_SIZE = 100_000
"""Largest attachments of a message, in bytes of JSON: they are named here, and kept elsewhere."""
MAX_EVENT_SIZE = 350_000
"""Largest event, in bytes of JSON. The end of a workflow task brings all updates back that came with it, also
those that it refuses; with more than 4 MB the server closes the workflow by force. It lets 10 in at once."""
MAX_LABELS = 1000
"""Labels that a case may have, and that one event may add or remove."""
MAX_LABELS_SIZE = 64_000
"""Bytes of all labels of a case together: they stand in each answer, and in each write."""

MAX_NOTES_SIZE = 400_000
"""Bytes of notes that a ticket carries with it; of more, the beginnings. Whole they are in the help desk."""
MAX_NOTES = 1000
"""Notes that a ticket carries with it. Of more, only that they answer; the help desk has them all."""
MARKER = "several-departments"
"""The label of a ticket that several departments work on, so that such tickets are found again."""
MAX_DEPARTMENTS = 200
"""Departments that one ticket may ever ask."""


def chat_workflow_id(channel: str, conversation: str) -> str:
    """The workflow ID of the chat on this channel: ``chat:{channel}:{conversation}``.

    Raises ``InvalidEvent`` if a part is empty, the channel has a colon (two chats could then share
    an ID), or the whole is as long as Temporal's limit of 1,000 bytes.
    """
    if ":" in channel:
        raise InvalidEvent(f"channel {channel!r} has a colon: use a name such as 'telegram'")
    return _workflow_id("chat", channel=channel, conversation=conversation)


def ticket_workflow_id(ticket_id: str) -> str:
    """The workflow ID of a ticket: ``ticket:{ticket_id}``. Raises ``InvalidEvent`` as `chat_workflow_id`."""
    return _workflow_id("ticket", ticket_id=ticket_id)


def _workflow_id(kind: str, **parts: str) -> str:
    for name, part in parts.items():
        if not part or part != part.strip() or not without_controls(part):
            controls = hidden_in(part, word=True)
            raise InvalidEvent(
                f"{name} is {part!r}: give an ID without "
                + (f"{controls}, which cannot be seen" if controls else "spaces around it")
            )
    workflow_id = ":".join((kind, *parts.values()))
    size = len(workflow_id.encode())  # Temporal counts bytes
    if size >= MAX_WORKFLOW_ID_LENGTH:
        raise InvalidEvent(
            f"the workflow ID would have {size} bytes; fewer than {MAX_WORKFLOW_ID_LENGTH} are allowed: "
            f"shorten the {list(parts)[-1].replace('_', ' ')}"
        )
    return workflow_id


def derived_id(*parts: str) -> str:
    """An ID made of others, such as that of an event that one case sends to another.

    Where they are too long together, or have what must not stand in an ID, a digest stands for all but the
    first.
    """
    whole = ":".join(parts)
    if len(whole) <= LONGEST_ID and not hidden_in(whole, word=True):
        return whole
    first = "" if hidden_in(parts[0], word=True) else parts[0][:100]
    return f"{first}:{sha256(whole.encode()).hexdigest()}"


# --- Values -------------------------------------------------------------------------------------


class Activity(StrEnum):
    """Whether a chat is going on. Ended is not closed."""

    ACTIVE = "active"
    ENDED = "ended"


class Status(StrEnum):
    """Whose turn it is: the company's (open), the customer's (pending), nobody's (closed)."""

    OPEN = "open"
    PENDING = "pending"
    CLOSED = "closed"


class Tab(StrEnum):
    """Where support staff find a chat."""

    NEW = "new"
    MINE = "mine"
    RESERVED = "reserved"
    UNANSWERED = "unanswered"
    ENDED = "ended"


class TicketStage(StrEnum):
    """How far a ticket is."""

    TRIAGE = "triage"
    """Nobody is asked."""
    COLLECTING = "collecting"
    """Departments are asked."""
    COMPOSING = "composing"
    """All have answered; the composer writes the consolidated reply."""
    ANSWERED = "answered"
    CLOSED = "closed"


class DepartmentState(StrEnum):
    """What became of asking a department."""

    ASKED = "asked"
    ANSWERED = "answered"
    WITHDRAWN = "withdrawn"
    """It is no longer needed."""
    DECLINED = "declined"
    """It says that this is not its matter."""


class Presence(StrEnum):
    """What a person is doing now; the habit of working with chats is another thing."""

    ONLINE = "online"
    WITHOUT_CHATS = "without_chats"
    OFFLINE = "offline"


class AuthorType(StrEnum):
    CUSTOMER = "customer"
    STAFF = "staff"
    SYSTEM = "system"


def _in_utc(at: datetime) -> datetime:
    try:
        return at.astimezone(UTC)
    except OverflowError:  # no ValueError, and so nothing that pydantic would explain
        raise ValueError("in UTC it is beyond the years 1 to 9999") from None


Names = Annotated[tuple[Name, ...], Field(max_length=MAX_LABELS)]
Text = Annotated[str, StringConstraints(max_length=MAX_TEXT_LENGTH)]
Instant = Annotated[AwareDatetime, AfterValidator(_in_utc)]


class Payload(BaseModel):
    """What crosses a wire: immutable, and tolerant of fields that a newer release may send."""

    model_config = ConfigDict(frozen=True, extra="ignore", use_enum_values=False)


class Author(Payload):
    """Who did it. The ID is opaque: never a phone number or an address."""

    type: AuthorType
    id: Id

    def __str__(self) -> str:
        return f"{self.type}:{self.id}"


SYSTEM = Author(type=AuthorType.SYSTEM, id="baton")

# --- Events -------------------------------------------------------------------------------------


class BaseEvent(Payload):
    """What every event has. ``id`` is the caller's and makes the call idempotent."""

    id: Id
    at: Instant | None = None
    author: Author


def _not_too_large(attachments: tuple[Any, ...]) -> tuple[Any, ...]:
    if attachments and (size := len(to_json(attachments))) > MAX_ATTACHMENTS_SIZE:
        raise ValueError(f"they have {size} bytes, at most {MAX_ATTACHMENTS_SIZE} are allowed: send links")
    return attachments


class _Message(BaseEvent):
    text: Text = ""
    message_id: Id | None = None
    attachments: Annotated[tuple[Any, ...], AfterValidator(_not_too_large)] = ()


class CustomerMessage(_Message):
    kind: Literal["customer_message"] = "customer_message"


class AgentMessage(_Message):
    kind: Literal["agent_message"] = "agent_message"


class SystemMessage(_Message):
    kind: Literal["system_message"] = "system_message"


class MessageChanged(BaseEvent):
    kind: Literal["message_changed"] = "message_changed"
    message_id: Id
    deleted: bool = False


class DeliveryFailed(BaseEvent):
    kind: Literal["delivery_failed"] = "delivery_failed"
    message_id: Id


class NoteAdded(BaseEvent):
    kind: Literal["note_added"] = "note_added"
    text: Text
    label: Name | None = None
    answers: bool = True
    instruction: bool = False


class Taken(BaseEvent):
    kind: Literal["taken"] = "taken"


class ChatEnded(BaseEvent):
    kind: Literal["chat_ended"] = "chat_ended"
    status: Status | None = None


class StatusSet(BaseEvent):
    kind: Literal["status_set"] = "status_set"
    status: Status
    force: bool = False
    reason: Text = ""


class Assigned(BaseEvent):
    """A transfer by hand: to a person, to a line, or, with neither, to nobody."""

    kind: Literal["assigned"] = "assigned"
    staff: Id | None = None
    line: Id | None = None


class LabelsChanged(BaseEvent):
    kind: Literal["labels_changed"] = "labels_changed"
    add: Names = ()
    remove: Names = ()


class PresenceChanged(BaseEvent):
    kind: Literal["presence_changed"] = "presence_changed"
    staff: Id
    presence: Presence


class MergedInto(BaseEvent):
    kind: Literal["merged_into"] = "merged_into"
    case: Id


class TemplateApplied(BaseEvent):
    """Several departments are asked at once, as the template says. All or nothing."""

    kind: Literal["template_applied"] = "template_applied"
    template: Id


class DepartmentDeclined(BaseEvent):
    """A department says that this is not its matter, and perhaps whose it is."""

    kind: Literal["department_declined"] = "department_declined"
    label: Name
    to: Name | None = None
    reason: Text


class DepartmentAskedAgain(BaseEvent):
    kind: Literal["department_asked_again"] = "department_asked_again"
    label: Name
    question: Text = ""


class SendReply(BaseEvent):
    """The consolidated reply, to be sent to the customer. ``status`` is what the ticket gets: pending."""

    kind: Literal["send_reply"] = "send_reply"
    text: Annotated[Text, StringConstraints(min_length=1, pattern=r"\S")]
    status: Status | None = None
    force: bool = False


class ReplySent(BaseEvent):
    """A consolidated reply that was already sent. In a chat: one that a ticket has sent there."""

    kind: Literal["reply_sent"] = "reply_sent"
    message_id: Id
    text: Text = ""


class TicketOpened(BaseEvent):
    """The matter of a chat goes on in a ticket, too."""

    kind: Literal["ticket_opened"] = "ticket_opened"
    ticket_id: Id


class ReminderDue(BaseEvent):
    """Made inside: a department should be reminded that its answer is due soon."""

    kind: Literal["reminder_due"] = "reminder_due"
    label: Name


class DepartmentDue(BaseEvent):
    """Made inside: a department's answer is due."""

    kind: Literal["department_due"] = "department_due"
    label: Name


class Idle(BaseEvent):
    """Made inside: nobody wrote for the channel's idle time."""

    kind: Literal["idle"] = "idle"


class TimedDue(BaseEvent):
    """Made inside: a timed rule, an offer or somebody's grace may have come due."""

    kind: Literal["timed_due"] = "timed_due"


_AnyCaseEvent = (
    CustomerMessage
    | AgentMessage
    | SystemMessage
    | MessageChanged
    | DeliveryFailed
    | NoteAdded
    | Taken
    | StatusSet
    | Assigned
    | LabelsChanged
    | PresenceChanged
    | ReplySent
    | TicketOpened
    | MergedInto
    | TimedDue
)
_ChatOnlyEvent = ChatEnded | Idle
_TicketOnlyEvent = (
    TemplateApplied | DepartmentDeclined | DepartmentAskedAgain | SendReply | ReminderDue | DepartmentDue
)

ChatEvent = Annotated[_AnyCaseEvent | _ChatOnlyEvent, Field(discriminator="kind")]
TicketEvent = Annotated[_AnyCaseEvent | _TicketOnlyEvent, Field(discriminator="kind")]
Event = Annotated[_AnyCaseEvent | _ChatOnlyEvent | _TicketOnlyEvent, Field(discriminator="kind")]


def _kinds(*unions: Any) -> frozenset[str]:
    return frozenset(event.model_fields["kind"].default for union in unions for event in get_args(union))


CHAT_KINDS = _kinds(_AnyCaseEvent, _ChatOnlyEvent)
TICKET_KINDS = _kinds(_AnyCaseEvent, _TicketOnlyEvent)

INTERNAL_KINDS = frozenset({"idle", "timed_due", "reminder_due", "department_due"})
"""Kinds that only a workflow makes for itself; from outside they are refused."""

MESSAGE_KINDS = frozenset({"customer_message", "agent_message"})
"""Only these start a chat, so only these are sent with update-with-start."""

TICKET_OPENING_KINDS = MESSAGE_KINDS | {"template_applied", "labels_changed", "ticket_opened"}
"""These start a ticket where there is none. A closed one is opened again by its customer only."""

_CUSTOMER = frozenset({AuthorType.CUSTOMER})
_STAFF = frozenset({AuthorType.STAFF})
_SYSTEM = frozenset({AuthorType.SYSTEM})
_NOT_CUSTOMER = _STAFF | _SYSTEM
_ANYONE = _CUSTOMER | _NOT_CUSTOMER

AUTHORS: dict[str, frozenset[AuthorType]] = {
    "customer_message": _CUSTOMER,
    "agent_message": _STAFF,
    "system_message": _SYSTEM,
    "message_changed": _ANYONE,
    "delivery_failed": _ANYONE,
    "note_added": _NOT_CUSTOMER,
    "taken": _STAFF,
    "chat_ended": _ANYONE,
    "status_set": _NOT_CUSTOMER,
    "assigned": _NOT_CUSTOMER,
    "labels_changed": _NOT_CUSTOMER,
    "presence_changed": _NOT_CUSTOMER,
    "merged_into": _NOT_CUSTOMER,
    "template_applied": _NOT_CUSTOMER,
    "department_declined": _STAFF,
    "department_asked_again": _NOT_CUSTOMER,
    "send_reply": _STAFF,
    "reply_sent": _STAFF,
    "ticket_opened": _NOT_CUSTOMER,
    "reminder_due": _SYSTEM,
    "department_due": _SYSTEM,
    "idle": _SYSTEM,
    "timed_due": _SYSTEM,
}
"""Who may be the author of an event of each kind."""

_CHAT_EVENT: TypeAdapter[ChatEvent] = TypeAdapter(ChatEvent)
_TICKET_EVENT: TypeAdapter[TicketEvent] = TypeAdapter(TicketEvent)


def parse_chat_event(payload: object, *, strict: bool = True) -> ChatEvent:
    """Read an event as it came from outside. Unknown fields are ignored.

    Args:
        strict: false where a history may hold it: an ID or a label may have signs then that nobody sees.

    Raises ``InvalidEvent``, which says what is wrong, where, and what would be right.
    """
    kind, fields = _event_fields(payload, "a chat", CHAT_KINDS)
    try:
        event = _CHAT_EVENT.validate_python(fields, context=Outside() if strict else None)
    except ValidationError as error:
        raise InvalidEvent(f"event {fields.get('id')!r} ({kind}): {first_mistakes(error)}") from None
    _check_sense(event)
    return event


def parse_ticket_event(payload: object, *, strict: bool = True) -> TicketEvent:
    """Read an event of a ticket as it came from outside; otherwise as `parse_chat_event`."""
    kind, fields = _event_fields(payload, "a ticket", TICKET_KINDS)
    try:
        event = _TICKET_EVENT.validate_python(fields, context=Outside() if strict else None)
    except ValidationError as error:
        raise InvalidEvent(f"event {fields.get('id')!r} ({kind}): {first_mistakes(error)}") from None
    _check_sense(event)
    return event


def check_event_size(size: int) -> None:
    """Raises ``InvalidEvent`` if an event of this many bytes of JSON is too large."""
    if size > MAX_EVENT_SIZE:
        raise InvalidEvent(
            f"an event of {size} bytes is too large, at most {MAX_EVENT_SIZE} are allowed: send links"
        )


def _event_fields(payload: object, case: str, kinds: frozenset[str]) -> tuple[str, dict[str, Any]]:
    """The kind of an event, and the fields that it has, once it is clear that the case takes such."""
    if not isinstance(payload, dict):
        raise InvalidEvent(
            f"an event is a JSON object with 'kind', 'id' and 'author', not {type(payload).__name__}"
        )
    kind = payload.get("kind")
    if not isinstance(kind, str) or kind not in kinds:
        what = (
            f"{kind!r} is not for {case}"
            if isinstance(kind, str) and kind in AUTHORS
            else f"{kind!r} is unknown"
        )
        raise InvalidEvent(f"kind {what}; {case} takes {', '.join(sorted(kinds - INTERNAL_KINDS))}")
    if kind in INTERNAL_KINDS:
        raise InvalidEvent(f"kind {kind!r} is made by Baton itself and is not accepted from outside")
    # An absent field and a null one mean the same to the programs that call us.
    return kind, {name: value for name, value in payload.items() if value is not None}


def _check_sense(event: BaseEvent) -> None:
    """What no field can say alone. Raises ``InvalidEvent``."""
    kind: str = event.kind  # type: ignore[attr-defined]
    allowed = AUTHORS[kind]
    if event.author.type not in allowed:
        raise InvalidEvent(
            f"event {event.id!r}: the author of {kind} is of type {' or '.join(sorted(allowed))}, "
            f"not {event.author.type.value}"
        )
    if isinstance(event, Assigned) and event.staff and event.line:
        raise InvalidEvent(f"event {event.id!r}: assigned takes a staff or a line, not both")


def require_plain(event: BaseEvent, known: Set[str] = frozenset()) -> None:
    """Refuse an event with an ID or a label that has signs that nobody sees, beside those in ``known``.

    For an event that was read without being ``strict``. Raises ``InvalidEvent``.
    """
    try:
        type(event).model_validate(event.model_dump(), context=Outside(known))
    except ValidationError as error:
        kind: str = event.kind  # type: ignore[attr-defined]
        raise InvalidEvent(f"event {event.id!r} ({kind}): {first_mistakes(error, skip=0)}") from None


def parse_chat_start(payload: object, *, strict: bool = True) -> ChatStart:
    """Read the start argument of a ``Chat`` workflow, ``strict`` as `parse_chat_event`. Raises
    ``InvalidEvent``."""
    try:
        return ChatStart.model_validate(payload, context=Outside() if strict else None)
    except ValidationError as error:
        raise InvalidEvent(f"start argument: {first_mistakes(error, skip=0)}") from None


def parse_ticket_start(payload: object, *, strict: bool = True) -> TicketStart:
    """Read the start argument of a ``Ticket`` workflow, ``strict`` as `parse_chat_event`. Raises
    ``InvalidEvent``."""
    try:
        return TicketStart.model_validate(payload, context=Outside() if strict else None)
    except ValidationError as error:
        raise InvalidEvent(f"start argument: {first_mistakes(error, skip=0)}") from None


def first_mistakes(error: ValidationError, *, skip: int = 1, most: int = 3) -> str:
    """A pydantic error in one line: where and what, without the library's links.

    ``skip`` leaves out the first parts of each place, such as the kind in a union of events.
    """
    found = error.errors(include_url=False, include_context=False, include_input=False)
    said = [
        f"{'.'.join(str(part) for part in item['loc'][skip:]) or 'event'}: {_mistake(item)}"
        for item in found[:most]
    ]
    more = len(found) - most
    return "; ".join(said) + (f"; and {more} more" if more > 0 else "")


def _mistake(item: ErrorDetails) -> str:
    blank = item["type"] == "string_pattern_mismatch"  # the one pattern here: something that can be read
    return "must not be blank" if blank else item["msg"]


# --- What comes back ----------------------------------------------------------------------------


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
    previous_case: str | None = None
    ticket_id: str | None = None
    """The ticket that this chat opened."""


class Note(Payload):
    """A department's note. One for two departments stands with both, under the same event ID."""

    author: Author
    text: str
    at: Instant
    event_id: str = ""
    round: int = 1


class Department(Payload):
    """One department that a ticket asked."""

    label: str
    state: DepartmentState
    asked_at: Instant
    due_at: Instant | None = None
    """When its answer is due; not counted while the ticket waits for the customer."""
    remind_at: Instant | None = None
    """Set until the reminder went out."""
    escalated: bool = False
    answered_at: Instant | None = None
    answered_by: str | None = None
    declined_to: str | None = None
    blocks: bool = False
    """Declined, and nobody else was asked instead: the dispatcher must withdraw or redirect it."""
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
    """Whether the customer has written since."""


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
    """Set where the ticket was opened by a chat, to which the reply goes."""
    template: str | None = None
    """The template that was applied last."""
    paused_at: Instant | None = None
    """Since when due times do not count, because the ticket waits for the customer."""
    last_author: Author | None = None
    last_message_at: Instant | None = None
    closed_because: str | None = None
    """The reason that was given for closing it over somebody, or the ticket it was merged into."""


class Assign(Payload):
    """Decided: this person (or, where nobody was available, this line's queue) gets the case."""

    do: Literal["assign"] = "assign"
    staff: str | None = None
    line: str | None = None


class Pin(Payload):
    do: Literal["pin"] = "pin"
    staff: str


class End(Payload):
    do: Literal["end"] = "end"
    status: Status | None = None


class SetStatus(Payload):
    do: Literal["set_status"] = "set_status"
    status: Status


class ChangeLabels(Payload):
    do: Literal["labels"] = "labels"
    add: tuple[str, ...] = ()
    remove: tuple[str, ...] = ()


class AddNote(Payload):
    do: Literal["note"] = "note"
    text: str


class Reply(Payload):
    do: Literal["reply"] = "reply"
    text: str


class Tell(Payload):
    """Decided: tell these people (or everyone whom New would tell) something."""

    do: Literal["notify"] = "notify"
    staff: tuple[str, ...] = ()
    line: str | None = None
    departments: tuple[str, ...] = ()
    """Labels: all members of these departments."""
    everyone: bool = False
    reason: str = ""


Action = Annotated[
    Assign | Pin | End | SetStatus | ChangeLabels | AddNote | Reply | Tell, Field(discriminator="do")
]
"""What a rule did, already concrete: people are named, nothing is left to be looked up."""


class Fired(Payload):
    """A rule that fired for an event, and what it did, in order."""

    rule: str
    actions: tuple[Action, ...] = ()
    skipped: tuple[str, ...] = ()
    """Actions that were not possible in the state of the case, each with the reason."""


class Outcome(Payload):
    """The answer to an event. ``duplicate`` means that it had been handled before."""

    event_id: str
    duplicate: bool = False
    snapshot: ChatSnapshot
    fired: tuple[Fired, ...] = ()


class TicketOutcome(Payload):
    """The answer to an event of a ticket."""

    event_id: str
    duplicate: bool = False
    snapshot: TicketSnapshot
    fired: tuple[Fired, ...] = ()


class TimelineEntry(Payload):
    """One line of a case's story. ``refused`` holds the reason where the event was not accepted."""

    at: Instant
    event_id: str
    kind: str
    author: str
    what: str = ""
    rules: tuple[str, ...] = ()
    moved: bool = False
    """Whether somebody else has the case since then."""
    refused: str | None = None


EndReason = Literal["closed", "empty", "refused", "duplicate", "blocked"]


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
