"""The feed of a desk: reads again and again what is new there, from where it was.

The cursor is the workflow's state, so that nothing is read twice without need, and nothing is left out: after
whatever ends, the next look begins where the last complete one did. A hook only says that there is something
to be looked at.
"""

from __future__ import annotations

from contextlib import suppress
from datetime import timedelta

from temporalio import workflow
from temporalio.common import RetryPolicy

from baton.desk.feed import (
    DESK_FEED_WORKFLOW,
    FEED_STATUS,
    LOOK,
    READ_DESK,
    FeedStart,
    FeedStatus,
    Look,
    Looked,
)
from workflows.handover import version_of_next_run

_TIMEOUT = timedelta(minutes=5)
# A worker that dies in the middle of a look is noticed after this time.
_SIGN_OF_LIFE = timedelta(seconds=20)
_RETRY = RetryPolicy(initial_interval=timedelta(seconds=1), maximum_interval=timedelta(minutes=1))


@workflow.defn(name=DESK_FEED_WORKFLOW)
class DeskFeed:
    """One for each desk and task queue."""

    @workflow.init
    def __init__(self, start: FeedStart) -> None:
        self._status = start.status
        self._asked = False

    @workflow.run
    async def run(self, start: FeedStart) -> None:
        """Look until the run is long, or belongs to another version, and go on in another."""
        while not (workflow.info().is_continue_as_new_suggested() or version_of_next_run()):
            self._asked = False
            looked = await workflow.execute_activity(
                READ_DESK,
                Look(desk=start.desk, cursor=self._status.cursor, silent=self._status.silent),
                result_type=Looked,
                start_to_close_timeout=_TIMEOUT,
                heartbeat_timeout=_SIGN_OF_LIFE,
                retry_policy=_RETRY,
            )
            self._status = _after(self._status, looked)
            workflow.set_current_details(_details(start, self._status))
            if not looked.more:
                await self._until_asked(looked.every)
        workflow.continue_as_new(
            start.model_copy(update={"status": self._status}),
            initial_versioning_behavior=version_of_next_run(),
        )

    @workflow.signal(name=LOOK)
    def look(self) -> None:
        """Look now. A hook says so."""
        self._asked = True

    @workflow.query(name=FEED_STATUS)
    def status(self) -> FeedStatus:
        """How far it has read."""
        return self._status

    async def _until_asked(self, seconds: float) -> None:
        with suppress(TimeoutError):
            await workflow.wait_condition(
                lambda: self._asked, timeout=timedelta(seconds=seconds), timeout_summary="the next look"
            )


def _after(before: FeedStatus, looked: Looked) -> FeedStatus:
    return FeedStatus(
        cursor=looked.cursor,
        looked_at=before.looked_at if looked.more else looked.at,
        latest_at=looked.latest_at or before.latest_at,
        lag=looked.lag if looked.heard else before.lag,
        looks=before.looks + 1,
        heard=before.heard + looked.heard,
        told=before.told + looked.told,
        refused=before.refused + looked.refused,
        passed_over=before.passed_over + looked.passed_over,
        silent=looked.silent,
    )


def _details(start: FeedStart, status: FeedStatus) -> str:
    read = f"{status.looked_at:%Y-%m-%d %H:%M:%S} UTC" if status.looked_at else "not yet"
    return (
        f"**{start.desk}**: everything read until {read}\n\n"
        f"{status.heard:,} things happened there; {status.told:,} were events of a case, "
        f"of which {status.refused:,} were refused; {status.passed_over:,} were about no case of Baton's."
    )
