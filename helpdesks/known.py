"""What a help desk answers: about people, about events and cases that it knows, and about who waits."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Literal, NamedTuple

from baton.contract import Event, Presence
from baton.documents.directory import Directory
from baton.errors import NotAllowed
from baton.model.decision import CaseSnapshot
from baton.model.effects import CaseRef
from baton.model.queueing import Waiting

Kind = Literal["chat", "ticket"]


@dataclass(frozen=True)
class Attendance:
    """What a person is doing, and since when. People without an entry are offline."""

    presence: Presence
    since: datetime
    last_assigned_at: datetime | None = None


class Standing(NamedTuple):
    """How busy somebody is, and whether they are there."""

    staff: str
    online: bool
    load: int
    """How many cases of a kind this person has or is promised to get."""
    last_assigned_at: datetime | None


@dataclass(frozen=True)
class KnownEvent:
    """An event that the help desk has already taken in."""

    case_id: str | None
    decided_at: datetime
    chain: str
    """The chain of workflow runs that took it: see ``Ledger.intake``."""
    snapshot: CaseSnapshot
    """The case that took it, as it is now."""


@dataclass(frozen=True)
class CaseAt:
    """How the latest case of a conversation or ticket stands."""

    final: bool
    merged_into: str | None
    """The workflow of the case into which it was merged."""


@dataclass(frozen=True)
class Heard:
    """An event that the help desk has taken in, and the case that had it, as it is now; none if it opened
    none."""

    event: Event
    snapshot: CaseSnapshot | None


@dataclass(frozen=True)
class VersionedDirectory:
    version: int
    directory: Directory
    since: datetime | None = None
    """Since when it has been in force; none for the empty one before the first."""

    def require(self, based_on: int | None) -> None:
        """Raise ``NotAllowed`` if a change is based on another version than this one."""
        if based_on is not None and based_on != self.version:
            raise NotAllowed(
                f"the directory is at version {self.version} by now, and this change is based on version "
                f"{based_on}: look at the new one and make the change again"
            )


@dataclass(frozen=True)
class Concerned:
    """A living case that a change of the directory concerns."""

    case: CaseRef
    reasons: tuple[str, ...]
    """Why, in words for people."""


class Queued(NamedTuple):
    """A case that waits for somebody of a line."""

    case: CaseRef
    waiting: Waiting


class StillWaiting(NamedTuple):
    """How many cases wait that are not just being given to somebody."""

    queue: int
    """In the queue of the line."""
    new: int
    """In New, for everyone."""
    unanswered: int
    """In Unanswered, beside those in the queue."""
