"""A rule set: the rules of one file, compiled, and known by their digest."""

from __future__ import annotations

from functools import cached_property

from baton.rules.actions import concrete, named_staff
from baton.rules.conditions import kinds_of, predicate, read_when
from baton.rules.fields import CHANGING_KINDS, OPENING_KINDS, TIMED_KIND
from baton.rules.grammar import digest_of
from baton.rules.index import Compiled, Index
from baton.rules.language import EventRule, RuleFile, RuleList, TimedRule
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
        """Of what the rules say, not of how the file is laid out."""
        self._indexes = {
            kind: Index([_compiled(rule) for rule in rules if rule.enabled])
            for kind, rules in self._lists.items()
        }

    def __repr__(self) -> str:
        counts = ", ".join(f"{len(rules)} {kind}" for kind, rules in self._lists.items())
        return f"<RuleSet {self.digest[:12]}: {counts}>"

    def rules(self, kind: RuleList | str) -> Rules:
        """The rules of one list, in order, those that are switched off included."""
        return self._lists[RuleList(kind)]

    def index(self, kind: RuleList) -> Index:
        """The enabled rules of one list."""
        return self._indexes[kind]

    @cached_property
    def alarm(self) -> Alarm:
        return Alarm(self._indexes[RuleList.TIMED].rules)

    @cached_property
    def named_staff(self) -> tuple[str, ...]:
        """The people to whom rules give chats by name; every decision must know about them."""
        found = (
            name
            for rules in self._lists.values()
            for rule in rules
            if rule.enabled
            for name in named_staff(rule.then)
        )
        return tuple(sorted(set(found)))

    def may_match(self, kind: str) -> bool:
        """Whether a decision about this kind of event can be anything but empty.

        Where there are timed rules, every event counts that may move the time at which to look at them.
        """
        if kind == TIMED_KIND:
            return bool(self._indexes[RuleList.TIMED].rules)
        if kind not in CHANGING_KINDS:
            return False
        if self._indexes[RuleList.TIMED].rules or self._indexes[RuleList.CHANGED].may_match(kind):
            return True
        return kind in OPENING_KINDS and self._indexes[RuleList.INCOMING].may_match(kind)


def _compiled(rule: EventRule | TimedRule) -> Compiled:
    conditions, waits = read_when(rule.when, ())
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
