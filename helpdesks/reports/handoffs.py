"""Handoffs: who got cases from whom, moved by which rule; and, beside them, all other moves."""

from __future__ import annotations

from collections import Counter
from typing import NamedTuple

from baton.desk.reports import Column, ReportTable
from helpdesks.reports.history import History, Period, Standing, Step
from helpdesks.reports.tables import table, text

_NOBODY = "–"
_BY_HAND = {"assigned": "transfer", "taken": "taken", "agent_message": "wrote"}
"""Events in which somebody moves a case on purpose, or by writing in it."""


class Move(NamedTuple):
    """How a case came from one pair of hands into another."""

    how: str
    """``rule``, ``transfer``, ``taken``, ``wrote``, or ``baton``, who found somebody by itself."""
    rule: str
    """The rules that fired, if it was a rule."""
    from_line: str | None
    from_: str | None
    to_line: str | None
    to: str | None


def moved(step: Step, before: Standing, after: Standing) -> Move | None:
    """The move that a step made, if it made one."""
    if (before.assignee, before.line) == (after.assignee, after.line):
        return None
    how, rule = "baton", ""
    if step.by.startswith("rule_"):
        how, rule = "rule", ", ".join(one.removeprefix("rule_") for one in step.by.split(", "))
    elif step.by.startswith("staff_"):
        how = _BY_HAND.get(step.event, "baton")
    return Move(how, rule, before.line, before.assignee, after.line, after.assignee)


class Handoffs:
    """The report."""

    def __init__(self, period: Period, line: str | None = None) -> None:
        self._period, self._line = period, line
        self._moves: Counter[Move] = Counter()

    def look(self, history: History) -> None:
        before = Standing()
        for step in history.steps:
            after = Standing(before.assignee, before.line)
            after.take(step)
            move = moved(step, before, after)
            if move is not None and step.at in self._period and self._concerns(move):
                self._moves[move] += 1
            before = after

    def _concerns(self, move: Move) -> bool:
        return self._line is None or self._line in (move.from_line, move.to_line)

    def tables(self) -> tuple[ReportTable, ...]:
        between: Counter[tuple[str, ...]] = Counter()
        for move, number in self._moves.items():
            between[move.how, move.rule, _said(move.from_line), _said(move.to_line)] += number
        people = [
            (
                (move.how, move.rule, _said(move.from_line), _said(move.from_)),
                (_said(move.to_line), _said(move.to), number),
            )
            for move, number in self._moves.items()
        ]
        people.sort(key=lambda row: (-row[1][2], row))
        lines = sorted(between.items(), key=lambda row: (-row[1], row))
        times = Column(name="times")
        return (
            table(
                "lines", (*map(text, ("how", "rule", "from", "to")), times), ((*key, n) for key, n in lines)
            ),
            table(
                "people",
                (*map(text, ("how", "rule", "from_line", "from", "to_line", "to")), times),
                ((*first, *second) for first, second in people),
            ),
        )


def _said(name: str | None) -> str:
    return name or _NOBODY
