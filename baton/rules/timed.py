"""Timed rules: the moment that they count from, when they come due, and when to look again.

A rule counts from a moment, its *anchor*, such as the customer's message or the assignment, and fires once
for each anchor. With several conditions about time, the anchor is the latest of theirs, and the rule is due
when all of them hold. All times are whole microseconds, so that "due at 12:30:00" holds at 12:30:00 and not a
moment later.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import replace
from datetime import datetime, time, timedelta
from operator import attrgetter
from typing import NamedTuple

from baton.contract import DepartmentState, Status
from baton.model.chat.state import ChatState
from baton.model.decision import CaseState
from baton.model.ticket.state import TicketState
from baton.rules.conditions import All, Wait, atoms
from baton.rules.field import Field
from baton.rules.index import Compiled, Index, positions
from baton.rules.namedfields import turns_at
from baton.rules.scene import TIMED_KIND, Scene


def _held_since(case: CaseState) -> datetime | None:
    return case.held_since if case.assignee or case.line else None


def _asked_since(case: CaseState) -> datetime | None:
    """Since when the department that has been asked for the longest time has not answered."""
    if not isinstance(case, TicketState):
        return None
    return min((one.asked_at for one in case.departments if one.state is DepartmentState.ASKED), default=None)


_ANCHORS: dict[str, Callable[[CaseState], datetime | None]] = {
    "minutes since customer message": attrgetter("customer_wrote_at"),
    "minutes since staff message": attrgetter("staff_wrote_at"),
    "minutes since last message": attrgetter("wrote_at"),
    "minutes waiting": attrgetter("waiting_since"),
    "minutes since assigned": _held_since,
    "minutes since asked": _asked_since,
}


class Due(NamedTuple):
    """When a rule comes due, and for which anchor."""

    at: datetime
    anchor: datetime


def due(waits: Iterable[Wait], case: CaseState) -> Due | None:
    """When all conditions about time will hold, if nothing happens; none while an anchor is missing."""
    ats: list[datetime] = []
    anchors: list[datetime] = []
    for wait in waits:
        anchor = _ANCHORS[wait.anchor](case)
        if anchor is None:
            return None
        anchors.append(anchor)
        ats.append(anchor + timedelta(minutes=wait.minutes))
    return Due(max(ats), max(anchors))


def pending(rule: Compiled, case: CaseState) -> Due | None:
    """When the rule comes due; none if it has already fired for this anchor."""
    found = due(rule.waits, case)
    fired_for = case.timed.get(rule.id)
    return None if found is None or (fired_for is not None and fired_for >= found.anchor) else found


class Alarm:
    """Says when a case must look at its timed rules again."""

    def __init__(self, rules: Iterable[Compiled]) -> None:
        self._rules = tuple(rules)
        # People and the time of day change while the case sleeps, and some of that is looked up only for the
        # next decision. So for the future, a rule counts without its conditions about them.
        self._index = Index([replace(rule, conditions=_lasting(rule.conditions)) for rule in self._rules])
        self._clocks = [_about_time(rule.conditions) for rule in self._rules]

    def wake_at(self, scene: Scene) -> datetime | None:
        """The earliest moment at which a timed rule may come due, or somebody's grace ends.

        A rule whose time has passed, and which matches only since this event, is due now – unless the event
        was itself a check of the time, which must not ask for another. One that only waits for an hour or a
        weekday is due when that comes.
        """
        return min((*self._dues(scene), *_grace(scene)), default=None)

    def _dues(self, scene: Scene) -> Iterator[datetime]:
        if not self._rules or not scene.case.exists or scene.case.final:
            return
        now = scene.facts.now
        candidates = self._index.candidates(scene)
        for position in positions(candidates):
            rule = self._rules[position]
            found = pending(rule, scene.case)
            if found is None or not all(holds(scene) for holds in self._index.rest[position]):
                continue
            if found.at > now:
                yield found.at
            elif not rule.holds(scene):
                yield from _turns(self._clocks[position], scene)
            elif scene.event.kind != TIMED_KIND:
                yield now


def _lasting(conditions: All) -> All:
    return All(
        tuple(
            part
            for part in conditions.parts
            if not any(atom.lazy or atom.field.of_person for atom in atoms(part))
        )
    )


def _about_time(conditions: All) -> tuple[tuple[Field, tuple[time, ...]], ...]:
    """The fields about hours and weekdays that a rule asks about, with the times of day in their tests."""
    return tuple(
        (atom.field, tuple(value for value in atom.values if isinstance(value, time)))
        for atom in atoms(conditions)
        if atom.field.named is not None
    )


def _turns(clocks: Iterable[tuple[Field, tuple[time, ...]]], scene: Scene) -> Iterator[datetime]:
    for field, times in clocks:
        at = turns_at(field, times, scene.facts)
        if at is not None and at > scene.facts.now:
            yield at


def _grace(scene: Scene) -> Iterator[datetime]:
    """When grace ends for the holder of an open chat who went offline: they lose the chat then."""
    case, facts = scene.case, scene.facts
    if not isinstance(case, ChatState) or case.status is not Status.OPEN or case.holder is None:
        return
    person = facts.people.get(case.holder)
    if person is not None and person.away_at is not None and person.away_at > facts.now:
        yield person.away_at
