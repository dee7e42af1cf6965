"""The engine: what the rules do about one event. Pure, like the model that it works on.

The engine goes through the rules of a list in order; each sees what those before it changed, and fires at
most once for an event. ``stop`` ends the pass. A change made by a rule starts no new pass, unless the rule
says ``retrigger``: then, and only if that rule changed something, the engine goes through the list
``changed`` again, with at most five passes in all. So a loop is impossible, and it is ruled out before
anything has been done to the outside world.

Source: section 5 of the design.
"""

from __future__ import annotations

from datetime import datetime
from typing import Generic, NamedTuple, TypeVar, cast

from baton.contract import Action, CustomerMessage, Event, Fired
from baton.errors import Refused
from baton.model.decision import CaseState
from baton.model.facts import Facts
from baton.model.kinds import model_of
from baton.model.merging import is_forwarded
from baton.rules.index import Compiled, Index, positions
from baton.rules.language import RuleList
from baton.rules.ruleset import RuleSet
from baton.rules.scene import CHANGING_KINDS, TIMED_KIND, Scene
from baton.rules.timed import Due, pending

MOST_PASSES = 5

State = TypeVar("State", bound=CaseState)


class Ruling(NamedTuple, Generic[State]):
    """What the rules did about an event, and the case afterwards."""

    fired: tuple[Fired, ...]
    state: State
    wake_at: datetime | None
    timed: dict[str, datetime]
    """The moment for which each timed rule fired now, or was skipped because of ``stop``."""


def list_for(scene: Scene) -> RuleList | None:
    """The list of rules for an event; none if the event is only recorded."""
    event = scene.event
    if event.kind == TIMED_KIND:
        return RuleList.TIMED
    facts = scene.facts
    unheard = (facts.blocked and isinstance(event, CustomerMessage)) or is_forwarded(event, facts)
    if event.kind not in CHANGING_KINDS or unheard:
        return None
    return RuleList.INCOMING if scene.opening else RuleList.CHANGED


def decide(rules: RuleSet, facts: Facts, before: State, state: State, event: Event) -> Ruling[State]:
    """What the rules do about ``event``; ``before`` is the case before it, ``state`` the case after it.

    Raises a ``MissingFact`` if something is needed that ``facts`` do not have.
    """
    scene = Scene(before, state, event, facts)
    kind = list_for(scene)
    passage = _Passage(scene)
    if kind is not None:
        passage.go_through(rules, kind)
    if passage.timed:
        scene.case = scene.case.model_copy(update={"timed": {**scene.case.timed, **passage.timed}})
    wake_at = rules.alarm(scene.type).wake_at(scene)
    if scene.case.wake_at != wake_at:
        scene.case = scene.case.model_copy(update={"wake_at": wake_at})
    return Ruling(tuple(passage.fired), cast(State, scene.case), wake_at, passage.timed)


class _Passage:
    """One event on its way through the rules."""

    def __init__(self, scene: Scene) -> None:
        self.scene = scene
        self.fired: list[Fired] = []
        self.timed: dict[str, datetime] = {}

    def go_through(self, rules: RuleSet, kind: RuleList) -> None:
        done: dict[RuleList, int] = {}
        case = self.scene.type
        for _ in range(MOST_PASSES):
            index, timed = rules.index(kind, case), kind is RuleList.TIMED
            done[kind], again = self._pass(index, done.get(kind, 0), timed=timed)
            if not again:
                return
            kind = RuleList.CHANGED

    def _pass(self, index: Index, done: int, *, timed: bool) -> tuple[int, bool]:
        """Go through one list. Returns the rules that have fired so far, and whether to start again."""
        scene = self.scene
        again = False
        left = index.candidates(scene) & ~done
        while left:
            bit = left & -left
            position = bit.bit_length() - 1
            left ^= bit
            rule = index.rules[position]
            # Whether it is due comes first: what else the rule asks may have to be looked up.
            due = self._due(rule) if timed else None
            if timed and due is None:
                continue
            if not all(holds(scene) for holds in index.rest[position]):
                continue
            if due is not None:
                self.timed[rule.id] = due.anchor
            earlier = scene.case
            self._fire(rule)
            done |= bit
            if scene.case is not earlier:
                again = again or (rule.retrigger and scene.case != earlier)
                # Only what comes later in the list: -(bit << 1) has every bit above this one.
                left = index.candidates(scene) & ~done & -(bit << 1)
            if rule.stop:
                if timed:
                    self._pass_over(index, left)
                break
        return done, again

    def _due(self, rule: Compiled) -> Due | None:
        found = pending(rule, self.scene.case)
        return found if found is not None and found.at <= self.scene.facts.now else None

    def _pass_over(self, index: Index, left: int) -> None:
        """Mark stopped rules as done: if they were due a moment later, ``stop`` would only be a delay."""
        for position in positions(left):
            due = self._due(index.rules[position])
            if due is not None and all(holds(self.scene) for holds in index.rest[position]):
                self.timed[index.rules[position].id] = due.anchor

    def _fire(self, rule: Compiled) -> None:
        model = model_of(self.scene.case)
        actions: list[Action] = []
        skipped: list[str] = []
        for concrete in rule.actions:
            try:
                action = concrete(self.scene)
                case = model.apply(self.scene.case, action, self.scene.facts)
            except Refused as error:
                skipped.append(str(error))
                continue
            actions.append(action)
            self.scene.case = case
        self.fired.append(Fired(rule=rule.id, actions=tuple(actions), skipped=tuple(skipped)))
