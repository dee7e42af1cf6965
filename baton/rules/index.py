"""Finds the rules that match, without testing each of them.

A list of rules is kept as columns: one for each field that some rule tests. For each value, a column has the
set of rules that accept that value. A set of rules is one integer with a bit for each rule. So a question
costs one look-up and one ``&`` for each column, and a thousand more rules make the integers 125 bytes longer.
The rules that pass all columns are the candidates, in list order; tests that no column can hold (a text, a
nested ``any``, what is looked up only if asked) are then tried on the candidates only.

Columns hold *is*, *is not*, *is one of*, *is set*, comparisons of two fields, and the words for labels.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from baton.contract import AUTHORS
from baton.rules.actions import Concrete
from baton.rules.conditions import All, Atom, Op, Wait
from baton.rules.field import Sort
from baton.rules.holding import Predicate, predicate
from baton.rules.scene import Scene


@dataclass(frozen=True, eq=False)
class Compiled:
    """A rule, ready to be evaluated."""

    id: str
    conditions: All
    waits: tuple[Wait, ...]
    kinds: frozenset[str]
    actions: tuple[Concrete, ...]
    stop: bool
    retrigger: bool
    holds: Predicate
    """All conditions except those about time."""


class _One(NamedTuple):
    """The column of a field with one value."""

    read: Callable[[Scene], Hashable]
    find: Callable[[Hashable, int], int]
    default: int


class _Many(NamedTuple):
    """The column of a field with any number of values."""

    read: Callable[[Scene], tuple[str, ...]]
    free: int
    """Rules that do not require a particular value."""
    wanted: Mapping[str, int]
    forbidden: Mapping[str, int]


class _Plan(NamedTuple):
    """What has to be looked up for one kind of event."""

    start: int
    ones: tuple[_One, ...]
    manys: tuple[_Many, ...]


@dataclass(eq=False)
class _Draft:
    """A column being filled: which rules accept or reject which value."""

    read: Callable[[Scene], Any]
    many: bool
    accepts: dict[Hashable, int] = field(default_factory=dict)
    rejects: dict[Hashable, int] = field(default_factory=dict)
    choosy: int = 0
    """Rules that accept only what they name."""


class Index:
    """The rules of one list, as columns."""

    def __init__(self, rules: Sequence[Compiled]) -> None:
        self.rules = tuple(rules)
        self._drafts: dict[tuple[object, ...], _Draft] = {}
        self.rest: tuple[tuple[Predicate, ...], ...] = tuple(
            tuple(self._place(rule, 1 << position)) for position, rule in enumerate(self.rules)
        )
        """For each rule, the tests that no column holds."""
        self._columns = [_column(draft, len(self.rules)) for draft in self._drafts.values()]
        self._drafts.clear()
        self._plans = {kind: self._plan(kind) for kind in AUTHORS}

    def candidates(self, scene: Scene) -> int:
        """The rules that pass all columns, one bit each; they match if their ``rest`` matches, too."""
        mask, ones, manys = self._plans[scene.event.kind]
        for read, find, default in ones:
            mask &= find(read(scene), default)
            if not mask:
                return 0
        for many in manys:
            values = many.read(scene)
            allowed = many.free
            for value in values:
                allowed |= many.wanted.get(value, 0)
            mask &= allowed
            for value in values:
                mask &= ~many.forbidden.get(value, 0)
        return mask

    def _place(self, rule: Compiled, bit: int) -> Iterable[Predicate]:
        """Put a rule into the columns; returns the tests for which there is no column."""
        wanting: set[object] = set()
        narrowed: dict[_Draft, frozenset[Hashable]] = {}

        def narrow(draft: _Draft, values: frozenset[Hashable]) -> None:
            narrowed[draft] = narrowed.get(draft, values) & values

        for part in rule.conditions.parts:
            if (
                isinstance(part, Atom)
                and part.field.name == "event.kind"
                and part.op in (Op.ONE_OF, Op.NONE_OF)
            ):
                continue  # already covered by the rule's kinds
            if not isinstance(part, Atom) or not _fits(part):
                yield predicate(part)
            elif part.op in (Op.SAME, Op.OTHER):
                narrow(self._comparison(part), frozenset({part.op is Op.SAME}))
            elif part.field.many:
                draft = self._draft(part)
                if part.op is Op.NONE_OF:
                    _mark(draft.rejects, part.values, bit)
                elif part.field in wanting:
                    yield predicate(part)  # a column holds only one test of each rule
                else:
                    wanting.add(part.field)
                    self._accept(draft, frozenset(part.values), bit)
            elif part.op in (Op.ONE_OF, Op.UNSET):
                narrow(self._draft(part), frozenset(part.values if part.op is Op.ONE_OF else (None,)))
            else:
                _mark(self._draft(part).rejects, part.values if part.op is Op.NONE_OF else (None,), bit)
        for draft, accepted in narrowed.items():
            self._accept(draft, accepted, bit)

    def _draft(self, atom: Atom) -> _Draft:
        return self._drafts.setdefault((atom.field,), _Draft(atom.field.read, atom.field.many))

    def _comparison(self, atom: Atom) -> _Draft:
        """A comparison of two fields is a column of its own, with the values true and false."""
        assert atom.other is not None
        one, other = atom.field.read, atom.other.read
        return self._drafts.setdefault(
            (atom.field, atom.other), _Draft(lambda scene: one(scene) == other(scene), many=False)
        )

    @staticmethod
    def _accept(draft: _Draft, values: frozenset[Hashable], bit: int) -> None:
        draft.choosy |= bit
        _mark(draft.accepts, values, bit)

    def _plan(self, kind: str) -> _Plan:
        """Leave out the columns that tell nothing about the rules for this kind of event."""
        start = sum(1 << position for position, rule in enumerate(self.rules) if kind in rule.kinds)
        telling = [(column, choosy) for column, choosy in self._columns if choosy & start]
        # The most selective first: often no rule is left before the last column is reached.
        telling.sort(key=lambda pair: -(pair[1] & start).bit_count())
        return _Plan(
            start,
            tuple(column for column, _ in telling if isinstance(column, _One)),
            tuple(column for column, _ in telling if isinstance(column, _Many)),
        )


def _fits(atom: Atom) -> bool:
    """Whether a column can hold the test."""
    if atom.lazy or atom.field.sort is Sort.TEXT or atom.op not in _IN_COLUMNS:
        return False
    return not (atom.field.many and atom.op in (Op.SET, Op.UNSET))


_IN_COLUMNS = frozenset({Op.ONE_OF, Op.NONE_OF, Op.SET, Op.UNSET, Op.SAME, Op.OTHER})


def _mark(table: dict[Hashable, int], values: Iterable[Hashable], bit: int) -> None:
    for value in values:
        table[value] = table.get(value, 0) | bit


def _column(draft: _Draft, count: int) -> tuple[_One | _Many, int]:
    """The finished column, and the rules that it says anything about."""
    every = (1 << count) - 1
    free = every & ~draft.choosy
    about = draft.choosy
    for rejecting in draft.rejects.values():
        about |= rejecting
    if draft.many:
        wanted: Any = draft.accepts
        forbidden: Any = draft.rejects
        return _Many(draft.read, free, wanted, forbidden), about
    table = {
        value: (free | draft.accepts.get(value, 0)) & ~draft.rejects.get(value, 0)
        for value in draft.accepts.keys() | draft.rejects.keys()
    }
    return _One(draft.read, table.get, free), about


def positions(mask: int) -> Iterator[int]:
    """The positions of the bits of a set of rules, in list order."""
    while mask:
        bit = mask & -mask
        yield bit.bit_length() - 1
        mask ^= bit
