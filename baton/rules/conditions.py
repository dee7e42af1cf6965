"""Conditions in their simplest form: atoms, and all / any / not of them.

The language has many words for the convenience of people. Here there are few: a test of a field is a set of
values that it may have, or must not have. This form is used to find contradictions, the kinds of events that
a rule can be about, and the entries of the index.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from enum import Enum
from typing import Any

from baton.contract import AUTHORS
from baton.rules.field import Field, Sort
from baton.rules.fields import FIELDS
from baton.rules.grammar import Part, entries
from baton.rules.scene import Scene
from baton.rules.when import ANCHORS, IS_NOT_SET, AtLeast

Path = tuple[str | int, ...]
Value = str | bool | None


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


@dataclass(frozen=True)
class Atom:
    """One test of one field. ``path`` is where it is in the rule file."""

    field: Field
    op: Op
    values: tuple[Value, ...]
    path: Path
    other: Field | None = None


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
            yield from _atoms(FIELDS[name], test, here)


def _atoms(field: Field, test: object, path: Path) -> Iterator[Atom]:
    if isinstance(test, bool):
        yield Atom(field, Op.ONE_OF, (test,), path)
    elif isinstance(test, str):
        yield Atom(field, Op.UNSET if test == IS_NOT_SET else Op.SET, (), path)
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
}


def _atom(field: Field, word: str, given: object, path: Path) -> Atom:
    op = _OPS[word]
    if isinstance(given, Part):
        (_, other), *_ = entries(given)
        return Atom(field, Op.SAME if op is Op.ONE_OF else Op.OTHER, (), path, FIELDS[other])
    values: tuple[Any, ...] = given if isinstance(given, tuple) else (given,)
    if field.sort is Sort.TEXT:
        values = tuple(value.casefold() for value in values)
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


# --- Whether it holds ---------------------------------------------------------------------------

Predicate = Callable[[Scene], bool]


def predicate(condition: Condition) -> Predicate:
    """The condition as a function."""
    match condition:
        case Atom():
            return _test(condition)
        case All(parts):
            every = tuple(predicate(part) for part in parts)
            return lambda scene: all(holds(scene) for holds in every)
        case AnyOf(parts):
            some = tuple(predicate(part) for part in parts)
            return lambda scene: any(holds(scene) for holds in some)
        case Not(part):
            inner = predicate(part)
            return lambda scene: not inner(scene)


def _test(atom: Atom) -> Predicate:
    read = atom.field.read
    many = atom.field.many
    values = frozenset(atom.values)
    match atom.op:
        case Op.ONE_OF if many:
            return lambda scene: not values.isdisjoint(read(scene))
        case Op.NONE_OF if many:
            return lambda scene: values.isdisjoint(read(scene))
        case Op.ONE_OF if atom.field.sort is Sort.TEXT:
            return lambda scene: (read(scene) or "").casefold() in values
        case Op.NONE_OF if atom.field.sort is Sort.TEXT:
            return lambda scene: (read(scene) or "").casefold() not in values
        case Op.ONE_OF:
            return lambda scene: read(scene) in values
        case Op.NONE_OF:
            return lambda scene: read(scene) not in values
        case Op.SET:
            return lambda scene: read(scene) not in (None, ())
        case Op.UNSET:
            return lambda scene: read(scene) in (None, ())
        case Op.SAME | Op.OTHER:
            assert atom.other is not None
            other, same = atom.other.read, atom.op is Op.SAME
            return lambda scene: (read(scene) == other(scene)) is same
        case Op.CONTAINS:
            return lambda scene: any(value in (read(scene) or "").casefold() for value in values)
        case Op.LACKS:
            return lambda scene: not any(value in (read(scene) or "").casefold() for value in values)


# --- What a rule can be about -------------------------------------------------------------------

_ALL_KINDS = frozenset(AUTHORS)


def kinds_of(condition: Condition) -> frozenset[str]:
    """Kinds of events for which the condition may hold; it cannot hold for any other."""
    match condition:
        case Atom():
            return _kinds_of_atom(condition)
        case All(parts):
            return _ALL_KINDS.intersection(*map(kinds_of, parts))
        case AnyOf(parts):
            return frozenset().union(*map(kinds_of, parts))
        case Not():
            return _ALL_KINDS


def _kinds_of_atom(atom: Atom) -> frozenset[str]:
    if atom.op in (Op.NONE_OF, Op.ONE_OF) and atom.field.name in ("event.kind", "event.author.type"):
        wanted = {value for value in atom.values if isinstance(value, str)}
        by_author = atom.field.name == "event.author.type"
        named = frozenset(
            kind for kind, types in AUTHORS.items() if (types & wanted if by_author else kind in wanted)
        )
        if atom.op is Op.ONE_OF:
            return named
        return (
            frozenset(kind for kind, types in AUTHORS.items() if types - wanted)
            if by_author
            else _ALL_KINDS - named
        )
    return atom.field.kinds if atom.op in (Op.ONE_OF, Op.SET, Op.CONTAINS) else _ALL_KINDS


def contradictions(condition: Condition) -> Iterator[tuple[Path, str]]:
    """Tests that cannot hold together, as far as this is cheap to find out: where they are, and why not."""
    match condition:
        case All(parts):
            yield from _clashes([part for part in parts if isinstance(part, Atom)])
            for part in parts:
                yield from contradictions(part)
        case AnyOf(parts):
            for part in parts:
                yield from contradictions(part)
        case Not(part):
            yield from contradictions(part)
        case Atom(field, Op.SAME | Op.OTHER, _, path, other) if other is field:
            yield path, f"{field.name} is compared with itself"


def _clashes(tests: Iterable[Atom]) -> Iterator[tuple[Path, str]]:
    by_field: dict[Field, list[Atom]] = {}
    for atom in tests:
        earlier = by_field.setdefault(atom.field, [])
        earlier.append(atom)
        if not possible(earlier):
            said = " and ".join(_said(one) for one in earlier)
            yield atom.path, f"{atom.field.name} can never be like this: {said}"
            return


def possible(tests: Iterable[Atom]) -> bool:
    """Whether one field can pass all these tests."""
    wanted: list[frozenset[Value]] = []
    forbidden: set[Value] = set()
    is_set = is_unset = many = False
    for atom in tests:
        many = atom.field.many
        match atom.op:
            case Op.ONE_OF:
                wanted.append(frozenset(atom.values))
            case Op.NONE_OF:
                forbidden |= set(atom.values)
            case Op.SET | Op.CONTAINS:
                is_set = True
            case Op.UNSET:
                is_unset = True
    if is_unset and (is_set or wanted):
        return False
    if wanted and not many:
        wanted = [wanted[0].intersection(*wanted[1:])]
    # If a field holds many values, each test may be passed by a different one.
    return all(values - forbidden for values in wanted)


def _said(atom: Atom) -> str:
    values = ", ".join(str(value) for value in atom.values)
    return f"'{atom.op.value}{' ' + values if values else ''}'"
