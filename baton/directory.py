"""The directory: who works here. Staff, lines, departments, labels and calendars.

Written in YAML to begin with, kept in the help desk's database while Baton runs, and changed by
command. What a person is doing at the moment (presence) and how much (load) is not in here.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from functools import cached_property
from typing import Annotated, Self

from pydantic import BaseModel, ConfigDict, Field, StringConstraints, model_validator

from baton.calendars import Calendar

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
            raise ValueError("; ".join(mistakes))
        return self

    def _dangling(self) -> Iterator[str]:
        for key, line in self.lines.items():
            if line.calendar is not None and line.calendar not in self.calendars:
                yield f"lines.{key}.calendar: there is no calendar {line.calendar!r}"
        for key, department in self.departments.items():
            if department.lead is not None and department.lead not in self.staff:
                yield f"departments.{key}.lead: there is nobody {department.lead!r} among the staff"
        for key, member in self.staff.items():
            if member.line is not None and member.line not in self.lines:
                yield f"staff.{key}.line: there is no line {member.line!r}"
            for department_key in member.departments:
                if department_key not in self.departments:
                    yield f"staff.{key}.departments: there is no department {department_key!r}"
        owners: dict[str, str] = {}
        for key, department in self.departments.items():
            if owners.setdefault(department.label, key) != key:
                other = owners[department.label]
                yield f"departments.{key}.label: {department.label!r} is the label of {other}, too"

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
