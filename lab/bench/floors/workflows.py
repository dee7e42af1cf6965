"""A workflow that does nothing with what it is sent, and others that do the least that must be done."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from temporalio import workflow
from temporalio.common import SearchAttributeKey

_LINE = SearchAttributeKey.for_keyword("Line")
_WITHIN = timedelta(seconds=10)


@workflow.defn
class Bare:
    def __init__(self) -> None:
        self._count = 0

    @workflow.run
    async def run(self) -> int:
        await workflow.wait_condition(lambda: self._count > 10_000)
        return self._count

    @workflow.update
    async def take(self, payload: dict[str, Any]) -> int:
        self._count += 1
        return self._count

    @workflow.update
    async def ask(self, payload: dict[str, Any]) -> int:
        """Ask an empty local activity."""
        await workflow.execute_local_activity("nothing", payload, start_to_close_timeout=_WITHIN)
        self._count += 1
        return self._count

    @workflow.update
    async def keep(self, payload: dict[str, Any]) -> int:
        """Have a local activity write a row."""
        await workflow.execute_local_activity("row", payload, start_to_close_timeout=_WITHIN)
        self._count += 1
        return self._count

    @workflow.update
    async def hand_over(self, payload: dict[str, Any]) -> int:
        """Set a search attribute, and have an activity write a row."""
        self._count += 1
        workflow.upsert_search_attributes([_LINE.value_set(f"line-{self._count % 2}")])
        await workflow.execute_activity("row", payload, start_to_close_timeout=_WITHIN)
        return self._count
