"""Wakes the feeds of desks, which then look at once.

A wake-up is only ever remembered as "this feed is to look": many within a moment are one, and one that
Temporal does not take just now is tried again until it does. So whoever brings a hook is answered at once,
whatever becomes of it. If this process ends before, the feed looks by itself a few seconds later.

Some desks run a hook before anybody else can see what it is about. So the feed is woken at once, and once
more when no hook has come for a while.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable

from baton.temporal.logs import words_of

A_SECOND = 5
"""At most so many signals a second to one feed."""
ONCE_MORE = 1.0
"""Seconds without a hook after which a feed is woken once more."""
_LONGEST_PAUSE = 15.0
"""Seconds between two attempts, at most."""

_log = logging.getLogger("baton.gateway.hooks")


class Waker:
    """Wake-ups on their way, for any number of desks.

    Args:
        look: tells a feed to look, or raises.
    """

    def __init__(self, look: Callable[[str], Awaitable[None]]) -> None:
        self._look = look
        self._asked: dict[str, asyncio.Event] = {}
        self._tasks: list[asyncio.Task[None]] = []
        self.signals = 0
        """How many were sent."""

    def wake(self, desk: str) -> None:
        """Have this feed look soon."""
        if desk not in self._asked:
            self._asked[desk] = asyncio.Event()
            self._tasks.append(asyncio.create_task(self._go_on(desk), name=f"waking the feed of {desk}"))
        self._asked[desk].set()

    async def aclose(self) -> None:
        """Stop. What is still on its way is left to the feeds, which look by themselves."""
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    async def _go_on(self, desk: str) -> None:
        asked, once_more = self._asked[desk], False
        while True:
            try:
                async with asyncio.timeout(ONCE_MORE if once_more else None):
                    await asked.wait()
                once_more = True
            except TimeoutError:
                once_more = False
            # Before the signal: whatever comes while it is on its way needs another one.
            asked.clear()
            await self._signal(desk)
            await asyncio.sleep(1 / A_SECOND)

    async def _signal(self, desk: str) -> None:
        pause = 1 / A_SECOND
        while True:
            try:
                await self._look(desk)
            except Exception as error:  # whatever a client raises: nobody else is there to be told
                if pause <= 1 / A_SECOND:
                    _log.warning(
                        "the feed of %s cannot be woken now, trying again: %s", desk, words_of(error)
                    )
                pause = min(2 * pause, _LONGEST_PAUSE)
                await asyncio.sleep(pause)
            else:
                self.signals += 1
                if pause > 1 / A_SECOND:
                    _log.info("the feed of %s is woken again", desk)
                return
