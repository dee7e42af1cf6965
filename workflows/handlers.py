"""The handlers that a chat and a ticket have in common, by their names in the contract."""

from __future__ import annotations

from typing import Any, Generic

from temporalio import workflow

from baton.contract import HANDLE, POKE, SUBMIT, TIMELINE, TimelineEntry
from workflows.case import Case, OutcomeT


class CaseHandlers(Generic[OutcomeT]):
    """What others can say to a case. A workflow adds its ``run``, its snapshot, and what only it hears.

    Each takes whatever arguments come: see ``workflows.arguments``.
    """

    _case: Case[Any, OutcomeT]

    @workflow.update(name=HANDLE)
    async def handle(self, *event: Any) -> OutcomeT:
        """One event in, its outcome back once the decision is durable."""
        return await self._case.handle(event)

    @handle.validator
    def _refuse_early(self, *event: Any) -> None:
        self._case.refuse_early(event)

    @workflow.signal(name=SUBMIT)
    def submit(self, *event: Any) -> None:
        """One event in. Refusals are found in the timeline."""
        self._case.submit(event)

    @workflow.signal(name=POKE)
    def poke(self, *_: Any) -> None:
        """Look at the time, the rules and who is there, as if something came due."""
        self._case.poke()

    @workflow.query(name=TIMELINE)
    def timeline(self, *_: Any) -> list[TimelineEntry]:
        return self._case.timeline()
