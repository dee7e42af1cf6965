"""State machines as tables: the only module that uses the library ``transitions``.

A table is a list of rows: a trigger, the states where it may start, and where it leads from each of them.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from enum import Enum, StrEnum
from typing import Generic, NamedTuple, TypeVar

import transitions

from baton.errors import IllegalTransition

StateT = TypeVar("StateT", bound=Enum | None)
"""The states of a machine: those of an enum, and ``None`` if that is the state before the first event."""
TriggerT = TypeVar("TriggerT", bound=StrEnum)


class Row(NamedTuple, Generic[StateT, TriggerT]):
    """One row of a table. ``dest`` maps a source to the state that it leads to."""

    trigger: TriggerT
    sources: Iterable[StateT]
    dest: Callable[[StateT], StateT]


def to(state: StateT) -> Callable[[StateT], StateT]:
    """Leads to ``state``, wherever it starts."""
    return lambda source: state


def same(source: StateT) -> StateT:
    """Leads nowhere else."""
    return source


class _Holder:
    """The plain object that ``transitions`` moves. One lives for one trigger only."""

    __slots__ = ("state",)

    def __init__(self, state: str) -> None:
        self.state = state


class Machine(Generic[StateT, TriggerT]):
    """A table, run by ``transitions``.

    One machine serves every case. It has no registered models: a machine keeps every model that it was given
    forever, and building a machine for each case costs a thousand times as much as a trigger.
    """

    def __init__(
        self,
        table: Iterable[Row[StateT, TriggerT]],
        states: Iterable[StateT],
        initial: StateT,
        why_not: Callable[[StateT, TriggerT, str], str],
    ) -> None:
        self.table = tuple(table)
        self._why_not = why_not
        self._led: dict[tuple[StateT, TriggerT], StateT] = {}
        """What ``transitions`` has answered. Its table never changes, and a message asks it ten times."""
        self._states = {_name(state): state for state in states}
        self._machine = transitions.Machine(
            model=None,
            states=list(self._states),
            initial=_name(initial),
            transitions=list(self._spelled_out()),
            auto_transitions=False,
        )

    def _spelled_out(self) -> Iterator[dict[str, str]]:
        """One transition for each source, as ``transitions`` takes it."""
        for row in self.table:
            for source in row.sources:
                yield {
                    "trigger": row.trigger.value,
                    "source": _name(source),
                    "dest": _name(row.dest(source)),
                }

    def after(self, state: StateT, trigger: TriggerT, called: str = "") -> StateT:
        """The state after ``trigger``. Raises ``IllegalTransition`` if it is not possible in ``state``.

        Args:
            called: what the caller calls it, such as the kind of the event: the refusal says that.
        """
        if (state, trigger) in self._led:
            return self._led[state, trigger]
        holder = _Holder(_name(state))
        try:
            self._machine.events[trigger.value].trigger(holder)
        except transitions.MachineError:
            raise IllegalTransition(self._why_not(state, trigger, called or trigger.value)) from None
        led = self._led[state, trigger] = self._states[holder.state]
        return led

    def allows(self, state: StateT, trigger: TriggerT) -> bool:
        """Whether ``trigger`` is possible in ``state``."""
        return (state, trigger) in self._led or trigger.value in self._machine.get_triggers(_name(state))


def _name(state: Enum | None) -> str:
    return "none" if state is None else str(state.value)
