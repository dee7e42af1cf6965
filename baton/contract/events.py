"""What may happen to a case: the kinds of events, which of them open a case, and who may be their author."""

from __future__ import annotations

from typing import Annotated, Any, Literal, get_args

from pydantic import (
    AfterValidator,
    Field,
    SerializerFunctionWrapHandler,
    StringConstraints,
    model_serializer,
)
from pydantic_core import to_json

from baton.contract.names import MAX_ATTACHMENTS_SIZE
from baton.contract.values import Author, AuthorType, Instant, Names, Payload, Presence, Status, Text
from baton.contract.words import Id, Name, TicketId, WorkflowId


class BaseEvent(Payload):
    """What every event has. ``id`` is the caller's and makes the call idempotent."""

    kind: str
    id: Id
    at: Instant | None = None
    author: Author


def _not_too_large(attachments: tuple[Any, ...]) -> tuple[Any, ...]:
    if attachments and (size := len(to_json(attachments))) > MAX_ATTACHMENTS_SIZE:
        raise ValueError(f"they have {size} bytes, at most {MAX_ATTACHMENTS_SIZE} are allowed: send links")
    return attachments


class _Message(BaseEvent):
    """Whoever reports a message may leave its text out; a text that is given says something."""

    text: Text = ""
    message_id: Id | None = None
    attachments: Annotated[tuple[Any, ...], AfterValidator(_not_too_large)] = ()

    @property
    def says_nothing(self) -> bool:
        """Whether the text is given, but has only white space, and nothing is attached."""
        return "text" in self.model_fields_set and not self.attachments and not self.text.strip()

    @model_serializer(mode="wrap")
    def _without_a_text_that_was_left_out(self, write: SerializerFunctionWrapHandler) -> dict[str, Any]:
        # Or whoever reads it could not tell whether the text was left out or empty.
        fields: dict[str, Any] = write(self)
        if "text" not in self.model_fields_set:
            fields.pop("text", None)
        return fields


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
    not_to: Id | None = None
    """With a line: one of its members who must not get the case, such as the one it is taken from."""


class LabelsChanged(BaseEvent):
    kind: Literal["labels_changed"] = "labels_changed"
    add: Names = ()
    remove: Names = ()


class PresenceChanged(BaseEvent):
    kind: Literal["presence_changed"] = "presence_changed"
    staff: Id
    presence: Presence


class PlaceFreed(BaseEvent):
    """Somebody of the line has room for the case, which has waited longest for it."""

    kind: Literal["place_freed"] = "place_freed"
    staff: Id


class DirectoryChanged(BaseEvent):
    """The directory has another version. What follows for the case is in the facts of the decision."""

    kind: Literal["directory_changed"] = "directory_changed"
    former_labels: dict[Name, Id] = {}
    """The keys of departments that have another label now, by the label that each had before."""


class MergedInto(BaseEvent):
    """The case was a duplicate of another, which hears from now on what is written here."""

    kind: Literal["merged_into"] = "merged_into"
    case: WorkflowId


class MergedFrom(BaseEvent):
    """Another case was merged into this one, whose customer writes here from now on."""

    kind: Literal["merged_from"] = "merged_from"
    case: WorkflowId
    cases: tuple[WorkflowId, ...] = ()
    """Those that had been merged into that one before."""
    departments: Names = ()
    """The labels of the departments that were asked there and had not answered."""
    tickets: tuple[Id, ...] = ()
    """The tickets to which its customer's messages were copied."""


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
    ticket_id: Id | None = None
    """In a chat: the ticket that has sent it."""


class TicketOpened(BaseEvent):
    """The matter of a chat goes on in a ticket, too."""

    kind: Literal["ticket_opened"] = "ticket_opened"
    ticket_id: TicketId


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
    | PlaceFreed
    | DirectoryChanged
    | ReplySent
    | TicketOpened
    | MergedInto
    | MergedFrom
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
"""Kinds that only a workflow makes for itself; they are refused from outside."""
MESSAGE_KINDS = frozenset({"customer_message", "agent_message"})
"""What customer and staff write."""
REOPENING_KINDS = frozenset({"delivery_failed", "merged_from"})
"""These open a closed case again, but never the first one of a conversation or a ticket."""
FORWARDED_KINDS = MESSAGE_KINDS | {"message_changed", "delivery_failed", "reply_sent"}
"""Once a case has been merged into another, that one hears of these."""
CHAT_OPENING_KINDS = MESSAGE_KINDS | {"reply_sent"}
"""These start a chat if there is none, so they are sent with a start."""
TICKET_OPENING_KINDS = MESSAGE_KINDS | {"template_applied", "labels_changed", "ticket_opened"}
"""These start a ticket if there is none. Of them, only its customer's message opens a closed one again."""
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
    "place_freed": _SYSTEM,
    "directory_changed": _SYSTEM,
    "merged_into": _NOT_CUSTOMER,
    "merged_from": _NOT_CUSTOMER,
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
