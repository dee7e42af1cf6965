"""What happened in a conversation, in Baton's words: from its messages and activities to events.

Each of them has an ID of Libredesk's own, of which the event's is made: it is the same whoever reads it, when
and in how many steps. An activity says in English what was changed, and names people by their names.

Some of what happens is recorded nowhere:

* An agent is taken off. Then the conversation has nobody, and its last activity about agents says otherwise:
  of that activity the event's ID is made. Before Baton takes somebody off, it notes that activity in an
  attribute of the conversation, so that it knows its own doing.
* With a new team, Libredesk takes the agent off. The activity about the team says both.
* A conversation that was snoozed wakes up. That is not heard; the customer's next message is.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from baton.contract import (
    AgentMessage,
    Assigned,
    Author,
    AuthorType,
    ChatStart,
    CustomerMessage,
    DeliveryFailed,
    Event,
    LabelsChanged,
    Status,
    StatusSet,
    SystemMessage,
    TicketStart,
)
from helpdesks.libredesk.agents import Agents
from helpdesks.libredesk.mapping import LibredeskMapping
from helpdesks.libredesk.naming import NAME, customer_of, event_id, start_of
from helpdesks.libredesk.wire import ConversationThere, MessageThere
from helpdesks.outside.adapter import Difference, HeardThere
from helpdesks.outside.asking import noted
from helpdesks.outside.fitting import cut, files_that_fit

RELEASED = "baton_released"
"""The attribute of a conversation with the activity after which Baton took its agent off."""
ITSELF = "System"
"""What stands in the place of an address where Libredesk does something by itself, or by a rule."""
_STATUS, _ADDED, _REMOVED = " marked the conversation as ", " added tag ", " removed tag "
_ITSELF = Author(type=AuthorType.SYSTEM, id=NAME)


@dataclass(frozen=True)
class Happened:
    """One thing that happened, and when."""

    at: datetime
    id: str
    heard: HeardThere


@dataclass(frozen=True)
class Around:
    """What is known besides the conversation."""

    mapping: LibredeskMapping
    agents: Agents


def happened(
    there: ConversationThere, messages: Sequence[MessageThere], around: Around, *, is_all: bool
) -> list[Happened]:
    """What happened in a conversation, in order.

    Args:
        messages: the oldest first; they were read before ``there``.
        is_all: whether the first of them is the first that there ever was.
    """
    start = start_of(there, around.mapping)
    if start is None:
        return []
    reader = _Reader(there, start, around, is_all=is_all)
    found = [one for message in _in_order(messages, is_all) for one in reader.read(message)]
    return [*found, *reader.taken_off()]


def _in_order(messages: Sequence[MessageThere], is_all: bool) -> Sequence[MessageThere]:
    """As they came; but what was set before the first message comes behind it, which opens the case."""
    first = next((place for place, one in enumerate(messages) if one.is_message), 0)
    if not is_all or first == 0:
        return messages
    return [messages[first], *messages[:first], *messages[first + 1 :]]


@dataclass(frozen=True)
class _Read:
    event: Event | None
    shows: Difference = field(default_factory=lambda: Difference())
    answer: str = ""


class _Reader:
    """Reads a conversation from its beginning, or from somewhere in between."""

    def __init__(
        self, there: ConversationThere, start: ChatStart | TicketStart, around: Around, *, is_all: bool
    ) -> None:
        self._there = there
        self._start = start
        self._mapping = around.mapping
        self._agents = around.agents
        self._begins = is_all
        self._status: Status | None = None
        self._holder: MessageThere | None = None
        """The last activity that says that an agent has it."""

    def read(self, message: MessageThere) -> Iterator[Happened]:
        own = message.type != "incoming" and message.author.id == self._agents.own
        for number, one in enumerate(self._of(message)):
            if own and not one.shows:
                continue
            heard = HeardThere(
                self._start,
                self._there.uuid,
                None if own else one.event,
                one.shows,
                own=own,
                answer="" if own else one.answer,
            )
            number_of = f":{number}" if number else ""
            yield Happened(message.created_at, event_id(message.uuid) + number_of, heard)
        if message.type == "outgoing" and message.status == "failed" and not message.private:
            failed = event_id(message.uuid, "failed")
            event = DeliveryFailed(id=failed, at=message.created_at, author=_ITSELF, message_id=message.uuid)
            yield Happened(message.created_at, failed, HeardThere(self._start, self._there.uuid, event))

    def taken_off(self) -> Iterator[Happened]:
        """That nobody has it any more, which is recorded nowhere."""
        holder = self._holder
        if holder is None or self._there.assigned_user_id is not None:
            return
        own = self._there.custom_attributes.get(RELEASED) == holder.uuid
        nobody, at = event_id(holder.uuid, "nobody"), self._there.updated_at
        event = None if own else Assigned(id=nobody, at=at, author=_ITSELF)
        heard = HeardThere(self._start, self._there.uuid, event, Difference(assignee=None), own=own)
        yield Happened(at, nobody, heard)

    def _of(self, message: MessageThere) -> Sequence[_Read]:
        if message.meta.get("deleted_at"):
            return []
        if message.is_message:
            return [self._message(message)]
        if message.type == "outgoing":
            return self._note(message)
        said = {"id": event_id(message.uuid), "at": message.created_at, "author": self._author(message)}
        match message.activity:
            case "status_change":
                return self._status_change(message, said)
            case "assigned_user_change" | "self_assign":
                return self._agent_change(message, said)
            case "assigned_team_change":
                return self._team_change(message, said)
            case "tag_added" | "tag_removed":
                return self._tag_change(message, said)
        return []

    def _message(self, message: MessageThere) -> _Read:
        said: dict[str, Any] = {"id": event_id(message.uuid), "at": message.created_at}
        said["message_id"] = message.uuid
        if text := cut(message.text, "Libredesk"):
            said["text"] = text
        if files := files_that_fit(message.attachments):
            said["attachments"] = files
        shows = Difference()
        if self._begins:  # this is how it comes; what is different is told by what follows
            shows = Difference(status=Status.OPEN, assignee=None, line=None)
            self._begins, self._status = False, Status.OPEN
        if message.type == "incoming":
            author = Author(type=AuthorType.CUSTOMER, id=customer_of(message.sender_id))
            return _Read(CustomerMessage(author=author, **said), shows)
        author = self._author(message)
        is_person = author.type is AuthorType.STAFF and not message.meta.get("is_automated")
        return _Read((AgentMessage if is_person else SystemMessage)(author=author, **said), shows)

    def _note(self, message: MessageThere) -> Sequence[_Read]:
        text = cut(message.text, "Libredesk") or ", ".join(
            str(one.get("name")) for one in message.attachments
        )
        said = {"id": event_id(message.uuid), "at": message.created_at, "author": self._author(message)}
        found = noted(text, self._start, self._mapping, said, event_id(message.uuid, "text"))
        return [_Read(one.event, answer=one.answer) for one in found]

    def _status_change(self, message: MessageThere, said: dict[str, Any]) -> Sequence[_Read]:
        before = self._status
        status = self._status = self._mapping.statuses.there.get(_value(message, _STATUS).lower())
        if status is Status.CLOSED:
            self._holder = None  # whoever has the next one is somebody new
        if status is None or status is before:
            return []
        # That the customer's message opens it, Baton knows from the message.
        opens = status is Status.OPEN and message.author.email == ITSELF
        return [_Read(None if opens else StatusSet(status=status, **said), Difference(status=status))]

    def _agent_change(self, message: MessageThere, said: dict[str, Any]) -> Sequence[_Read]:
        self._holder = message
        person = self._agents.person(self._agent(message))
        # To somebody who is nobody in the directory: no event could say so.
        event = None if person is None else Assigned(staff=person, **said)
        return [_Read(event, Difference(assignee=person))]

    def _agent(self, message: MessageThere) -> int | None:
        if message.activity == "self_assign":
            return message.author.id
        named = self._agents.named(_without_author(message).removeprefix("Assigned to "))
        now = self._there.assigned_user_id
        # Somebody may have been renamed since, or have the name of somebody else.
        return named[0] if len(named) == 1 else now if now in named or not named else None

    def _team_change(self, message: MessageThere, said: dict[str, Any]) -> Sequence[_Read]:
        self._holder = None  # with the team, Libredesk takes its agent off
        name = _without_author(message).removeprefix("Assigned to ").removesuffix(" team")
        line = self._mapping.lines_there.get(name)
        shows = Difference(assignee=None)
        if self._mapping.lines:
            shows["line"] = line
        return [_Read(Assigned(line=line, **said), shows)]

    def _tag_change(self, message: MessageThere, said: dict[str, Any]) -> Sequence[_Read]:
        is_added = message.activity == "tag_added"
        label = self._mapping.labels_there.get(_value(message, _ADDED if is_added else _REMOVED))
        if label is None:
            return []
        if is_added:
            shows = Difference(labels_added=frozenset({label}))
            return [_Read(LabelsChanged(add=(label,), **said), shows)]
        return [_Read(LabelsChanged(remove=(label,), **said), Difference(labels_removed=frozenset({label})))]

    def _author(self, message: MessageThere) -> Author:
        return _ITSELF if message.author.email == ITSELF else self._agents.author(message.author.id)


def _value(message: MessageThere, words: str) -> str:
    """What an activity says behind these words."""
    return message.content.partition(words)[2]


def _without_author(message: MessageThere) -> str:
    name = f" by {message.author.name}"
    return (
        message.content.removesuffix(name)
        if message.content.endswith(name)
        else (message.content.rpartition(" by ")[0])
    )
