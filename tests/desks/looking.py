"""A rig beside a desk on paper, and how its tests wait for what the feed reads."""

from __future__ import annotations

from typing import Any

from temporalio.client import WorkflowHandle

from baton.desk.feed import FEED_STATUS, LOOK, FeedStatus, desk_feed_workflow_id
from lab.rig import Rig, eventually
from tests.desks.paper import PaperDesk


async def ask_to_look(rig: Rig) -> WorkflowHandle[Any, Any]:
    """Say that something is new. Returns the feed."""
    feed = rig.client.temporal.get_workflow_handle(desk_feed_workflow_id("paper", rig.settings.task_queue))
    await feed.signal(LOOK)
    return feed


async def look(rig: Rig, paper: PaperDesk) -> FeedStatus:
    """Say that something is new; returns once all that there is now was read."""
    written = len(paper.journal)
    feed = await ask_to_look(rig)
    status = FeedStatus()

    async def read() -> bool:
        nonlocal status
        status = await feed.query(FEED_STATUS, result_type=FeedStatus)
        return status.cursor is not None and int(status.cursor) >= written

    await eventually(read, "the feed did not look")
    return status
