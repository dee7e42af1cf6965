"""What is wrong with rules that are well formed: names that nobody has, and rules that can never match."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any, NamedTuple

from baton.documents.directory import Directory
from baton.rules import language
from baton.rules.casefields import CASE_TYPE
from baton.rules.conditions import Atom, Op, Wait, atoms, contradictions, kinds_of, read_when
from baton.rules.field import Field, Sort
from baton.rules.fields import FIELDS
from baton.rules.grammar import entries
from baton.rules.language import CASES, EventRule, RuleList, TimedRule
from baton.rules.scene import EVERY_CASE, KINDS_OF, OPENING_KINDS, CaseType
from baton.rules.when import ANCHORS
from baton.wording import did_you_mean

Path = tuple[str | int, ...]


class Finding(NamedTuple):
    """A mistake in a rule, and where in the rule it is."""

    path: Path
    what: str
    hint: str = ""


def check_rule(rule: EventRule | TimedRule, kind: RuleList, directory: Directory | None) -> Iterator[Finding]:
    """Every mistake in one rule. Without a directory, names are not checked."""
    conditions, waits = read_when(rule.when, ("when",))
    yield from (
        Finding(path, f"can never match: {why}", "remove one of the two")
        for path, why in contradictions(conditions)
    )
    foreign = list(_foreign(rule.of, list(atoms(conditions)), waits))
    yield from foreign
    if kind is not RuleList.TIMED and not foreign:
        kinds = kinds_of(conditions)
        asked = OPENING_KINDS if kind is RuleList.INCOMING else KINDS_OF
        if not any(kinds & asked[case] for case in rule.of):
            yield _never(kinds, kind, rule.of)
    for position, action in enumerate(rule.then):
        yield from _fitting(action, kind, rule.of, ("then", position))
    if directory is not None:
        names = _Names(directory)
        for atom in atoms(conditions):
            yield from names.in_test(atom)
        for position, action in enumerate(rule.then):
            yield from names.in_action(action, ("then", position))


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


def _fitting(
    action: language.Action, kind: RuleList, of: frozenset[CaseType], path: Path
) -> Iterator[Finding]:
    """Mistakes in an action: it is not for these cases, or reads a field that they or the event lack."""
    for name, given in entries(action):
        if isinstance(action, language.Pin | language.EndChat) and CaseType.TICKET in of:
            yield Finding(
                (*path, name),
                f"only chats can be {'pinned' if name == 'pin' else 'ended'}, and {_this_rule(of)}",
                "remove it, or make it a rule for chats alone",
            )
            continue
        for word, field in _fields_in(given):
            if kind is RuleList.TIMED and field.scope == "event":
                hint = "name the labels" if field.many else "use case.assignee, or another field of the case"
                yield Finding((*path, name, word), f"a timed rule has no {field.name}", hint)
            else:
                yield from _foreign_to(of, field.of, field.name, (*path, name, word))


def _fields_in(given: Any) -> Iterator[tuple[str, Field]]:
    """The field that an action reads, with the word that it is written after."""
    match given:
        case language.ToField(to=name) | language.NotifyField(to=name):
            yield "to", FIELDS[name]
        case language.LabelsIn(field=name):
            yield "field", FIELDS[name]


class _Names:
    """The names that a directory knows, by sort."""

    def __init__(self, directory: Directory) -> None:
        self._directory = directory
        self._department_labels = tuple(one.label for one in directory.departments.values())
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
            if atom.field.of_departments:
                yield from self._of_no_department(values, atom.path)
            else:
                yield from self._unknown(atom.field.sort, values, atom.path)

    def in_action(self, action: language.Action, path: Path) -> Iterator[Finding]:
        for name, given in entries(action):
            here = (*path, name)
            match action:
                case language.AddLabels() | language.RemoveLabels() if isinstance(given, tuple):
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
            case language.NotifyDepartments(departments=labels):
                yield from self._of_no_department(labels, (*path, "departments"))

    def _of_no_department(self, given: Iterable[str], path: Path) -> Iterator[Finding]:
        for position, label in enumerate(given):
            if label not in self._department_labels:
                yield Finding(
                    (*path, position),
                    f"{label!r} is not the label of a department",
                    did_you_mean(label, self._department_labels, "the directory has no departments"),
                )

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
                # In a list, the position leads to the wrong item; elsewhere it leads nowhere.
                yield Finding(
                    (*path, position), what, did_you_mean(name, known, f"the directory has no {sort}s")
                )
