"""The facts of a decision: who is involved, who is present, how busy they are, what time it is.

The activity ``decide`` gathers them and records them with its result, so that the decision can be explained
or made again from the history alone, and the workflow can fold the event without asking anybody.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime
from functools import cache
from typing import Any

from pydantic import SerializerFunctionWrapHandler, model_serializer

from baton.contract import Instant, Payload, Status, Tell, TicketStage


class Compact(Payload):
    """A payload that is written without the fields that have their default value.

    Histories keep each decision forever, and most of a decision's fields are empty.
    """

    @model_serializer(mode="wrap")
    def _only_what_is_set(self, write: SerializerFunctionWrapHandler) -> dict[str, Any]:
        defaults, given, values = _defaults(type(self)), self.model_fields_set, self.__dict__
        return {
            name: value
            for name, value in write(self).items()
            if name not in defaults or (name in given and values[name] != defaults[name])
        }


@cache
def _defaults(kind: type[Compact]) -> Mapping[str, Any]:
    return {name: field.get_default(call_default_factory=True) for name, field in kind.model_fields.items()}


class Person(Compact):
    """What is known about a member of staff at the time of a decision."""

    line: str | None = None
    departments: tuple[str, ...] = ()
    roles: tuple[str, ...] = ()
    chats: bool = True
    """The habit: works with chats."""
    takes_over: bool = True
    """Whether a message by a member of this person's line takes over another line's chat."""
    away: bool = False
    """Not online (offline counts after the grace), without chats, or outside the line's calendar."""
    away_at: Instant | None = None
    """Offline but within the grace: when it ends."""
    shared: bool = False
    """An account that several people use. Never composer."""
    present: bool = False
    """Online, or without chats, and within the line's calendar."""
    gone_at: Instant | None = None
    """Offline: when this starts to count for a ticket, after the grace and within business hours."""
    full: bool = False
    """Has as many chats as ``max_chats`` allows. Looked up only where a chat may be offered."""


class Candidate(Compact):
    """A member of a line, as somebody to whom a chat could be given."""

    staff: str
    departments: tuple[str, ...] = ()
    roles: tuple[str, ...] = ()
    available: bool = False
    """Online, below ``max_chats``, inside the line's calendar."""
    chats: bool = True
    load: int = 0
    """Active chats, pinned or reserved, not counting the one that is being decided."""
    last_assigned_at: Instant | None = None


class Clock(Compact):
    """What time it is for a line or a calendar. Looked up only where a rule asks."""

    zone: str | None = None
    wall: datetime | None = None
    """What the clocks show there, without a zone; none without a calendar, which would say the zone."""
    open: bool = True
    turns_at: Instant | None = None
    """When ``open`` changes next, as far as the search goes."""


class Previous(Compact):
    """The case before this one in the same conversation, or of the same ticket, as its last event left it."""

    case_id: str
    assignee: str | None = None
    line: str | None = None
    """The line of that assignee, or of the queue: for somebody whom the directory no longer knows."""
    status: Status | None = None
    stage: TicketStage | None = None
    """Only for a ticket, as are those who answered and the dispatcher."""
    labels: tuple[str, ...] = ()
    closed_at: Instant | None = None
    """The time of the last event in it: nothing happens in a case that is closed."""
    contributed: tuple[str, ...] = ()
    """Who answered for the ticket's departments, the latest first."""
    dispatcher: str | None = None
    holders: dict[str, str] = {}
    tickets: tuple[str, ...] = ()
    """Of a chat: the tickets that it was linked to and that are not closed."""
    merged_from: tuple[str, ...] = ()
    """The workflows of the cases that were merged into it."""
    merged_into: str | None = None
    subject: str = ""
    """Only for a ticket, as are channel and conversation. Whoever reopens it may not know them."""
    channel: str | None = None
    conversation: str | None = None


class AskedOf(Compact):
    """What is known about a department that the ticket, the event or a rule names by its label."""

    key: str
    lead: str | None = None
    deserted: bool = False
    """Nobody belongs to it."""


class Due(Compact):
    """When a department's answer is due, and when the department is reminded."""

    due_at: Instant
    remind_at: Instant | None = None


class AppliedTemplate(Compact):
    """A template, resolved: its texts are rendered, its due times are moments."""

    template: str
    departments: tuple[str, ...]
    """Labels, in the order of the reply."""
    marker: str
    note: str
    message: str | None = None
    tell: tuple[Tell, ...] = ()
    """Whom to tell besides the departments."""
    tell_departments: bool = False


class Facts(Compact):
    """Everything that a decision knows about the world. Recorded with its result."""

    now: Instant
    arrived_at: Instant | None = None
    """When the event first arrived, if it is decided once more, as after a reset: a wait began then."""
    people: dict[str, Person] = {}
    """Everybody whom the chat or the event names. Whoever is missing here is unknown to the directory."""
    lines: dict[str, tuple[Candidate, ...]] = {}
    """Of each line from which the decision needed somebody: the members whom the case, the event or a rule
    names, and the first of those who are available, in the order of preference."""
    available_in: dict[str, int] = {}
    """How many members of a line are available, where a rule asked."""
    queues: tuple[str, ...] = ()
    """Lines in which nobody usually works with chats: a chat must not wait in such a queue."""
    empty_lines: tuple[str, ...] = ()
    """Lines in which nobody is: a case that waited there would wait for nobody, and nobody would see it. Also
    those that only the case, or the one before, still names: the directory no longer has them."""
    dispatchers: tuple[str, ...] = ()
    """Who takes the dispatcher's part in a ticket that has no dispatcher, or whose dispatcher is gone."""
    case_id: str | None = None
    previous: Previous | None = None
    """Looked up for an event that opens a case, and where a rule asks."""
    other_holder: str | None = None
    """Who holds the customer's active chat on another channel."""
    message_author: str | None = None
    """The member of staff who wrote the message that the event is about."""
    message_known: bool = False
    """Whether the event is about a message to the customer of this conversation or ticket."""
    closed_tickets: tuple[str, ...] = ()
    """Those of the chat's tickets that no longer hear what the customer says."""
    forward_to: str | None = None
    """The workflow that hears of the event instead, or of the whole case, because it was merged into that."""
    blocked: bool = False
    clocks: dict[str, Clock] = {}
    """By ``line.NAME`` or ``calendar.NAME``: what time it is there, where a rule asked."""
    available: dict[str, bool] = {}
    """The people about whom a rule asked whether they are available, as a `Candidate` is."""
    departments: dict[str, AskedOf] = {}
    """By label: the departments that a ticket, its event or a rule may name; for a chat, those that have
    another label now."""
    due: dict[str, Due] = {}
    """By label: when these departments' answers are due if they are asked, or the pause ends, now."""
    template: AppliedTemplate | None = None
    """The template that is being applied."""
    marker: str | None = None
    """The label of a ticket with several departments, if the directory knows it."""
    idle_after: float = 600.0
    """Seconds without a message after which a chat on this channel ends."""
    offer_for: float = 120.0
    """Seconds for which a new chat is offered to one person before everybody sees it."""

    def person(self, staff: str) -> Person | None:
        """What is known about somebody, including the members of ``lines``."""
        if staff in self.people:
            return self.people[staff]
        for line, members in self.lines.items():
            for member in members:
                if member.staff == staff:
                    return Person(
                        line=line,
                        departments=member.departments,
                        roles=member.roles,
                        chats=member.chats,
                        away=not member.available,
                    )
        return None


class MissingFact(Exception):
    """Something is needed that nobody looked up. The code that gathers the facts adds it and tries again."""

    def __init__(self, name: str = "") -> None:
        self.name = name
        super().__init__(name)


class MissingLine(MissingFact):
    """Who of a line could get the case is needed."""

    @property
    def line(self) -> str:
        return self.name


class MissingCount(MissingLine):
    """How many members of a line are available is needed."""


class MissingAvailability(MissingFact):
    """Whether somebody is available is needed."""


class MissingClock(MissingFact):
    """What time it is for a line or in a calendar is needed."""


class MissingPrevious(MissingFact):
    """The case before this one is needed."""


def people(named: Iterable[str | None]) -> tuple[str, ...]:
    """The given names, each once, in order, without the empty ones."""
    return tuple(dict.fromkeys(name for name in named if name))
