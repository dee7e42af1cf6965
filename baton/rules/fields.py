"""The fields that a rule can ask about: what each is called, what is in it, and how it is read.

Some fields are of chats, some of tickets, most of both; a rule asks for those that all its cases have.
One table. The language is made from it, the index reads through it, and what is not in it does not exist.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from enum import StrEnum
from operator import attrgetter
from typing import Any

from baton.contract import (
    AUTHORS,
    CHAT_KINDS,
    MESSAGE_KINDS,
    TICKET_KINDS,
    TICKET_OPENING_KINDS,
    Activity,
    Author,
    AuthorType,
    DepartmentState,
    Event,
    Status,
    Tab,
    TicketStage,
)
from baton.model.decision import CaseState
from baton.model.facts import Facts, Person
from baton.model.ticket.state import TicketState


class CaseType(StrEnum):
    """What a case is."""

    CHAT = "chat"
    TICKET = "ticket"


CHATS = frozenset({CaseType.CHAT})
TICKETS = frozenset({CaseType.TICKET})
EVERY_CASE = CHATS | TICKETS

QUIET_KINDS = frozenset({"system_message", "message_changed", "presence_changed", "merged_into"})
"""Kinds for which no rule is ever asked."""
TIMED_KIND = "timed_due"
CHANGING_KINDS = frozenset(AUTHORS) - QUIET_KINDS - {TIMED_KIND}
"""Kinds for which rules are asked, in chats or in tickets."""
KINDS_OF: Mapping[CaseType, frozenset[str]] = {
    CaseType.CHAT: CHAT_KINDS & CHANGING_KINDS,
    CaseType.TICKET: TICKET_KINDS & CHANGING_KINDS,
}
"""Kinds for which rules are asked, for each type of case."""
OPENING_KINDS: Mapping[CaseType, frozenset[str]] = {
    CaseType.CHAT: MESSAGE_KINDS & CHANGING_KINDS,
    CaseType.TICKET: TICKET_OPENING_KINDS & CHANGING_KINDS,
}
"""Those among them that may begin a case."""


class Scene:
    """All that a condition or an action can look at. ``case`` moves on as rules change it."""

    __slots__ = ("before", "case", "event", "facts", "type")

    def __init__(self, before: CaseState, case: CaseState, event: Event, facts: Facts) -> None:
        self.before = before
        self.case = case
        self.event = event
        self.facts = facts
        # Asked for every event, and isinstance() of a pydantic model costs as much as a small index.
        self.type = CaseType.TICKET if type(case) is TicketState else CaseType.CHAT


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
    of: frozenset[CaseType] = EVERY_CASE
    """The cases that have the field."""
    of_departments: bool = False
    """Holds labels of departments only."""

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


def _of_person(
    field: str, whose: str, who: Callable[[Scene], str | None], of: frozenset[CaseType] = EVERY_CASE
) -> Iterator[Field]:
    """What can be asked about the person in a field."""

    def reading(attribute: str) -> Callable[[Scene], Any]:
        read = attrgetter(attribute)
        return lambda scene: read(_person(scene.facts, who(scene)))

    def habit(scene: Scene) -> bool | None:
        person = _person(scene.facts, who(scene))
        return None if person is _NOBODY else person.chats

    def about(name: str, sort: Sort, said: str, read: Callable[[Scene], Any]) -> Field:
        return Field(f"{field}.{name}", sort, said, read, of_person=True, of=of)

    among = "'is' asks whether this one is among them."
    yield about("line", Sort.LINE, f"The home line of {whose}.", reading("line"))
    yield about("department", Sort.DEPARTMENT, f"The departments of {whose}; {among}", reading("departments"))
    yield about("role", Sort.ROLE, f"The roles of {whose}; {among}", reading("roles"))
    yield about("chats", Sort.FLAG, f"Whether {whose} usually works with chats.", habit)


def _of_case(scope: str, when: str) -> Iterator[Field]:
    """The fields of the case, as it is (``case``) or as it was before the event (``before``)."""
    case: Callable[[Scene], CaseState] = attrgetter(scope)

    def last_author_type(scene: Scene) -> AuthorType | None:
        author = case(scene).last_author
        return author.type if author else None

    def plain(
        name: str,
        sort: Sort,
        about: str,
        choices: tuple[str, ...] = (),
        of: frozenset[CaseType] = EVERY_CASE,
        *,
        of_departments: bool = False,
    ) -> Field:
        read = attrgetter(f"{scope}.{name}")
        said = f"{about}{when}."
        return Field(f"{scope}.{name}", sort, said, read, choices, of=of, of_departments=of_departments)

    yield plain("activity", Sort.CHOICE, "Whether the chat is active or ended", tuple(Activity), CHATS)
    yield plain("stage", Sort.CHOICE, "How far the ticket is", tuple(TicketStage), TICKETS)
    yield plain("status", Sort.CHOICE, "The status: whose turn it is", tuple(Status))
    yield plain("tab", Sort.CHOICE, "The tab in which staff find the chat", tuple(Tab), CHATS)
    yield plain("channel", Sort.CHANNEL, "The channel of the case, such as telegram")
    yield plain("line", Sort.LINE, "The line that has the case: the assignee's, or the queue's")
    yield plain("labels", Sort.LABEL, "The labels on the case")
    yield plain(
        "asked",
        Sort.LABEL,
        "The labels of the departments that are asked and have not answered",
        of=TICKETS,
        of_departments=True,
    )
    yield plain("template", Sort.TEXT, "The template that was applied last", of=TICKETS)
    yield Field(
        f"{scope}.subject",
        Sort.TEXT,
        f"The subject of the ticket{when}.",
        lambda scene: getattr(case(scene), "subject", None) or None,
        of=TICKETS,
    )
    for name, whose, of in (
        ("assignee", "the person who is responsible for the case", EVERY_CASE),
        ("pinned_to", "the person who accepted the chat and has it in Mine", CHATS),
        ("reserved_for", "the person to whom the customer's next message will pin the chat", CHATS),
        ("composer", "the person who writes the consolidated reply", TICKETS),
        ("dispatcher", "the person who first asked departments", TICKETS),
    ):
        person = plain(name, Sort.STAFF, whose[0].upper() + whose[1:], of=of)
        yield person
        yield from _of_person(person.name, whose + when, person.read, of)
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


CASE_TYPE = Field(
    "case.type",
    Sort.CHOICE,
    "Whether it is a chat or a ticket. Only for rules with 'cases: all'.",
    attrgetter("type"),
    tuple(CaseType),
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
        "The text of a message, a note or a reply. Capital letters make no difference.",
        lambda scene: scene.event.__dict__.get("text") or None,
        kinds=MESSAGE_KINDS | {"note_added", "send_reply", "reply_sent"},
    )
    yield Field(
        "event.status",
        Sort.CHOICE,
        "The status that was set, also while ending, or with a reply.",
        _in_event("status"),
        tuple(Status),
        kinds=frozenset({"status_set", "chat_ended", "send_reply"}),
    )
    assigned = frozenset({"assigned"})
    yield Field(
        "event.staff",
        Sort.STAFF,
        "To whom the case was transferred by hand.",
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


def _of_ticket_event() -> Iterator[Field]:
    """What only events of tickets have."""
    yield Field(
        "event.answered_labels",
        Sort.LABEL,
        "The labels of the departments that have answered by this very event.",
        _answered,
        kinds=_ANSWERING,
        of=TICKETS,
        of_departments=True,
    )
    yield Field(
        "event.label",
        Sort.LABEL,
        "The label of the department that the event is about.",
        _label("label"),
        kinds=frozenset(
            {"department_declined", "department_asked_again", "note_added", "reminder_due", "department_due"}
        ),
        of=TICKETS,
        of_departments=True,
    )
    yield Field(
        "event.to",
        Sort.LABEL,
        "The label of the department to which another has declined.",
        _label("to"),
        kinds=frozenset({"department_declined"}),
        of=TICKETS,
        of_departments=True,
    )
    yield Field(
        "event.template",
        Sort.TEXT,
        "The template that was applied.",
        _in_event("template"),
        kinds=frozenset({"template_applied"}),
        of=TICKETS,
    )
    yield Field(
        "event.forced",
        Sort.FLAG,
        "Whether a status or a reply was forced, over departments that are asked.",
        _in_event("force"),
        kinds=frozenset({"status_set", "send_reply"}),
        of=TICKETS,
    )


_ANSWERING = frozenset({"note_added", "send_reply", "reply_sent"})
"""Kinds by which a department can answer. Source: section 4 of the design."""


def _answered(scene: Scene) -> tuple[str, ...]:
    """The departments that had not answered before the event, and have now."""
    before, now = scene.before, scene.case
    if not (isinstance(before, TicketState) and isinstance(now, TicketState)):
        return ()
    if scene.event.kind not in _ANSWERING:  # no other event has the field, whatever the states say
        return ()
    earlier = {one.label for one in before.departments if one.state is DepartmentState.ANSWERED}
    return tuple(
        one.label
        for one in now.departments
        if one.state is DepartmentState.ANSWERED and one.label not in earlier
    )


def _labels(name: str) -> Callable[[Scene], tuple[str, ...]]:
    return lambda scene: scene.event.__dict__.get(name) or ()


def _label(name: str) -> Callable[[Scene], tuple[str, ...]]:
    """A single label, as all labels are read: as any number of them."""

    def read(scene: Scene) -> tuple[str, ...]:
        label = scene.event.__dict__.get(name)
        return (label,) if label else ()

    return read


FIELDS: Mapping[str, Field] = {
    field.name: field
    for field in (
        CASE_TYPE,
        *_of_case("case", ""),
        *_of_event(),
        *_of_ticket_event(),
        *_of_case("before", ", before the event"),
    )
}
