"""What a case does to the world: the activities' names and what each of them takes.

An effect is decided in one place (the workflow) and carried out in another (an activity), at least
once and in the order of the decisions of its case. Its ``key`` is made from the case and the event,
never from a run or an attempt, so that a help desk can recognise what it has already done.
"""

from __future__ import annotations

from typing import Annotated, Literal, get_args

from pydantic import Field

from baton.contract import (
    Activity,
    Author,
    Instant,
    Payload,
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
GIVE_PLACES = "give_places"
FORWARD = "forward"


class CaseRef(Payload):
    """Which case, in words for the help desk."""

    case_id: str
    channel: str
    """For a ticket: empty if it has none."""
    conversation: str
    """For a ticket: the conversation of the chat that it is linked to, or empty."""
    customer: str
    ticket_id: str | None = None

    @property
    def workflow_id(self) -> str:
        """The workflow of the case."""
        if self.ticket_id is not None:
            return ticket_workflow_id(self.ticket_id)
        return chat_workflow_id(self.channel, self.conversation)

    @property
    def place_is_empty(self) -> bool:
        """Whether it names no place at all."""
        return not (self.ticket_id or (self.channel and self.conversation))

    @staticmethod
    def at(workflow_id: str) -> CaseRef:
        """Only which case it is, from the ID of its workflow; everything else is left empty."""
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
    """Everything that one decision changes about a case, in one call.

    It is ``remove_label`` if it does only that, ``reassign`` if somebody else has the case, and otherwise
    ``update_case``. The fields give the case as it is afterwards, so that doing it twice changes nothing.
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
    """A message to the customer from a rule: ``send_message``."""

    do: Literal["send_message"] = "send_message"
    text: str
    template: str | None = None
    """The template that it comes from, if it does not come from a rule."""


class Notice(_Effect):
    """Everybody who must be told about one event, in one call: ``notify``."""

    do: Literal["notify"] = "notify"
    tell: tuple[Tell, ...]


class Prompt(_Effect):
    """All departments of a round have answered: this person writes the reply. ``prompt_reply``."""

    do: Literal["prompt_reply"] = "prompt_reply"
    composer: str | None = None
    """None if nobody can be named: then everyone online is told."""
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
    """Whom to tell; if nobody, everyone online."""


class Forward(_Effect):
    """What is written to a case that was merged into another goes to that one: ``forward``."""

    do: Literal["forward"] = "forward"
    to: str
    """The workflow of the other case."""
    merged_by: Author | None = None
    """Set by the event that merged the case: who did it. Then all that the customer wrote goes, too."""
    merged_from: tuple[str, ...] = ()
    departments: tuple[str, ...] = ()
    tickets: tuple[str, ...] = ()
    """These three as in the event ``merged_from``, which the other case gets after the messages."""


class CopyToTicket(_Effect):
    """What the customer writes in a chat goes to a ticket that the chat is linked to: ``copy_to_ticket``."""

    do: Literal["copy_to_ticket"] = "copy_to_ticket"
    ticket_id: str
    opened_by: Author | None = None
    """Set by the event that opened the ticket: who opened it."""


class GivenPlace(Payload):
    """Room that the ledger has promised to a case which waits."""

    case: str
    """The ID of the case's workflow."""
    staff: str
    """Who has the room. The case decides for itself who of the line gets it."""


class GivePlaces(_Effect):
    """These cases are next in their queues, and are told so: ``give_places``."""

    do: Literal["give_places"] = "give_places"
    places: tuple[GivenPlace, ...]


Effect = Annotated[
    CaseWrite
    | Message
    | Notice
    | Prompt
    | ConsolidatedReply
    | Reminder
    | Escalation
    | CopyToTicket
    | GivePlaces
    | Forward,
    Field(discriminator="do"),
]

EFFECTS: tuple[str, ...] = tuple(
    name for kind in get_args(get_args(Effect)[0]) for name in get_args(kind.model_fields["do"].annotation)
)
"""What an effect may do: the names of the activities that carry effects out."""
