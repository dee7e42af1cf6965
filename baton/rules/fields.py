"""The fields that a rule can ask about: what each is called, what is in it, and how it is read.

One table. The language is made from it, the index reads through it, and what is not in it does not exist.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from enum import StrEnum
from operator import attrgetter
from typing import Any

from baton.chatstate import ChatState
from baton.contract import AUTHORS, Activity, Author, AuthorType, ChatEvent, Status, Tab
from baton.decision import Facts, Person

QUIET_KINDS = frozenset({"system_message", "message_changed", "presence_changed", "merged_into"})
"""Kinds for which no rule is ever asked."""
TIMED_KIND = "timed_due"
OPENING_KINDS = frozenset({"customer_message", "agent_message"})
CHANGING_KINDS = frozenset(AUTHORS) - QUIET_KINDS - {TIMED_KIND}


class Scene:
    """All that a condition or an action can look at. ``case`` moves on as rules change the chat."""

    __slots__ = ("before", "case", "event", "facts")

    def __init__(self, before: ChatState, case: ChatState, event: ChatEvent, facts: Facts) -> None:
        self.before = before
        self.case = case
        self.event = event
        self.facts = facts


class Sort(StrEnum):
    """What is in a field, and so which words and which names fit it."""

    CHOICE = "choice"
    STAFF = "staff"
    LINE = "line"
    DEPARTMENT = "department"
    ROLE = "role"
    CHANNEL = "channel"
    LABEL = "label"
    TEXT = "text"
    FLAG = "flag"


MANY = frozenset({Sort.DEPARTMENT, Sort.ROLE, Sort.LABEL})
"""Sorts of which a field holds any number."""


@dataclass(frozen=True, eq=False)
class Field:
    name: str
    sort: Sort
    about: str
    read: Callable[[Scene], Any]
    choices: tuple[str, ...] = ()
    kinds: frozenset[str] = frozenset(AUTHORS)
    """The kinds of events that have the field at all."""
    of_person: bool = False
    """Read from what is known about a person, not from the case or the event itself."""

    @property
    def scope(self) -> str:
        return self.name.partition(".")[0]

    @property
    def many(self) -> bool:
        return self.sort in MANY


_NOBODY = Person()


def _person(facts: Facts, staff: str | None) -> Person:
    if staff is None:
        return _NOBODY
    return facts.people.get(staff) or facts.person(staff) or _NOBODY


def _in_event(name: str) -> Callable[[Scene], Any]:
    """Reads a field that not every kind of event has, without asking pydantic for what is not there."""
    return lambda scene: scene.event.__dict__.get(name)


def author_id(author: Author | None) -> str | None:
    """A staff ID as it is; anybody else's in a form that no staff ID can have, for those have no colon."""
    if author is None:
        return None
    return author.id if author.type is AuthorType.STAFF else f"{author.type}:{author.id}"


def _of_person(field: str, whose: str, who: Callable[[Scene], str | None]) -> Iterator[Field]:
    """What can be asked about the person in a field."""

    def reading(attribute: str) -> Callable[[Scene], Any]:
        read = attrgetter(attribute)
        return lambda scene: read(_person(scene.facts, who(scene)))

    def habit(scene: Scene) -> bool | None:
        person = _person(scene.facts, who(scene))
        return None if person is _NOBODY else person.chats

    yield Field(f"{field}.line", Sort.LINE, f"The home line of {whose}.", reading("line"), of_person=True)
    yield Field(
        f"{field}.department",
        Sort.DEPARTMENT,
        f"The departments of {whose}; 'is' asks whether this one is among them.",
        reading("departments"),
        of_person=True,
    )
    yield Field(
        f"{field}.role",
        Sort.ROLE,
        f"The roles of {whose}; 'is' asks whether this one is among them.",
        reading("roles"),
        of_person=True,
    )
    yield Field(
        f"{field}.chats", Sort.FLAG, f"Whether {whose} usually works with chats.", habit, of_person=True
    )


def _of_case(scope: str, when: str) -> Iterator[Field]:
    """The fields of the chat, as it is (``case``) or as it was before the event (``before``)."""
    case: Callable[[Scene], ChatState] = attrgetter(scope)

    def last_author_type(scene: Scene) -> AuthorType | None:
        author = case(scene).last_author
        return author.type if author else None

    def plain(name: str, sort: Sort, about: str, choices: tuple[str, ...] = ()) -> Field:
        return Field(f"{scope}.{name}", sort, f"{about}{when}.", attrgetter(f"{scope}.{name}"), choices)

    yield plain("activity", Sort.CHOICE, "Whether the chat is active or ended", tuple(Activity))
    yield plain("status", Sort.CHOICE, "The status: whose turn it is", tuple(Status))
    yield plain("tab", Sort.CHOICE, "The tab in which staff find the chat", tuple(Tab))
    yield plain("channel", Sort.CHANNEL, "The channel of the chat, such as telegram")
    yield plain("line", Sort.LINE, "The line that has the chat: the assignee's, or the queue's")
    yield plain("labels", Sort.LABEL, "The labels on the chat")
    for name, whose in (
        ("assignee", "the person who is responsible for the chat"),
        ("pinned_to", "the person who accepted the chat and has it in Mine"),
        ("reserved_for", "the person to whom the customer's next message will pin the chat"),
    ):
        person = plain(name, Sort.STAFF, whose.capitalize())
        yield person
        yield from _of_person(person.name, whose + when, person.read)
    yield Field(
        f"{scope}.last_author",
        Sort.STAFF,
        f"The member of staff who wrote last{when}.",
        lambda scene: author_id(case(scene).last_author),
    )
    yield Field(
        f"{scope}.last_author.type",
        Sort.CHOICE,
        f"Whether customer or staff wrote last{when}.",
        last_author_type,
        tuple(AuthorType),
    )


def _of_event() -> Iterator[Field]:
    def author(scene: Scene) -> str | None:
        return author_id(scene.event.author)

    def staff_author(scene: Scene) -> str | None:
        who = scene.event.author
        return who.id if who.type is AuthorType.STAFF else None

    yield Field(
        "event.kind", Sort.CHOICE, "What happened.", attrgetter("event.kind"), tuple(sorted(CHANGING_KINDS))
    )
    yield Field("event.author", Sort.STAFF, "The member of staff who did it.", author)
    yield Field(
        "event.author.type",
        Sort.CHOICE,
        "Whether customer, staff or system did it.",
        attrgetter("event.author.type"),
        tuple(AuthorType),
    )
    yield from _of_person("event.author", "the member of staff who did it", staff_author)
    yield Field(
        "event.text",
        Sort.TEXT,
        "The text of a message or a note. Capital letters make no difference.",
        lambda scene: scene.event.__dict__.get("text") or None,
        kinds=OPENING_KINDS | {"note_added"},
    )
    yield Field(
        "event.status",
        Sort.CHOICE,
        "The status that was set, also while ending.",
        _in_event("status"),
        tuple(Status),
        kinds=frozenset({"status_set", "chat_ended"}),
    )
    assigned = frozenset({"assigned"})
    yield Field(
        "event.staff",
        Sort.STAFF,
        "To whom the chat was transferred by hand.",
        _in_event("staff"),
        kinds=assigned,
    )
    yield Field(
        "event.line",
        Sort.LINE,
        "To which line it was transferred by hand.",
        _in_event("line"),
        kinds=assigned,
    )
    labelled = frozenset({"labels_changed"})
    yield Field(
        "event.added_labels", Sort.LABEL, "The labels that were added.", _labels("add"), kinds=labelled
    )
    yield Field(
        "event.removed_labels", Sort.LABEL, "The labels that were removed.", _labels("remove"), kinds=labelled
    )


def _labels(name: str) -> Callable[[Scene], tuple[str, ...]]:
    return lambda scene: scene.event.__dict__.get(name) or ()


FIELDS: Mapping[str, Field] = {
    field.name: field
    for field in (*_of_case("case", ""), *_of_event(), *_of_case("before", ", before the event"))
}
