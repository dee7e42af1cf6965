"""What is wrong with rules that are well formed: names that nobody has, and rules that can never match."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any, NamedTuple

from baton.directory import Directory
from baton.rules import language
from baton.rules.conditions import Atom, Op, atoms, contradictions, kinds_of, read_when
from baton.rules.fields import CHANGING_KINDS, OPENING_KINDS, Sort
from baton.rules.grammar import entries
from baton.rules.language import EventRule, RuleList, TimedRule
from baton.wording import did_you_mean

Path = tuple[str | int, ...]


class Finding(NamedTuple):
    """A mistake in a rule, and where in the rule it stands."""

    path: Path
    what: str
    hint: str = ""


def check_rule(rule: EventRule | TimedRule, kind: RuleList, directory: Directory | None) -> Iterator[Finding]:
    """Every mistake in one rule. Without a directory, names are not checked."""
    conditions, _ = read_when(rule.when, ("when",))
    yield from (
        Finding(path, f"can never match: {why}", "remove one of the two")
        for path, why in contradictions(conditions)
    )
    if kind is not RuleList.TIMED:
        kinds = kinds_of(conditions)
        asked = OPENING_KINDS if kind is RuleList.INCOMING else CHANGING_KINDS
        if not kinds & asked:
            yield _never(kinds, kind)
    for position, action in enumerate(rule.then):
        yield from _fitting(action, kind, ("then", position))
    if directory is not None:
        names = _Names(directory)
        for atom in atoms(conditions):
            yield from names.in_test(atom)
        for position, action in enumerate(rule.then):
            yield from names.in_action(action, ("then", position))


def _never(kinds: frozenset[str], kind: RuleList) -> Finding:
    if not kinds:
        return Finding(
            ("when",),
            "can never match: no kind of event has all this",
            "see event.kind and the fields of event",
        )
    said = " or ".join(sorted(kinds))
    if kind is RuleList.INCOMING:
        hint = "only customer_message and agent_message begin a chat; move the rule to 'changed'"
        return Finding(("when",), f"can never match: {said} does not begin a chat", hint)
    return Finding(("when",), f"can never match: no rule is asked about {said}", "see the list of event.kind")


def _fitting(action: language.Action, kind: RuleList, path: Path) -> Iterator[Finding]:
    """A timed rule has no event whose author or target could be meant."""
    if kind is not RuleList.TIMED:
        return
    for name, given in entries(action):
        if isinstance(given, language.ToField | language.NotifyField) and given.to.startswith("event."):
            yield Finding(
                (*path, name, "to"),
                f"a timed rule has no {given.to}",
                "use case.assignee, or another field of the case",
            )


class _Names:
    """The names that a directory knows, by sort."""

    def __init__(self, directory: Directory) -> None:
        self._directory = directory
        self._known: Mapping[Sort, tuple[str, ...]] = {
            Sort.STAFF: tuple(directory.staff),
            Sort.LINE: tuple(directory.lines),
            Sort.DEPARTMENT: tuple(directory.departments),
            Sort.ROLE: tuple(
                dict.fromkeys(role for member in directory.staff.values() for role in member.roles)
            ),
            Sort.LABEL: tuple(sorted(directory.known_labels)),
        }

    def in_test(self, atom: Atom) -> Iterator[Finding]:
        if atom.field.sort in self._known and atom.op in (Op.ONE_OF, Op.NONE_OF):
            values = [value for value in atom.values if isinstance(value, str)]
            yield from self._unknown(atom.field.sort, values, atom.path)

    def in_action(self, action: language.Action, path: Path) -> Iterator[Finding]:
        for name, given in entries(action):
            here = (*path, name)
            match action:
                case language.AddLabels() | language.RemoveLabels():
                    yield from self._unknown(Sort.LABEL, given, here)
                case language.Assign() | language.Pin() | language.Notify():
                    yield from self._in_target(given, here)
            if isinstance(action, language.Pin) and isinstance(given, language.ToStaff):
                yield from self._pinnable(given.staff, (*here, "staff"))

    def _in_target(self, target: Any, path: Path) -> Iterator[Finding]:
        match target:
            case language.ToStaff(staff=staff):
                yield from self._unknown(Sort.STAFF, [staff], (*path, "staff"))
            case language.NotifyStaff(staff=several):
                yield from self._unknown(Sort.STAFF, several, (*path, "staff"))
            case language.ToLine(line=line) | language.NotifyLine(line=line):
                yield from self._unknown(Sort.LINE, [line], (*path, "line"))

    def _pinnable(self, staff: str, path: Path) -> Iterator[Finding]:
        member = self._directory.staff.get(staff)
        if member is not None and not member.chats:
            yield Finding(
                path, f"{staff!r} does not work with chats", "pin to somebody with 'chats: true', or assign"
            )

    def _unknown(self, sort: Sort, given: Iterable[str], path: Path) -> Iterator[Finding]:
        known = self._known[sort]
        for position, name in enumerate(given):
            if name not in known:
                what = {
                    Sort.STAFF: f"there is nobody {name!r} among the staff",
                    Sort.ROLE: f"nobody has the role {name!r}",
                }.get(sort, f"there is no {sort} {name!r}")
                # In a list, the item is where the mistake is; elsewhere the position leads nowhere.
                yield Finding(
                    (*path, position), what, did_you_mean(name, known, f"the directory has no {sort}s")
                )
