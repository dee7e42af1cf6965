"""What a rule can be about: the kinds of events that it may match, and tests that cannot hold together."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from math import inf

from baton.contract import AUTHORS
from baton.rules.conditions import All, AnyOf, Atom, Condition, Not, Op, Path, Value
from baton.rules.field import Field

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
    least, most = -inf, inf
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
            case Op.AT_LEAST | Op.AT_MOST:
                (number,) = atom.values
                assert isinstance(number, int | float)
                least, most = (
                    (max(least, number), most) if atom.op is Op.AT_LEAST else (least, min(most, number))
                )
    if least > most:
        return False
    if is_unset and (is_set or wanted):
        return False
    if wanted and not many:
        wanted = [wanted[0].intersection(*wanted[1:])]
    # If a field holds many values, each test may be passed by a different one.
    return all(values - forbidden for values in wanted)


def _said(atom: Atom) -> str:
    values = ", ".join(str(value) for value in atom.values)
    return f"'{atom.op.value}{' ' + values if values else ''}'"
