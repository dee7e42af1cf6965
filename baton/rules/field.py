"""One field of the rule language, and what can be asked about the person in it."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from enum import StrEnum
from operator import attrgetter
from typing import Any, NamedTuple

from baton.contract import (
    AUTHORS,
    Author,
    AuthorType,
)
from baton.model.facts import Facts, MissingAvailability, Person
from baton.rules.scene import EVERY_CASE, CaseType, Scene


class Sort(StrEnum):
    """What a field contains, which determines the words and names that fit it."""

    CHOICE = "choice"
    STAFF = "staff"
    LINE = "line"
    DEPARTMENT = "department"
    ROLE = "role"
    CHANNEL = "channel"
    LABEL = "label"
    TEXT = "text"
    FLAG = "flag"
    NUMBER = "number"
    TIME = "time"


MANY = frozenset({Sort.DEPARTMENT, Sort.ROLE, Sort.LABEL})
"""Sorts of fields that hold any number of values."""


class Named(NamedTuple):
    """A line, a calendar or a person whom a field names, and what it asks there."""

    what: str
    key: str
    asked: str


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
    lazy: bool = False
    """Looked up only where a rule gets as far as asking, so it is asked last."""
    named: Named | None = None

    @property
    def scope(self) -> str:
        return re.split(r"[. ]", self.name, maxsplit=1)[0]

    @property
    def many(self) -> bool:
        return self.sort in MANY


_NOBODY = Person()


def is_available(staff: str, facts: Facts) -> bool:
    """Whether somebody could be given a case now."""
    if staff not in facts.available:
        raise MissingAvailability(staff)
    return facts.available[staff]


def _person(facts: Facts, staff: str | None) -> Person:
    if staff is None:
        return _NOBODY
    return facts.people.get(staff) or facts.person(staff) or _NOBODY


def author_id(author: Author | None) -> str | None:
    """A staff ID as it is; any other ID in a form with a colon, which no staff ID has."""
    if author is None:
        return None
    return author.id if author.type is AuthorType.STAFF else f"{author.type}:{author.id}"


def of_person(
    field: str, whose: str, who: Callable[[Scene], str | None], of: frozenset[CaseType] = EVERY_CASE
) -> Iterator[Field]:
    """What can be asked about the person in a field."""

    def reading(attribute: str) -> Callable[[Scene], Any]:
        read = attrgetter(attribute)
        return lambda scene: read(_person(scene.facts, who(scene)))

    def habit(scene: Scene) -> bool | None:
        person = _person(scene.facts, who(scene))
        return None if person is _NOBODY else person.chats

    def available(scene: Scene) -> bool | None:
        staff = who(scene)
        return None if staff is None else is_available(staff, scene.facts)

    def about(name: str, sort: Sort, said: str, read: Callable[[Scene], Any]) -> Field:
        return Field(f"{field}.{name}", sort, said, read, of_person=True, of=of)

    among = "'is' asks whether this one is among them."
    yield about("line", Sort.LINE, f"The home line of {whose}.", reading("line"))
    yield about("department", Sort.DEPARTMENT, f"The departments of {whose}; {among}", reading("departments"))
    yield about("role", Sort.ROLE, f"The roles of {whose}; {among}", reading("roles"))
    yield about("chats", Sort.FLAG, f"Whether {whose} usually works with chats.", habit)
    yield Field(
        f"{field}.available",
        Sort.FLAG,
        f"Whether {whose} is available: could be given a case now.",
        available,
        of_person=True,
        of=of,
        lazy=True,
    )
