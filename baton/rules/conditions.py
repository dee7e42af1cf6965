"""Conditions in their simplest form: atoms, and all / any / not of them.

The language has many words for the convenience of people. Here there are few: a test of a field is a set of
values that it may have, or must not have. This form is evaluated (`baton.rules.holding`), put into the index,
and used to find contradictions and the kinds of events that a rule can be about (`baton.rules.possible`).
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import time
from enum import Enum
from typing import Any

from baton.rules.field import Field, Sort
from baton.rules.fields import field_named
from baton.rules.grammar import Part, entries
from baton.rules.measures import AtLeast, TimeOfDay
from baton.rules.texts import as_read
from baton.rules.when import ANCHORS, IS_NOT_SET

Path = tuple[str | int, ...]
Value = str | bool | float | time | None


class Op(Enum):
    ONE_OF = "is one of"
    """For a field that holds many values: at least one of them is."""
    NONE_OF = "is none of"
    SET = "is set"
    UNSET = "is not set"
    SAME = "is the same as"
    OTHER = "is not the same as"
    CONTAINS = "contains"
    LACKS = "does not contain"
    AT_LEAST = "at least"
    AT_MOST = "at most"
    BETWEEN = "is between"
    """From the first value until just before the second; past midnight, if that is the earlier one."""


@dataclass(frozen=True)
class Atom:
    """One test of one field. ``path`` is where it is in the rule file."""

    field: Field
    op: Op
    values: tuple[Value, ...]
    path: Path
    other: Field | None = None

    @property
    def lazy(self) -> bool:
        """Whether something is looked up only when this is asked."""
        return self.field.lazy or (self.other is not None and self.other.lazy)


@dataclass(frozen=True)
class All:
    parts: tuple[Condition, ...]


@dataclass(frozen=True)
class AnyOf:
    parts: tuple[Condition, ...]


@dataclass(frozen=True)
class Not:
    part: Condition


Condition = Atom | All | AnyOf | Not


@dataclass(frozen=True)
class Wait:
    """A condition about time: so many minutes since this moment."""

    anchor: str
    minutes: float


def read_when(when: Part, path: Path) -> tuple[All, tuple[Wait, ...]]:
    """The conditions of a rule, with nested lists of ``all`` flattened, and its conditions about time."""
    waits = tuple(Wait(name, test.at_least) for name, test in entries(when) if isinstance(test, AtLeast))
    return _all(when, path), waits


def _all(when: Part, path: Path) -> All:
    return All(tuple(_parts(when, path)))


def _parts(when: Part, path: Path) -> Iterator[Condition]:
    for name, test in entries(when):
        here = (*path, name)
        if name == "all":
            for position, part in enumerate(test):
                yield from _parts(part, (*here, position))
        elif name == "any":
            yield AnyOf(tuple(_all(part, (*here, position)) for position, part in enumerate(test)))
        elif name == "not":
            yield Not(_all(test, here))
        elif name not in ANCHORS:
            yield from _atoms(field_named(name), test, here)


def _atoms(field: Field, test: object, path: Path) -> Iterator[Atom]:
    if isinstance(test, bool):
        yield Atom(field, Op.ONE_OF, (test,), path)
    elif isinstance(test, str):
        yield Atom(field, Op.UNSET if test == IS_NOT_SET else Op.SET, (), path)
    elif isinstance(test, TimeOfDay):
        yield Atom(field, Op.BETWEEN, test.interval, path)
    elif isinstance(test, Part):
        for word, given in entries(test):
            yield _atom(field, word, given, (*path, word))


_OPS = {
    "is": Op.ONE_OF,
    "is not": Op.NONE_OF,
    "is one of": Op.ONE_OF,
    "is none of": Op.NONE_OF,
    "has": Op.ONE_OF,
    "has not": Op.NONE_OF,
    "has any of": Op.ONE_OF,
    "has none of": Op.NONE_OF,
    "contains": Op.CONTAINS,
    "does not contain": Op.LACKS,
    "at least": Op.AT_LEAST,
    "at most": Op.AT_MOST,
}


def _atom(field: Field, word: str, given: object, path: Path) -> Atom:
    op = _OPS[word]
    if isinstance(given, Part):
        (_, other), *_ = entries(given)
        return Atom(field, Op.SAME if op is Op.ONE_OF else Op.OTHER, (), path, field_named(other))
    values: tuple[Any, ...] = given if isinstance(given, tuple) else (given,)
    if field.sort is Sort.TEXT:
        whole = op in (Op.ONE_OF, Op.NONE_OF)
        values = tuple(as_read(value).strip(" " if whole else "") for value in values)
    return Atom(field, op, tuple(dict.fromkeys(values)), path)


def atoms(condition: Condition) -> Iterator[Atom]:
    """Every atom in a condition."""
    match condition:
        case Atom():
            yield condition
        case All(parts) | AnyOf(parts):
            for part in parts:
                yield from atoms(part)
        case Not(part):
            yield from atoms(part)
