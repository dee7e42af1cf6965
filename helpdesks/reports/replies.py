"""Rounds of tickets: how many began, were prompted and replied, and how long the reply took."""

from __future__ import annotations

from collections import Counter
from datetime import datetime

from baton.contract import DepartmentState, TicketStage
from baton.desk.reports import ReportTable
from helpdesks.reports.history import REPLIES, History, Period, Standing
from helpdesks.reports.tables import SPREAD, Durations, table, text

_STATES = {
    DepartmentState.ASKED: "departments asked",
    DepartmentState.ANSWERED: "departments answered",
    DepartmentState.DECLINED: "departments declined",
    DepartmentState.WITHDRAWN: "departments withdrawn",
}
ROUNDS, PROMPTS, RECALLED, REPLIED, FORCED = (
    "rounds",
    "prompts",
    "prompts recalled",
    "replies",
    "forced replies",
)
TO_REPLY, UNPROMPTED = "from prompt to reply", "replies without prompt"
_ORDER = (ROUNDS, *_STATES.values(), PROMPTS, RECALLED, REPLIED, TO_REPLY, UNPROMPTED, FORCED)


class Replies:
    """The report."""

    def __init__(self, period: Period, line: str | None = None) -> None:
        self._period, self._line = period, line
        self._counts: Counter[str] = Counter()
        self._to_reply = Durations()

    def look(self, history: History) -> None:
        if history.kind != "ticket":
            return
        standing = Standing()
        prompted_at: datetime | None = None
        for step in history.steps:
            here = step.at in self._period
            before = standing.stage
            if step.event in REPLIES and step.is_event:
                if here and self._concerns(standing):
                    waited_for = before == TicketStage.COLLECTING
                    self._reply(step.at, prompted_at, forced=step.forced and waited_for)
                prompted_at = None
            standing.take(step)
            if "stage" in step.fields and standing.stage != before:
                if standing.stage == TicketStage.COMPOSING:
                    prompted_at = step.at
                    self._count(PROMPTS, standing, here=here)
                elif standing.stage == TicketStage.COLLECTING:
                    self._count(ROUNDS, standing, here=here)
                    if before == TicketStage.COMPOSING:
                        self._count(RECALLED, standing, here=here)
                    prompted_at = None
            for _, state in step.departments.values():
                self._count(_STATES[DepartmentState(state)], standing, here=here)

    def _concerns(self, standing: Standing) -> bool:
        return self._line is None or standing.line == self._line

    def _count(self, what: str, standing: Standing, *, here: bool) -> None:
        if here and self._concerns(standing):
            self._counts[what] += 1

    def _reply(self, at: datetime, prompted_at: datetime | None, *, forced: bool) -> None:
        self._counts[REPLIED] += 1
        self._counts[FORCED] += forced
        if prompted_at is None:
            self._counts[UNPROMPTED] += 1
        else:
            self._to_reply.add((at - prompted_at).total_seconds())

    def tables(self) -> tuple[ReportTable, ...]:
        rows = (
            (what, *self._to_reply.spread())
            if what == TO_REPLY
            else (what, self._counts[what], None, None, None)
            for what in _ORDER
        )
        return (table("replies", (text("what"), *SPREAD), rows),)
