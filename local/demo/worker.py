"""A worker process of ``baton demo``."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterable, Mapping
from typing import NoReturn

from baton.settings import CHECKOUT
from local.child import Child
from local.demo.company import Company
from local.stack import READY_LINE, WORKER_EXTRA_SECONDS, failure_of, until_ready


class Worker:
    """The worker process of one company."""

    def __init__(self, company: Company) -> None:
        self._company = company
        self._ready = asyncio.Event()
        self._child: Child | None = None

    async def start(
        self, command: Iterable[str], environment: Mapping[str, str], say: Callable[[str], None]
    ) -> None:
        """Start it and wait until it is ready; ``say`` is told if that takes long. Raises ``StackFailed``."""
        settings = self._company.settings
        child = self._child = await Child.start(
            self._company.name,
            [*command],
            environment={**environment, **settings.as_environment(), "PYTHONUNBUFFERED": "1"},
            folder=CHECKOUT,
            log=settings.data_dir / "worker.log",
            on_line=self._hear,
        )
        await until_ready(self._ready.wait(), child, say)

    async def watch(self) -> NoReturn:
        """Wait until it ends by itself. Raises ``StackFailed``, with the last lines that it wrote."""
        assert self._child is not None
        await asyncio.wait({self._child.ended})
        raise failure_of(self._child, "ended by itself")

    async def stop(self) -> None:
        """Let it finish what it is doing, if it was started."""
        if self._child is not None:
            grace = self._company.settings.shutdown_grace_seconds
            await self._child.stop(grace + WORKER_EXTRA_SECONDS)

    def _hear(self, line: str) -> None:
        if line.strip() == READY_LINE:
            self._ready.set()
