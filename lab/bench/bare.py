"""The floor: a workflow that takes updates, and does nothing with them."""

from __future__ import annotations

from typing import Any

from temporalio import workflow


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
