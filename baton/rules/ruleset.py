"""A rule set: the compiled rules of one file, identified by their digest."""

from __future__ import annotations

from collections.abc import Iterator
from functools import cached_property

from baton.rules.actions import concrete, named_labels, named_staff
from baton.rules.conditions import All, atoms, read_when
from baton.rules.grammar import digest_of
from baton.rules.holding import predicate
from baton.rules.index import Compiled, Index
from baton.rules.language import EventRule, RuleFile, RuleList, TimedRule
from baton.rules.possible import kinds_of
from baton.rules.scene import CaseType
from baton.rules.timed import Alarm

Rules = tuple[EventRule, ...] | tuple[TimedRule, ...]


class RuleSet:
    """Rules that were accepted. Immutable; made by ``baton.rules.loading``."""

    def __init__(self, file: RuleFile, source: str = "") -> None:
        self.source = source
        """The text of the file, comments and all."""
        self._lists: dict[RuleList, Rules] = {
            RuleList.INCOMING: file.incoming,
            RuleList.CHANGED: file.changed,
            RuleList.TIMED: file.timed,
        }
        self.digest = digest_of(file)
        """The digest of what the rules say, not of how the file is laid out."""
        compiled = {
            kind: [(rule.of, _compiled(rule)) for rule in rules if rule.enabled]
            for kind, rules in self._lists.items()
        }
        self._indexes = {
            case: {kind: Index([rule for of, rule in some if case in of]) for kind, some in compiled.items()}
            for case in CaseType
        }

    def __repr__(self) -> str:
        counts = ", ".join(f"{len(rules)} {kind}" for kind, rules in self._lists.items())
        return f"<RuleSet {self.digest[:12]}: {counts}>"

    def rules(self, kind: RuleList | str) -> Rules:
        """The rules of one list, in order, including those that are switched off."""
        return self._lists[RuleList(kind)]

    def index(self, kind: RuleList, case: CaseType) -> Index:
        """The enabled rules of one list that are for cases of this type."""
        return self._indexes[case][kind]

    def alarm(self, case: CaseType) -> Alarm:
        """Says when a case of this type must look at its timed rules again."""
        return self._alarms[case]

    @cached_property
    def _alarms(self) -> dict[CaseType, Alarm]:
        return {case: Alarm(self.index(RuleList.TIMED, case).rules) for case in CaseType}

    @cached_property
    def named_staff(self) -> tuple[str, ...]:
        """The people to whom rules give cases by name; every decision must know about them."""
        return tuple(sorted({name for rule in self._enabled() for name in named_staff(rule.then)}))

    @cached_property
    def named_labels(self) -> tuple[str, ...]:
        """The labels that rules add to tickets or remove; one of a department asks it, or withdraws that."""
        of_tickets = (rule for rule in self._enabled() if CaseType.TICKET in rule.of)
        return tuple(sorted({label for rule in of_tickets for label in named_labels(rule.then)}))

    def _enabled(self) -> Iterator[EventRule | TimedRule]:
        return (rule for rules in self._lists.values() for rule in rules if rule.enabled)


def _compiled(rule: EventRule | TimedRule) -> Compiled:
    conditions, waits = read_when(rule.when, ())
    # What has to be looked up is asked last: mostly the others have ruled the rule out by then.
    conditions = All(tuple(sorted(conditions.parts, key=lambda part: any(atom.lazy for atom in atoms(part)))))
    return Compiled(
        id=rule.id,
        conditions=conditions,
        waits=waits,
        kinds=kinds_of(conditions),
        actions=tuple(concrete(action) for action in rule.then),
        stop=rule.stop,
        retrigger=rule.retrigger,
        holds=predicate(conditions),
    )
