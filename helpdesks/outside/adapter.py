"""The shape of an adapter: one help desk that people work in, as thin as its API allows.

An adapter speaks of cases in Baton's words and knows nothing of Temporal, of the ledger or of rules. What
every desk needs besides is done once, in `helpdesks.outside`: that a write is never done twice, that it is
read back, that the change of a person in between wins, that what a desk cannot express is said.

Every method raises ``HelpDeskUnavailable`` if trying again may work, and ``DeskRefused`` if it never will.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Any, Literal, Protocol, TypedDict, cast

from baton.contract import Activity, Author, ChatStart, Event, Presence, Status, TicketStart
from baton.model.effects import CaseRef


class Capability(StrEnum):
    """What a desk may be able to express."""

    END_CHAT = "end_chat"
    """A chat is active or ended, whatever its status is."""
    ENDS = "ends"
    """Chats end there other than by being closed, so that people can be asked to end one."""
    PIN = "pin"
    """A chat is pinned to, or reserved for, a person."""
    UNASSIGN = "unassign"
    """A case can be nobody's again."""
    LINES = "lines"
    """A case is in the queue of a line."""
    LABELS = "labels"
    NOTES = "notes"
    MERGE = "merge"
    PRESENCE = "presence"
    """The desk knows who is online."""
    AUTHOR = "author"
    """A message can be sent in the name of any person."""


class Change(TypedDict, total=False):
    """What is, or is to be, different about a case; whatever is not in it stays."""

    status: Status
    assignee: str | None
    """The ID of a person in the directory; None is nobody."""
    line: str | None
    labels: frozenset[str]
    """All of them, as they are to be afterwards."""
    activity: Activity


SINGLE: tuple[Literal["status", "assignee", "line", "activity"], ...] = (
    "status",
    "assignee",
    "line",
    "activity",
)
"""The fields of a case that have one value."""


class Difference(Change, total=False):
    """What is different since one moment, of which the desk may say only which labels came or went."""

    labels_added: frozenset[str]
    labels_removed: frozenset[str]


def applied(difference: Difference, before: Change) -> Change:
    """The fields that a difference touches, as they are since then; ``before`` has them as they were."""
    after: dict[str, Any] = dict(difference)
    added, removed = after.pop("labels_added", frozenset()), after.pop("labels_removed", frozenset())
    if added or removed:
        after["labels"] = (after.get("labels", before.get("labels", frozenset())) | added) - removed
    return cast(Change, after)


def undone(difference: Difference, before: Change, now: Change) -> Change:
    """What to write so that a difference is as if it had not been; ``before`` has the fields as they were."""
    added = difference.get("labels_added", frozenset())
    removed = difference.get("labels_removed", frozenset())
    back: dict[str, Any] = {name: before[name] for name in SINGLE if name in difference and name in before}
    if added or removed:
        back["labels"] = (now.get("labels", frozenset()) - added) | removed
    return cast(Change, back)


@dataclass(frozen=True)
class Shown:
    """A case as the desk shows it at this moment, in Baton's words: everything that the desk can express."""

    is_now: Change
    foreign: Mapping[str, str] = field(default_factory=dict)
    """By field: a value of the desk that the mapping has no word for, such as a person it does not know.
    Such a field is in ``is_now`` as None, or as whatever comes nearest."""
    merged_into: str | None = None
    """The desk's own ID of the case into which this one was merged."""


@dataclass(frozen=True)
class Saying:
    """A text that Baton writes into a case of the desk."""

    text: str
    to_customer: bool
    """A message to the customer; else a note for staff."""
    author: Author | None = None
    """In whose name, if the desk can do that."""


@dataclass(frozen=True)
class HeardThere:
    """One thing that somebody did at the desk."""

    start: ChatStart | TicketStart
    """The case, as whoever opens it needs it."""
    desk_id: str
    event: Event | None
    """With an ID made of the desk's own, so that whoever reads it again makes the same. None if it is
    nothing that Baton counts as an event, or was done by Baton itself."""
    shows: Difference = field(default_factory=lambda: Difference())
    """What the desk shows since then, where it differs. Nothing of what somebody only asked for in words, as
    in a command that is written as a comment: Baton then makes the desk show it."""
    own: bool = False
    """Whether Baton did it: then it is no event, and what it shows is known."""
    answer: str = ""
    """Why what somebody asked for in words is not done, for a note that tells them."""

    @property
    def opens(self) -> bool:
        """Whether it is a message, which opens a case if there is none."""
        return self.event is not None and self.event.kind in ("customer_message", "agent_message")


@dataclass(frozen=True)
class Changes:
    """What happened at the desk since a cursor, in order."""

    heard: Sequence[HeardThere]
    cursor: str
    """Where to go on. Opaque to everybody but the adapter; a line of at most 2,000 characters."""
    more: bool = False
    """Whether there is more to be read at once."""
    latest_at: datetime | None = None
    """When the last thing happened that was read, by the desk's clock."""
    presences: Mapping[str, Presence] = field(default_factory=dict)
    """By person, for a desk that knows presence: as it is now, where it changed."""


@dataclass(frozen=True)
class OpenCase:
    """A case that is not closed at the desk, with what is needed to take it over."""

    start: ChatStart | TicketStart
    desk_id: str
    shown: Shown
    history: Sequence[Event]
    """Its messages and notes so far, in order, with the same IDs as in the feed."""


@dataclass(frozen=True)
class OpenCases:
    """One page of the cases that are open at the desk."""

    cases: Sequence[OpenCase]
    after: str | None
    """Where the next page begins; None after the last one."""
    total: int | None = None


@dataclass(frozen=True)
class Finding:
    """One thing that `baton desk check` has looked at."""

    what: str
    wrong: str = ""
    """What is wrong with it, and what to do; empty if it is fine."""


class Adapter(Protocol):
    """One desk that people work in."""

    @property
    def name(self) -> str:
        """What it is called in commands, metrics and event IDs, such as ``rt``."""

    @property
    def capabilities(self) -> frozenset[Capability]:
        """What it can express."""

    @property
    def calls_left(self) -> int | None:
        """How many calls the desk allows until its limit is reached; None if it has none, or did not say."""

    def desk_id(self, case: CaseRef) -> str | None:
        """The desk's own ID of a case; None if it is no case of this desk."""

    async def show(self, desk_id: str) -> Shown:
        """The case as the desk shows it now."""

    async def change(self, desk_id: str, change: Change, key: str) -> None:
        """Change a case, in one call where the API allows it, marked with ``key`` where that is possible.

        Done twice, it is the same. An answer that sounds like success is no proof: whoever calls this reads
        the case again.
        """

    async def say(self, desk_id: str, saying: Saying, key: str) -> None:
        """Write a message or a note, once, marked with ``key``. Whoever repeats it asks `has_said` first."""

    async def has_said(self, desk_id: str, key: str) -> bool:
        """Whether a message or note marked with ``key`` is there."""

    async def changes(self, cursor: str | None, most: int) -> Changes:
        """At most about so many things that happened since ``cursor``; without one, nothing of before."""

    async def open_cases(self, after: str | None) -> OpenCases:
        """A page of what is open, for taking it over."""

    async def check(self) -> Sequence[Finding]:
        """Look at credentials, rights and whether everything that the mapping names is there."""

    async def set_up(self, *, dry_run: bool) -> Sequence[str]:
        """Make at the desk what Baton needs there; says what was, or would be, made. Twice is as once."""

    async def aclose(self) -> None:
        """Close the connections."""
