"""The directory: who works here. Staff, lines, departments, labels and calendars.

Written in YAML to begin with, kept in the help desk's database while Baton runs, and changed by
command. What a person is doing now (presence) and how many cases they have (load) are not in here.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import datetime
from functools import cached_property
from typing import Annotated, Literal, NamedTuple, Self

from pydantic import (
    BaseModel,
    ConfigDict,
    Field,
    ValidationInfo,
    field_validator,
    model_validator,
)
from pydantic_core import PydanticCustomError

from baton.contract.words import Key, Label, Title
from baton.documents.calendars import ALWAYS, Calendar
from baton.documents.plain import Amount, Flag, Whole
from baton.errors import UnknownLabel, UnknownStaff
from baton.wording import did_you_mean


def unknown_staff(unknown: Sequence[str], known: Iterable[str]) -> UnknownStaff:
    """What to raise about people who are not in the directory."""
    return UnknownStaff(_not_there("nobody", unknown, known, "it has nobody yet"))


def unknown_labels(unknown: Sequence[str], known: Iterable[str]) -> UnknownLabel:
    """Like `unknown_staff`, for labels."""
    return UnknownLabel(_not_there("no label", unknown, known, "it has none yet"))


def unknown_line(line: str, known: Iterable[str]) -> UnknownStaff:
    """Like `unknown_staff`, for a line."""
    return UnknownStaff(_not_there("no line", [line], known, "it has none"))


def unknown_department(department: str, known: Iterable[str]) -> UnknownLabel:
    """Like `unknown_staff`, for a department's key."""
    return UnknownLabel(_not_there("no department", [department], known, "it has none"))


def _not_there(what: str, unknown: Sequence[str], known: Iterable[str], otherwise: str) -> str:
    names = sorted(known)
    sentences = [
        f"there is {what} {one!r} in the directory; {did_you_mean(one, names, otherwise)}"
        for one in unknown[:MOST_UNKNOWN]
    ]
    more = len(unknown) - MOST_UNKNOWN
    return "\n".join(sentences) + (f"\nand {more} more" if more > 0 else "")


MOST_UNKNOWN = 5
"""How many unknown people or labels a message names."""
DANGLING = "dangling"
"""The context for reading a directory as far as it goes: references to nothing are taken as they are."""

Hours = Annotated[Amount, Field(gt=0, le=24 * 366)]
"""Hours of business time, a year of them at most."""


class _Entry(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")

    name: Title = ""
    """For people. Never put into workflow IDs or search attributes."""


class Line(_Entry):
    """A group of support staff: a tier, the phones, the chats."""

    takes_over: Flag = True
    """Whether a message by one of its members takes over a chat that another line holds."""
    calendar: Key | None = None


class Department(_Entry):
    """A group that answers tickets. Its label asks it."""

    label: Label
    lead: Key | None = None
    """Who is told when the department is late."""
    calendar: Key | None = None
    """When the department works. Without one, every hour counts."""
    answer_within_hours: Hours | None = None
    """How much of its business time the department has for an answer, where nobody says otherwise."""
    remind_before_hours: Hours | None = None
    """How much of that is left when its members are reminded. Without it, they are not."""

    @field_validator("remind_before_hours")
    @classmethod
    def _is_before_the_end(cls, hours: float | None, info: ValidationInfo) -> float | None:
        if hours is None or "answer_within_hours" not in info.data:  # that field has its own error
            return hours
        within: float | None = info.data["answer_within_hours"]
        if within is None:
            raise PydanticCustomError(
                "no_due_time",
                "there is no due time to remind of",
                {"hint": "add 'answer_within_hours: …', or remove this"},
            )
        if hours >= within:
            raise PydanticCustomError(
                "too_early",
                "a reminder {hours} hours before the end would come before the question",
                {"hours": f"{hours:g}", "hint": f"write less than the {within:g} of answer_within_hours"},
            )
        return hours


class Member(_Entry):
    """One member of staff."""

    line: Key | None = None
    """The home line."""
    departments: tuple[Key, ...] = ()
    roles: tuple[Key, ...] = ()
    chats: Flag = True
    """The habit: works with chats."""
    max_chats: Annotated[Whole, Field(ge=1, le=1000)] = 5
    """How many active chats, pinned or reserved, this person takes at a time."""
    max_tickets: Annotated[Whole, Field(ge=1, le=1000)] = 20
    """How many open tickets, to be looked at or to be answered, this person takes at a time."""
    shared: Flag = False
    """An account that several people use; never composer."""

    def most(self, kind: Literal["chat", "ticket"]) -> int:
        """How many cases of this kind this person takes at a time."""
        return self.max_chats if kind == "chat" else self.max_tickets


class Dangling(NamedTuple):
    """A reference to nothing, or to two things: where it is, what is wrong and what to do about it."""

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
    labels: tuple[Label, ...] = ()
    """Labels beside those of the departments."""
    staff: dict[Key, Member] = {}

    @model_validator(mode="after")
    def _references_exist(self, info: ValidationInfo) -> Self:
        mistakes = [] if info.context == DANGLING else list(self._dangling())
        if mistakes:
            said = "; ".join(f"{'.'.join(map(str, mistake.path))}: {mistake.what}" for mistake in mistakes)
            # A caller that read the directory from a file finds the line of each mistake by its path.
            raise PydanticCustomError("dangling", "{said}", {"said": said, "mistakes": mistakes})
        return self

    def _dangling(self) -> Iterator[Dangling]:
        no_calendar = "there is no calendar {}"
        for key, line in self.lines.items():
            yield from _missing(line.calendar, no_calendar, self.calendars, "lines", key, "calendar")
        for key, department in self.departments.items():
            where = ("departments", key, "calendar")
            yield from _missing(department.calendar, no_calendar, self.calendars, *where)
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

    def __copy__(self) -> Self:
        """See base class. What was worked out from the fields is left behind: the copy may get others."""
        copied = super().__copy__()
        for name in copied.__dict__.keys() - type(self).model_fields.keys():
            del copied.__dict__[name]
        return copied

    @cached_property
    def known_labels(self) -> frozenset[str]:
        """Every label that a case may have."""
        return frozenset(self.labels) | {department.label for department in self.departments.values()}

    @cached_property
    def _departments_by_label(self) -> Mapping[str, str]:
        return {department.label: key for key, department in self.departments.items()}

    def require_staff(self, *staff: str) -> None:
        """Raises ``UnknownStaff`` unless there is somebody with each of these keys."""
        unknown = [one for one in dict.fromkeys(staff) if one not in self.staff]
        if unknown:
            raise unknown_staff(unknown, self.staff)

    def require_line(self, line: str) -> None:
        """Raises ``UnknownStaff`` if there is no line with this key."""
        if line not in self.lines:
            raise unknown_line(line, self.lines)

    def require_role(self, role: str) -> None:
        """Raises ``UnknownStaff`` if nobody has this role."""
        roles = sorted({one for member in self.staff.values() for one in member.roles})
        if role not in roles:
            hint = did_you_mean(role, roles, "nobody has one")
            raise UnknownStaff(f"nobody in the directory has the role {role!r}; {hint}")

    def label_of(self, department: str) -> str:
        """The label of a department, by its key. Raises ``UnknownLabel`` if there is none."""
        if department not in self.departments:
            raise unknown_department(department, self.departments)
        return self.departments[department].label

    def department_of(self, label: str) -> str | None:
        """The key of the department with this label; ``None`` for any other label."""
        return self._departments_by_label.get(label)

    def members_of(self, department: str) -> tuple[str, ...]:
        """The people who answer for a department, in the order of the directory."""
        return tuple(key for key, member in self.staff.items() if department in member.departments)

    def calendar_of_department(self, department: str) -> Calendar:
        """When a department works; always, if it has no calendar or no longer exists."""
        known = self.departments.get(department)
        return ALWAYS if known is None or known.calendar is None else self.calendars[known.calendar]

    @cached_property
    def unwatched_lines(self) -> tuple[str, ...]:
        """Lines in which nobody works with chats by habit."""
        watched = {member.line for member in self.staff.values() if member.chats}
        return tuple(line for line in self.lines if line not in watched)

    @cached_property
    def staffed_lines(self) -> frozenset[str]:
        """Lines to which somebody belongs."""
        return frozenset(member.line for member in self.staff.values() if member.line)

    def members(self, line: str) -> Mapping[str, Member]:
        """The people whose home line this is."""
        return self._members.get(line, {})

    @cached_property
    def _members(self) -> Mapping[str, Mapping[str, Member]]:
        found: dict[str, dict[str, Member]] = {}
        for key, member in self.staff.items():
            if member.line is not None:
                found.setdefault(member.line, {})[key] = member
        return found

    def calendar_of_line(self, line: str | None) -> Calendar:
        """When a line works; always, if it has no calendar or does not exist."""
        known = self.lines.get(line) if line is not None else None
        return ALWAYS if known is None or known.calendar is None else self.calendars[known.calendar]

    def calendar_of(self, member: Member) -> Calendar:
        """When this person works: the calendar of their line; without one, every hour counts."""
        return self.calendar_of_line(member.line)

    def on_duty(self, member: Member, at: datetime) -> bool:
        """Whether the calendar of this person's line is open at ``at``; always, if there is none."""
        return self.calendar_of(member).is_open(at)
