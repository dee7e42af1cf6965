"""The actions of a rule: the part of the language that is written under ``then``."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Annotated, Any, Literal

from pydantic import BaseModel, Discriminator, Field, Tag

from baton.contract.words import Key, Label
from baton.documents.plain import Yes
from baton.rules.grammar import Loose, Part, Text, key_of
from baton.wording import BY_KEY

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
    "previous.assignee",
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


class _OrElse(Part):
    otherwise: Receiver | None = Field(
        default=None, alias="else", description="Who gets the case if nobody meant here is there."
    )


class AssignToStaff(_OrElse, ToStaff):
    """A member of staff. Somebody who is away is replaced: by ``else``, or by the person's own line."""


class AssignToLine(_OrElse, ToLine):
    """A line. If nobody of it is available, ``else`` gets the case; without that, it waits in the queue."""


class AssignToField(_OrElse, ToField):
    """The person in a field. An empty field is like somebody who is away."""


Receiver = Annotated[
    Annotated[AssignToStaff, Tag("key:staff")]
    | Annotated[AssignToLine, Tag("key:line")]
    | Annotated[AssignToField, Tag("key:to")],
    Discriminator(key_of("staff", "line", "to")),
]


class Assign(Part):
    assign: Receiver
    """Make a person responsible, or a line."""


def receivers(first: Receiver) -> Iterator[tuple[tuple[str, ...], Receiver]]:
    """Who is to get a case, and who else, one after the other, each with its place below ``assign``."""
    path: tuple[str, ...] = ()
    one: Receiver | None = first
    while one is not None:
        yield path, one
        path, one = (*path, "else"), one.otherwise


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
    everyone: Yes
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
