"""How the tests of a rig beside a desk wait for what the feed reads."""

from __future__ import annotations

from typing import Any

from temporalio.client import WorkflowHandle

from baton.desk.feed import FEED_STATUS, LOOK, FeedStatus, desk_feed_workflow_id
from lab.paper import PaperDesk
from lab.rig import Rig, eventually


def feed_of(rig: Rig, desk: str) -> WorkflowHandle[Any, Any]:
    """The workflow that reads what happens at a desk."""
    return rig.client.temporal.get_workflow_handle(desk_feed_workflow_id(desk, rig.settings.task_queue))


async def has_looked(rig: Rig, desk: str, before: FeedStatus) -> FeedStatus:
    """Wait until everything is read that was there when it was ``before``."""
    status = before

    async def again() -> bool:
        nonlocal status
        status = await feed_of(rig, desk).query(FEED_STATUS, result_type=FeedStatus)
        return status.looked_at is not None and status.looked_at != before.looked_at

    await eventually(again, "the feed did not look")
    return status


async def look_now(rig: Rig, desk: str) -> FeedStatus:
    """Let the feed look, as a hook would; returns once it has."""
    before = await feed_of(rig, desk).query(FEED_STATUS, result_type=FeedStatus)
    await feed_of(rig, desk).signal(LOOK)
    return await has_looked(rig, desk, before)


async def ask_to_look(rig: Rig) -> WorkflowHandle[Any, Any]:
    """Say that something is new on paper. Returns the feed."""
    feed = feed_of(rig, "paper")
    await feed.signal(LOOK)
    return feed


async def look(rig: Rig, paper: PaperDesk) -> FeedStatus:
    """Say that something is new on paper; returns once all that there is now was read."""
    written = len(paper.journal)
    feed = await ask_to_look(rig)
    status = FeedStatus()

    async def read() -> bool:
        nonlocal status
        status = await feed.query(FEED_STATUS, result_type=FeedStatus)
        return status.cursor is not None and int(status.cursor) >= written

    await eventually(read, "the feed did not look")
    return status
