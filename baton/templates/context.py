"""What the texts of a template may name: the interface for whoever writes templates.

A note and a message see the fields of `AskContext`, a draft those of `DraftContext`. Names of people and
departments are never empty: where the directory has none, the ID takes its place. Times are aware
datetimes; whoever makes a context converts them to the reader's time zone.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from baton.documents.directory import Directory


@dataclass(frozen=True, slots=True)
class TicketCard:
    """The ticket."""

    id: str
    """Its ID in the help desk."""
    customer: str
    """The customer's ID, opaque."""
    subject: str = ""
    """Its subject; empty if it has none."""


@dataclass(frozen=True, slots=True)
class PersonCard:
    """A member of staff. Written on its own, it is the name."""

    id: str
    name: str

    @classmethod
    def of(cls, staff: str, directory: Directory | None) -> PersonCard:
        """The person as the directory names them; works also for somebody who has left it."""
        member = directory.staff.get(staff) if directory else None
        return cls(id=staff, name=(member.name if member else "") or staff)

    def __str__(self) -> str:
        return self.name


@dataclass(frozen=True, slots=True)
class DepartmentName:
    """A department that answered. Written on its own, it is the name, so that several can be joined."""

    label: str
    name: str

    def __str__(self) -> str:
        return self.name


@dataclass(frozen=True, slots=True)
class DepartmentCard:
    """A department that is asked. Written on its own, it is the name."""

    key: str
    """Its key in the directory."""
    label: str
    """The label that asks it."""
    name: str
    due: datetime | None = None
    """When its answer is due, in the department's time zone; none if nothing says when."""

    @classmethod
    def of(cls, key: str, directory: Directory | None, due: datetime | None = None) -> DepartmentCard:
        """The department as the directory names it; its key replaces what the directory lacks."""
        found = directory.departments.get(key) if directory else None
        if found is None:
            return cls(key=key, label=key, name=key, due=due)
        return cls(key=key, label=found.label, name=found.name or key, due=due)

    def __str__(self) -> str:
        return self.name


@dataclass(frozen=True, slots=True)
class AskContext:
    """For a note and a message: who asks whom about which ticket."""

    ticket: TicketCard
    """The ticket: `id`, `subject`, `customer`."""
    dispatcher: PersonCard
    """Who applies the template: `id`, `name`."""
    departments: tuple[DepartmentCard, ...]
    """Who is asked by it, in the order of the template: `key`, `label`, `name`, `due`. Those that are asked
    already, or have answered, are not among them."""
    now: datetime
    """When the template is applied."""

    @property
    def expected(self) -> datetime | None:
        """When the last of them is due; none if no department has a due time."""
        return max((asked.due for asked in self.departments if asked.due), default=None)


@dataclass(frozen=True, slots=True)
class Answer:
    """What one person wrote. A note for two departments is one answer, with both."""

    departments: tuple[DepartmentName, ...]
    """For whom: each with `label` and `name`."""
    author: str
    """Who wrote it: the ID."""
    author_name: str
    text: str
    at: datetime


@dataclass(frozen=True, slots=True)
class DraftContext:
    """For a draft: what the departments answered."""

    ticket: TicketCard
    """The ticket: `id`, `subject`, `customer`."""
    composer: PersonCard | None
    """Who writes the reply: `id`, `name`; none while nobody does."""
    answers: tuple[Answer, ...]
    """The answers, in the order of the template: `departments`, `author`, `author_name`, `text`, `at`."""
    missing: tuple[str, ...] = ()
    """The names of departments that are still asked."""


ASK_NAMES = ("ticket", "dispatcher", "departments", "expected", "now")
"""The names that a note and a message may use."""
DRAFT_NAMES = ("ticket", "composer", "answers", "missing")
"""The names that a draft may use."""
