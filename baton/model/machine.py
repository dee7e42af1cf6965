"""State machines as tables: the one place that knows the library ``transitions``.

A table is a list of rows: a trigger, where it may start, and where it leads from each of these.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from enum import Enum, StrEnum
from typing import Generic, NamedTuple, TypeVar

from transitions import Machine, MachineError

from baton.errors import IllegalTransition

PhaseT = TypeVar("PhaseT", bound=Enum)
TriggerT = TypeVar("TriggerT", bound=StrEnum)


class Row(NamedTuple, Generic[PhaseT, TriggerT]):
    """One row of a table. ``dest`` maps a source to the phase that it leads to."""

    trigger: TriggerT
    sources: Iterable[PhaseT]
    dest: Callable[[PhaseT], PhaseT]


def to(phase: PhaseT) -> Callable[[PhaseT], PhaseT]:
    """Leads to ``phase``, wherever it starts."""
    return lambda source: phase


def same(source: PhaseT) -> PhaseT:
    """Leads nowhere else."""
    return source


class _Holder(Generic[PhaseT]):
    """The plain object that the machine moves. One lives for one step only."""

    __slots__ = ("phase",)

    def __init__(self, phase: PhaseT) -> None:
        self.phase = phase


class Steps(Generic[PhaseT, TriggerT]):
    """A table, run by ``transitions``.

    One machine serves every case. It has no registered models: a machine keeps each model that it was given
    for ever, and building one for each case costs a thousand times as much as a step.
    """

    def __init__(
        self,
        table: Iterable[Row[PhaseT, TriggerT]],
        phases: type[PhaseT],
        initial: PhaseT,
        why_not: Callable[[PhaseT, TriggerT], str],
    ) -> None:
        self.table = tuple(table)
        self._why_not = why_not
        self._machine = Machine(
            model=None,
            states=phases,
            initial=initial,
            transitions=list(self.rows()),
            auto_transitions=False,
            model_attribute="phase",
        )

    def rows(self) -> Iterator[dict[str, object]]:
        """The table spelled out, one transition for each source, as ``transitions`` takes it."""
        for row in self.table:
            for source in row.sources:
                yield {"trigger": row.trigger.value, "source": source, "dest": row.dest(source)}

    def step(self, phase: PhaseT, trigger: TriggerT) -> PhaseT:
        """The phase after ``trigger``. Raises ``IllegalTransition`` if it is not possible in ``phase``."""
        holder = _Holder(phase)
        try:
            self._machine.events[trigger.value].trigger(holder)
        except MachineError:
            raise IllegalTransition(self._why_not(phase, trigger)) from None
        return holder.phase

    def allows(self, phase: PhaseT, trigger: TriggerT) -> bool:
        """Whether ``trigger`` is possible in ``phase``."""
        return trigger.value in self._machine.get_triggers(phase)
