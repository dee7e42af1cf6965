"""The language of rules: what a rule file may contain.

The models here are the grammar. The JSON Schema for editors is generated from them, and the loader validates
with them, so the two cannot differ. ``baton.rules.checks`` checks what only the directory knows (names of
people, lines, labels); ``baton.rules.engine`` does what a rule says.

A condition is a line ``field: test``. All lines of a ``when`` must hold. A test is a plain value (*is*),
the words ``is set`` or ``is not set``, or words with values::

    when:
      event.kind: agent_message
      event.author.line: {is not: line-1}
      case.assignee: {is: {field: event.author}}
      case.labels: {has any of: [vip, urgent]}
      case.reserved_for: is not set
      any:
        - event.text: {contains: refund}
        - case.channel: {is one of: [telegram, whatsapp]}
"""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum
from typing import Annotated, Any, Literal

from pydantic import BaseModel, Discriminator, Field, Tag

from baton.contract.words import Key, Label
from baton.rules.grammar import Loose, Part, Text, key_of
from baton.rules.scene import CHATS, EVERY_CASE, TICKETS, CaseType
from baton.rules.when import EventWhen, TimedWhen
from baton.wording import BY_KEY

# --- Actions ------------------------------------------------------------------------------------

PersonField = Literal[
    "event.author",
    "event.staff",
    "case.assignee",
    "case.pinned_to",
    "case.reserved_for",
    "case.composer",
    "case.dispatcher",
    "before.assignee",
    "before.pinned_to",
    "before.reserved_for",
    "before.composer",
    "before.dispatcher",
]
LabelsField = Literal["event.answered_labels"]


class ToStaff(Part):
    staff: Key
    """A member of staff."""


class ToLine(Part):
    line: Key
    """A line. Who of it gets the case, or whether it waits in the queue, is decided by availability."""


class ToField(Part):
    to: PersonField
    """The person in this field."""


class Assign(Part):
    assign: Annotated[
        Annotated[ToStaff, Tag("key:staff")]
        | Annotated[ToLine, Tag("key:line")]
        | Annotated[ToField, Tag("key:to")],
        Discriminator(key_of("staff", "line", "to")),
    ]
    """Make a person responsible, or a line."""


class Pin(Part):
    pin: Annotated[
        Annotated[ToStaff, Tag("key:staff")] | Annotated[ToField, Tag("key:to")],
        Discriminator(key_of("staff", "to")),
    ]
    """Put the chat into somebody's Mine. Only for chats."""


StatusName = Literal["open", "pending", "closed"]
LabelList = Annotated[tuple[Label, ...], Loose, Field(min_length=1)]


class LabelsIn(Part):
    field: LabelsField
    """The labels in this field."""


def _list_or_field(value: Any) -> str:
    return BY_KEY + "field" if isinstance(value, dict | BaseModel) else "list"


Labels = Annotated[
    Annotated[LabelList, Tag("list")] | Annotated[LabelsIn, Tag(BY_KEY + "field")],
    Discriminator(_list_or_field),
]


class Ending(Part):
    status: StatusName | None = None
    """The status to end with; the present one, if there is none here."""


class EndChat(Part):
    end_chat: Ending = Field(
        alias="end chat", description="End the chat. Ended is not closed. Only for chats."
    )


class SetStatus(Part):
    set_status: StatusName = Field(
        alias="set status", description="Set the status; a chat stays active or ended."
    )


class AddLabels(Part):
    add_labels: Labels = Field(alias="add labels", description="Put these labels on the case.")


class RemoveLabels(Part):
    remove_labels: Labels = Field(alias="remove labels", description="Take these labels off the case.")


class Note(Part):
    note: Text
    """Leave an internal message in the case."""


class Reply(Part):
    reply: Text
    """Send the customer a message. It changes neither status nor assignee."""


class NotifyStaff(Part):
    staff: Annotated[tuple[Key, ...], Loose, Field(min_length=1)]
    """These people."""
    text: Text


class NotifyLine(Part):
    line: Key
    """Everybody of this line who is online."""
    text: Text


class NotifyDepartments(Part):
    departments: LabelList
    """All members of the departments with these labels."""
    text: Text


class NotifyField(Part):
    to: PersonField
    """The person in this field."""
    text: Text


class NotifyEveryone(Part):
    everyone: Literal[True]
    """Everybody who is online."""
    text: Text


class Notify(Part):
    notify: Annotated[
        Annotated[NotifyStaff, Tag("key:staff")]
        | Annotated[NotifyLine, Tag("key:line")]
        | Annotated[NotifyDepartments, Tag("key:departments")]
        | Annotated[NotifyField, Tag("key:to")]
        | Annotated[NotifyEveryone, Tag("key:everyone")],
        Discriminator(key_of("staff", "line", "departments", "to", "everyone")),
    ]
    """Tell somebody something."""


Action = Annotated[
    Annotated[Assign, Tag("key:assign")]
    | Annotated[Pin, Tag("key:pin")]
    | Annotated[EndChat, Tag("key:end chat")]
    | Annotated[SetStatus, Tag("key:set status")]
    | Annotated[AddLabels, Tag("key:add labels")]
    | Annotated[RemoveLabels, Tag("key:remove labels")]
    | Annotated[Note, Tag("key:note")]
    | Annotated[Reply, Tag("key:reply")]
    | Annotated[Notify, Tag("key:notify")],
    Discriminator(
        key_of(
            "assign",
            "pin",
            "end chat",
            "set status",
            "add labels",
            "remove labels",
            "note",
            "reply",
            "notify",
        )
    ),
]

# --- Rules --------------------------------------------------------------------------------------

CASES: Mapping[str, frozenset[CaseType]] = {"chats": CHATS, "tickets": TICKETS, "all": EVERY_CASE}
"""The values of ``cases`` in a rule, and the types of cases that they stand for."""


class Rule(Part):
    """What the rules of all three lists have."""

    id: Key
    """Short, unique in the file, and kept: change logs and histories name the rule by it."""
    name: Label
    """What the rule is for, in a sentence."""
    cases: Literal["chats", "tickets", "all"] = "chats"
    """For which cases the rule is: chats, tickets or all."""
    then: Annotated[tuple[Action, ...], Loose, Field(min_length=1, max_length=50)]
    """What to do, in this order."""
    stop: bool = False
    """Whether the rules after this one are passed over when it fires."""
    retrigger: bool = False
    """Whether the list 'changed' is gone through once more if this rule changed something."""
    enabled: bool = True
    """False switches the rule off."""

    @property
    def of(self) -> frozenset[CaseType]:
        """The cases that the rule is for."""
        return CASES[self.cases]


_ALWAYS = EventWhen.model_construct()


class EventRule(Rule):
    """A rule about something that happened."""

    when: EventWhen = Field(
        default_factory=lambda: _ALWAYS,
        description="All of these must hold; without it, the rule always fires.",
    )


class TimedRule(Rule):
    """A rule about something that did not happen for some time."""

    when: TimedWhen = Field(description="All of these must hold, a condition about time among them.")


class RuleFile(Part):
    """Rules for chats and tickets, in three lists. Each list is gone through in its order."""

    version: Literal[1]
    """Version of the rule language."""
    incoming: Annotated[tuple[EventRule, ...], Loose] = ()
    """Asked when a new chat or ticket begins."""
    changed: Annotated[tuple[EventRule, ...], Loose] = ()
    """Asked when something happened in a chat or a ticket."""
    timed: Annotated[tuple[TimedRule, ...], Loose] = ()
    """Asked when time has passed."""


class RuleList(StrEnum):
    """The three lists of rules."""

    INCOMING = "incoming"
    CHANGED = "changed"
    TIMED = "timed"
