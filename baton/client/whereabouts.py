"""Where a case is that does not answer."""

from __future__ import annotations

import asyncio

from temporalio.client import Client
from temporalio.service import RPCError

from baton.temporal.executions import describe, paused_since
from baton.temporal.taskqueues import polled

_WITHIN = 3.0
"""Seconds for asking: whoever waits has waited long enough."""


async def whereabouts(client: Client, workflow_id: str, task_queue: str) -> str:
    """A sentence for an error: on which task queue the case sits, and whether a worker is there.

    Args:
        task_queue: that of the caller, to which the case would go if it were opened now.
    """
    unknown = f"Is a worker on {task_queue!r}?"
    try:
        async with asyncio.timeout(_WITHIN):
            described = await describe(client, workflow_id)
            if described.paused:
                return f"In Temporal, {paused_since(described)}."
            if not described.living:
                return unknown
            sits_on = described.task_queue
            is_polled = await polled(client, sits_on)
    except (RPCError, TimeoutError):
        return unknown
    if is_polled:
        return (
            f"It sits on the task queue {sits_on!r}, which a worker polled within the last two minutes: "
            "is it still running? See its log."
        )
    if sits_on == task_queue:
        return f"It sits on the task queue {sits_on!r} (BATON_TASK_QUEUE), which no worker polls."
    return (
        f"It sits on the task queue {sits_on!r}, which no worker polls; here BATON_TASK_QUEUE is "
        f"{task_queue!r}. Where it is right, `baton ops move {workflow_id}` takes the case to it."
    )
