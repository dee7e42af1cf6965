"""What is wrong with rules that are well formed: those that can never match, or name what is not there."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from baton.documents.directory import Directory
from baton.rules import verbs
from baton.rules.casefields import CASE_TYPE
from baton.rules.conditions import Atom, Op, Path, Wait, atoms, read_when
from baton.rules.field import Field, Sort
from baton.rules.fields import FIELDS
from baton.rules.grammar import entries
from baton.rules.language import CASES, EventRule, RuleList, TimedRule
from baton.rules.names import Finding, Names
from baton.rules.possible import contradictions, kinds_of
from baton.rules.scene import EVERY_CASE, KINDS_OF, OPENING_KINDS, CaseType
from baton.rules.when import ANCHORS


def check_rule(rule: EventRule | TimedRule, kind: RuleList, directory: Directory | None) -> Iterator[Finding]:
    """Every mistake in one rule. Without a directory, names are not checked."""
    conditions, waits = read_when(rule.when, ("when",))
    yield from (
        Finding(path, f"can never match: {why}", "remove one of the two")
        for path, why in contradictions(conditions)
    )
    foreign = list(_foreign(rule.of, list(atoms(conditions)), waits))
    yield from foreign
    yield from _unreadable(atoms(conditions))
    if kind is RuleList.INCOMING:
        yield from _before_anything(atoms(conditions))
    if kind is not RuleList.TIMED and not foreign:
        kinds = kinds_of(conditions)
        asked = OPENING_KINDS if kind is RuleList.INCOMING else KINDS_OF
        if not any(kinds & asked[case] for case in rule.of):
            yield _never(kinds, kind, rule.of)
    for position, action in enumerate(rule.then):
        yield from _fitting(action, kind, rule.of, ("then", position))
    if directory is not None:
        names = Names(directory)
        for atom in atoms(conditions):
            yield from names.in_test(atom)
        for position, action in enumerate(rule.then):
            yield from names.in_action(action, ("then", position))


def _unreadable(tests: Iterable[Atom]) -> Iterator[Finding]:
    for atom in tests:
        if atom.field.sort is Sort.TEXT and "" in atom.values:
            yield Finding(
                atom.path, "there is nothing here that anybody could read", "write the text to look for"
            )


def _before_anything(tests: Iterable[Atom]) -> Iterator[Finding]:
    """Tests of what was before an event that opens a case: there was nothing."""
    for atom in tests:
        for field in filter(None, (atom.field, atom.other)):
            if field.scope == "before":
                yield Finding(atom.path, *_always_empty(field))


def _always_empty(field: Field) -> tuple[str, str]:
    instead = f"previous.{field.name.partition('.')[2]}"
    known = [name for name, one in FIELDS.items() if one.scope == "previous"]
    use = instead if instead in known else "previous.status, previous.assignee or previous.labels"
    return (
        f"{field.name!r} is always empty here, because nothing was before a new case",
        f"for the case before this one, ask {use}",
    )


def _foreign(of: frozenset[CaseType], tests: Iterable[Atom], waits: Iterable[Wait]) -> Iterator[Finding]:
    """Tests of fields, kinds or moments that the cases of the rule do not have."""
    for atom in tests:
        for field in filter(None, (atom.field, atom.other)):
            yield from _foreign_to(of, field.of, field.name, atom.path)
        if atom.field is CASE_TYPE and of != EVERY_CASE:
            yield Finding(
                atom.path,
                f"this rule is for {_CALLED[of]} alone, so there is nothing to ask",
                "remove it, or write 'cases: all'",
            )
        if atom.field is FIELDS["event.kind"] and atom.op is Op.ONE_OF:
            yield from _foreign_kinds(of, atom)
    for wait in waits:
        yield from _foreign_to(of, ANCHORS[wait.anchor].of, wait.anchor, ("when", wait.anchor))


def _foreign_to(
    of: frozenset[CaseType], having: frozenset[CaseType], name: str, path: Path
) -> Iterator[Finding]:
    if not of <= having:
        yield Finding(path, f"only {_CALLED[having]} have {name!r}, and {_this_rule(of)}", _instead(having))


def _foreign_kinds(of: frozenset[CaseType], atom: Atom) -> Iterator[Finding]:
    possible = frozenset().union(*(KINDS_OF[case] for case in of))
    for position, kind in enumerate(atom.values):
        if kind not in possible:
            yield Finding(
                (*atom.path, position),
                f"can never match: {kind} happens to {_CALLED[EVERY_CASE - of]} only, and {_this_rule(of)}",
                _instead(EVERY_CASE - of),
            )


_CALLED: Mapping[frozenset[CaseType], str] = {
    frozenset({CaseType.CHAT}): "chats",
    frozenset({CaseType.TICKET}): "tickets",
    EVERY_CASE: "chats and tickets",
}


def _this_rule(of: frozenset[CaseType]) -> str:
    return f"this rule is for {_CALLED[of]}"


def _instead(of: frozenset[CaseType]) -> str:
    named = next(name for name, cases in CASES.items() if cases == of)
    return f"remove it, or write 'cases: {named}'"


def _never(kinds: frozenset[str], kind: RuleList, of: frozenset[CaseType]) -> Finding:
    if not kinds:
        return Finding(
            ("when",),
            "can never match: no kind of event has all this",
            "see event.kind and the fields of event",
        )
    said = " or ".join(sorted(kinds))
    if kind is RuleList.INCOMING:
        begins = " or ".join(f"a {case}" for case in sorted(of))
        opening = sorted(frozenset().union(*(OPENING_KINDS[case] for case in of)))
        hint = f"only {', '.join(opening[:-1])} and {opening[-1]} begin {begins}; move the rule to 'changed'"
        return Finding(("when",), f"can never match: {said} does not begin {begins}", hint)
    return Finding(("when",), f"can never match: no rule is asked about {said}", "see the list of event.kind")


def _fitting(action: verbs.Action, kind: RuleList, of: frozenset[CaseType], path: Path) -> Iterator[Finding]:
    """Mistakes in an action: it is not for these cases, or reads a field that they or the event lack."""
    for name, given in entries(action):
        if isinstance(action, verbs.Pin | verbs.EndChat) and CaseType.TICKET in of:
            yield Finding(
                (*path, name),
                f"only chats can be {'pinned' if name == 'pin' else 'ended'}, and {_this_rule(of)}",
                "remove it, or make it a rule for chats alone",
            )
            continue
        for word, field in _fields_in(given):
            if kind is RuleList.TIMED and field.scope == "event":
                hint = "name the labels" if field.many else "use case.assignee, or another field of the case"
                yield Finding((*path, name, *word), f"a timed rule has no {field.name}", hint)
            elif kind is RuleList.INCOMING and field.scope == "before":
                yield Finding((*path, name, *word), *_always_empty(field))
            else:
                yield from _foreign_to(of, field.of, field.name, (*path, name, *word))


def _fields_in(given: Any) -> Iterator[tuple[tuple[str, ...], Field]]:
    """The fields that an action reads, each with the words that it is written after."""
    match given:
        case verbs.AssignToStaff() | verbs.AssignToLine() | verbs.AssignToField():
            for path, one in verbs.receivers(given):
                if isinstance(one, verbs.ToField):
                    yield (*path, "to"), FIELDS[one.to]
        case verbs.ToField(to=name) | verbs.NotifyField(to=name):
            yield ("to",), FIELDS[name]
        case verbs.LabelsIn(field=name):
            yield ("field",), FIELDS[name]
