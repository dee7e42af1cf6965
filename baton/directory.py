"""The directory: who works here. Staff, lines, departments, labels and calendars.

Written in YAML to begin with, kept in the help desk's database while Baton runs, and changed by
command. What a person is doing at the moment (presence) and how much (load) is not in here.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import datetime
from functools import cached_property
from typing import Annotated, NamedTuple, Self

from pydantic import BaseModel, ConfigDict, Field, StringConstraints, model_validator
from pydantic_core import PydanticCustomError

from baton.calendars import Calendar
from baton.wording import did_you_mean

Key = Annotated[str, StringConstraints(min_length=1, max_length=100, pattern=r"^[^\s:]+$")]
"""An ID: opaque to Baton, without spaces and colons."""


class _Entry(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")

    name: str = ""
    """For people. Never put into workflow IDs or search attributes."""


class Line(_Entry):
    """A group of support staff: a tier, the phones, the chats."""

    takes_over: bool = True
    """Whether a message by one of its members takes over a chat that another line holds."""
    calendar: Key | None = None


class Department(_Entry):
    """A group that answers tickets. Its label asks it."""

    label: str
    lead: Key | None = None


class Member(_Entry):
    """One member of staff."""

    line: Key | None = None
    """The home line."""
    departments: tuple[Key, ...] = ()
    roles: tuple[Key, ...] = ()
    chats: bool = True
    """The habit: works with chats."""
    max_chats: Annotated[int, Field(ge=1, le=1000)] = 5
    """How many active chats, pinned or reserved, this person takes at a time."""


class Dangling(NamedTuple):
    """A reference that leads nowhere, or to two: where it stands, what is wrong and what to do about it."""

    path: tuple[str | int, ...]
    what: str
    hint: str


def _missing(name: str | None, what: str, known: Iterable[str], *path: str | int) -> Iterator[Dangling]:
    names = list(known)
    if name is not None and name not in names:
        yield Dangling(path, what.format(repr(name)), did_you_mean(name, names, "none are defined"))


class Directory(BaseModel):
    """Everybody and everything that rules and events may name. Every reference in it is checked."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    calendars: dict[Key, Calendar] = {}
    lines: dict[Key, Line] = {}
    departments: dict[Key, Department] = {}
    labels: tuple[str, ...] = ()
    """Labels beside those of the departments."""
    staff: dict[Key, Member] = {}

    @model_validator(mode="after")
    def _references_exist(self) -> Self:
        mistakes = list(self._dangling())
        if mistakes:
            said = "; ".join(f"{'.'.join(map(str, mistake.path))}: {mistake.what}" for mistake in mistakes)
            # Whoever read the directory from a file finds the line of each of them by its path.
            raise PydanticCustomError("dangling", "{said}", {"said": said, "mistakes": mistakes})
        return self

    def _dangling(self) -> Iterator[Dangling]:
        for key, line in self.lines.items():
            yield from _missing(
                line.calendar, "there is no calendar {}", self.calendars, "lines", key, "calendar"
            )
        for key, department in self.departments.items():
            nobody = "there is nobody {} among the staff"
            yield from _missing(department.lead, nobody, self.staff, "departments", key, "lead")
        for key, member in self.staff.items():
            yield from _missing(member.line, "there is no line {}", self.lines, "staff", key, "line")
            for position, department_key in enumerate(member.departments):
                what = "there is no department {}"
                yield from _missing(
                    department_key, what, self.departments, "staff", key, "departments", position
                )
        owners: dict[str, str] = {}
        for key, department in self.departments.items():
            owner = owners.setdefault(department.label, key)
            if owner != key:
                what = f"{department.label!r} is the label of {owner} too"
                hint = "a label asks one department; give each its own"
                yield Dangling(("departments", key, "label"), what, hint)

    @cached_property
    def known_labels(self) -> frozenset[str]:
        """Every label that a case may have."""
        return frozenset(self.labels) | {department.label for department in self.departments.values()}

    @cached_property
    def unwatched_lines(self) -> tuple[str, ...]:
        """Lines in which nobody works with chats by habit."""
        watched = {member.line for member in self.staff.values() if member.chats}
        return tuple(line for line in self.lines if line not in watched)

    def members(self, line: str) -> Iterator[tuple[str, Member]]:
        """The people whose home line it is."""
        return ((key, member) for key, member in self.staff.items() if member.line == line)

    def on_duty(self, member: Member, at: datetime) -> bool:
        """Whether the calendar of this person's line is open at ``at``; always, where it has none."""
        line = self.lines.get(member.line) if member.line else None
        return line is None or line.calendar is None or self.calendars[line.calendar].is_open(at)
