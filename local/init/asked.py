"""What a new company has: lines and departments, each with its people, as they were asked for."""

from __future__ import annotations

from collections.abc import Iterable
from typing import NamedTuple

from baton.contract.words import LONGEST_KEY
from baton.errors import BatonError
from baton.signs import hidden_in


class Named(NamedTuple):
    """Somebody or something, by the key that rules and programs use, and the name that people read."""

    key: str
    name: str


class Group(NamedTuple):
    """A line or a department, and the people in it."""

    key: str
    name: str
    people: tuple[Named, ...] = ()

    def has(self, person: Named) -> bool:
        return person.key in (one.key for one in self.people)


class Asked(NamedTuple):
    """What the files are written for. The first line is the one that works with chats."""

    lines: tuple[Group, ...]
    departments: tuple[Group, ...]

    @property
    def chats(self) -> Group | None:
        """The line that works with chats; none if there are no lines."""
        return self.lines[0] if self.lines else None

    @property
    def people(self) -> tuple[Named, ...]:
        """Everybody, each once: those of the lines first."""
        everybody: dict[str, Named] = {}
        for group in (*self.lines, *self.departments):
            for person in group.people:
                everybody.setdefault(person.key, person)
        return tuple(everybody.values())


def asked_for(lines: Iterable[str], departments: Iterable[str]) -> Asked:
    """These groups, each written as in ``Chats=Ivan,Petra``.

    Raises ``BatonError`` for a name that cannot be one, or that is given twice.
    """
    asked = Asked(tuple(map(_group, lines)), tuple(map(_group, departments)))
    _require_different("line", asked.lines)
    _require_different("department", asked.departments)
    for person in asked.people:
        home = [line.name for line in asked.lines if line.has(person)]
        if len(home) > 1:
            raise BatonError(f"{person.name} is in two lines, {' and '.join(home)}; everybody has one.")
    return asked


def named(written: str) -> Named:
    """A name, and the key made from it: ``Ivan Petrov`` is ``ivan-petrov``. Raises ``BatonError``."""
    name = " ".join(written.split())
    name = name[:1].upper() + name[1:]
    key = name.lower().replace(" ", "-").replace(":", "-")
    if not key or len(key) > LONGEST_KEY or hidden_in(name, word=True):
        raise BatonError(
            f"{written!r} cannot be a name: a name has from 1 to {LONGEST_KEY} characters, all to be seen."
        )
    return Named(key, name)


def names_in(text: str) -> list[str]:
    """The names in a list with commas."""
    return [name for part in text.split(",") if (name := part.strip())]


def _group(written: str) -> Group:
    name, _, people = written.partition("=")
    return Group(*named(name), tuple(map(named, names_in(people))))


def _require_different(what: str, groups: Iterable[Group]) -> None:
    first: dict[str, Group] = {}
    for group in groups:
        other = first.setdefault(group.key, group)
        if other is not group:
            raise BatonError(
                f"{other.name!r} and {group.name!r} would be the same {what}, {group.key!r}. Give one of "
                "them another name."
            )
