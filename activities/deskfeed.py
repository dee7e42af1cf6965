"""``read_desk``: what people did at a desk, read since a cursor and handed to the cases.

What happened in one case is sent in order; cases do not wait for one another.
"""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from datetime import UTC, datetime

from temporalio import activity
from temporalio.client import Client
from temporalio.common import MetricMeter, WorkflowIDConflictPolicy

from activities.deskhearing import DeskHearing, Heard
from activities.presencechanges import PresenceChanges
from activities.refusing import when_the_desk_wants
from baton.desk.feed import (
    DESK_FEED_WORKFLOW,
    READ_DESK,
    FeedStart,
    Look,
    Looked,
    desk_feed_workflow_id,
)
from baton.errors import HelpDeskUnavailable
from baton.temporal import metrics
from helpdesks.base import Ledger
from helpdesks.deliveries import Deliveries
from helpdesks.outside.adapter import Adapter, HeardThere
from helpdesks.outside.opening import Beside

MOST = 200
"""What one look reads at most, about: it has five minutes, and starts from its beginning if it fails."""
AT_ONCE = 8
"""Cases that get their events at the same time."""
TURN = 1.0
"""Seconds after which the next case has its turn, whether the one before has answered or not."""
MOST_SILENT = 200
"""Cases that the feed remembers as silent."""
_RESULTS = ("all", "part", "failed")
_BEAT = 5.0
"""Seconds between two signs of life: a look counts as dead after 20 without."""


class DeskFeeding:
    """The activity that reads a desk.

    Args:
        beside: the desk; None if this worker has none, such as during a change of the settings.
        presences: hears who came and who went, of a desk that knows.
        meter: the worker's: it knows the namespace and the task queue.
    """

    def __init__(
        self,
        ledger: Ledger,
        deliveries: Deliveries,
        beside: Beside | None,
        presences: PresenceChanges,
        task_queue: str,
        meter: MetricMeter,
    ) -> None:
        self._ledger = ledger
        self._deliveries = deliveries
        self._beside = beside
        self._presences = presences
        self._task_queue = task_queue
        self._meter = meter
        if beside is not None:
            for result in _RESULTS:
                metrics.DESK_LOOKS.count(meter, 0, desk=beside.adapter.name, result=result)

    @activity.defn(name=READ_DESK)
    async def read_desk(self, look: Look) -> Looked:
        """One look. Whatever it raises, it is tried again from the same cursor: without an end to the look
        there is no other place at which to go on. What the desk refuses, somebody has to put right there.
        """
        if self._beside is None or self._beside.adapter.name != look.desk:
            raise HelpDeskUnavailable(f"this worker has no desk {look.desk!r}: set BATON_DESK_FILE for it")
        result = "failed"
        try:
            looked = await self._looked(self._beside, look)
            result = "part" if looked.more else "all"
            return looked
        finally:
            self._count(self._beside.adapter, result)

    def _count(self, adapter: Adapter, result: str) -> None:
        metrics.DESK_LOOKS.count(self._meter, desk=adapter.name, result=result)
        if adapter.calls_left is not None:
            metrics.DESK_CALLS_LEFT.set(self._meter, adapter.calls_left, desk=adapter.name)

    async def _looked(self, beside: Beside, look: Look) -> Looked:
        began, adapter = datetime.now(UTC), beside.adapter
        hearing = DeskHearing(self._ledger, self._deliveries, adapter, self._task_queue, look.silent)
        with when_the_desk_wants():
            async with _showing_life():
                # A feed that somebody has terminated, and that begins again, goes on where it was.
                cursor = look.cursor or await self._deliveries.cursor(adapter.name)
                changes = await adapter.changes(cursor, MOST)
                counted = await _hand_over(hearing, changes.heard)
                for staff, presence in changes.presences.items():
                    await self._presences.note(staff, presence)
        if not changes.more:
            await self._deliveries.looked(adapter.name, began, changes.cursor)
        lag = (datetime.now(UTC) - changes.latest_at).total_seconds() if changes.latest_at else 0.0
        if changes.heard:
            metrics.DESK_LAG.time(activity.metric_meter(), lag, desk=adapter.name)
        return Looked(
            cursor=changes.cursor,
            more=changes.more,
            at=began,
            every=beside.mapping.every,
            latest_at=changes.latest_at,
            lag=lag,
            heard=len(changes.heard),
            told=counted[Heard.TOLD] + counted[Heard.REFUSED],
            refused=counted[Heard.REFUSED],
            passed_over=counted[Heard.PASSED_OVER],
            silent=hearing.silent[-MOST_SILENT:],
        )


@asynccontextmanager
async def _showing_life() -> AsyncIterator[None]:
    """Heartbeats for as long as the block takes: a desk may take its time over an answer."""

    async def beat() -> None:
        while True:
            activity.heartbeat()
            await asyncio.sleep(_BEAT)

    beating = asyncio.create_task(beat())
    try:
        yield
    finally:
        beating.cancel()


async def _hand_over(hearing: DeskHearing, changes: Sequence[HeardThere]) -> Counter[Heard]:
    """Each thing to its case. Raises what the first case raised whose turn failed, after all had theirs."""
    by_case: dict[str, list[HeardThere]] = {}
    for heard in changes:
        by_case.setdefault(heard.desk_id, []).append(heard)
    turn, counted = asyncio.Semaphore(AT_ONCE), Counter[Heard]()

    async def tell(several: Sequence[HeardThere]) -> None:
        for heard in several:
            counted[await hearing.hear(heard)] += 1

    async def one_case(several: Sequence[HeardThere]) -> None:
        async with turn:
            telling = asyncio.create_task(tell(several))
            try:
                await asyncio.wait([telling], timeout=TURN)
            except asyncio.CancelledError:
                telling.cancel()
                raise
        await telling

    for failed in await asyncio.gather(*map(one_case, by_case.values()), return_exceptions=True):
        if failed is not None:
            raise failed
    return counted


async def start_feed(client: Client, task_queue: str, beside: Beside) -> None:
    """Start the feed of the desk, unless it runs already."""
    desk = beside.adapter.name
    await client.start_workflow(
        DESK_FEED_WORKFLOW,
        FeedStart(desk=desk),
        id=desk_feed_workflow_id(desk, task_queue),
        task_queue=task_queue,
        id_conflict_policy=WorkflowIDConflictPolicy.USE_EXISTING,
        static_summary=f"what people do at {desk}",
    )
