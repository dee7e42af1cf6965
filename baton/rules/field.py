"""One field of the rule language, and what can be asked about the person in it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from enum import StrEnum
from operator import attrgetter
from typing import Any

from baton.contract import (
    AUTHORS,
    Author,
    AuthorType,
)
from baton.model.facts import Facts, Person
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


MANY = frozenset({Sort.DEPARTMENT, Sort.ROLE, Sort.LABEL})
"""Sorts of fields that hold any number of values."""


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

    def about(name: str, sort: Sort, said: str, read: Callable[[Scene], Any]) -> Field:
        return Field(f"{field}.{name}", sort, said, read, of_person=True, of=of)

    among = "'is' asks whether this one is among them."
    yield about("line", Sort.LINE, f"The home line of {whose}.", reading("line"))
    yield about("department", Sort.DEPARTMENT, f"The departments of {whose}; {among}", reading("departments"))
    yield about("role", Sort.ROLE, f"The roles of {whose}; {among}", reading("roles"))
    yield about("chats", Sort.FLAG, f"Whether {whose} usually works with chats.", habit)
