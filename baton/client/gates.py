"""How many updates one workflow gets at once."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

UPDATES_AT_ONCE = 8
"""Updates in flight for one workflow. The server allows 10; beyond that they abort one another."""


class Gates:
    """Admits at most ``UPDATES_AT_ONCE`` calls for each key, and forgets unused keys."""

    def __init__(self) -> None:
        self._gates: dict[str, tuple[asyncio.Semaphore, int]] = {}

    @asynccontextmanager
    async def through(self, key: str) -> AsyncIterator[None]:
        gate, users = self._gates.get(key) or (asyncio.Semaphore(UPDATES_AT_ONCE), 0)
        self._gates[key] = gate, users + 1
        try:
            async with gate:
                yield
        finally:
            gate, users = self._gates.pop(key)
            if users > 1:
                self._gates[key] = gate, users - 1
