"""One lazy timer, the only clock that a case has."""

from __future__ import annotations

import asyncio
from datetime import datetime, timedelta

from temporalio import workflow

# A server's timer may fire a fraction of a millisecond early; then it would have to be started again.
_ROUNDING = timedelta(milliseconds=1)


class Alarm:
    """Rings at, or after, the earliest moment that it was set to.

    Most moments move: every message pushes the idle end further away. Cancelling and starting a timer for
    each message would cost an action each time, so an outstanding timer is left alone as long as it rings
    no later than needed. When it rings, the case looks at the time, and sets it again if it was early.
    """

    def __init__(self, summary: str) -> None:
        self._summary = summary
        self._task: asyncio.Task[None] | None = None
        self._at: datetime | None = None
        self.rang = False

    def set(self, at: datetime | None) -> None:
        """Make sure that the alarm rings at ``at`` or before; ``None`` needs no alarm."""
        if at is None or (self._at is not None and self._at <= at):
            return
        self.cancel()
        self._at = at
        self._task = asyncio.create_task(self._ring(at))

    def hear(self) -> None:
        """Turn it off after it rang."""
        self.rang = False

    def cancel(self) -> None:
        if self._task is not None:
            self._task.cancel()
        self._task = self._at = None

    async def _ring(self, at: datetime) -> None:
        wait = at + _ROUNDING - workflow.now()
        await workflow.sleep(max(wait, _ROUNDING), summary=self._summary)
        self._task = self._at = None
        self.rang = True
