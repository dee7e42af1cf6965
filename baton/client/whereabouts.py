"""Where a case is that does not answer, and how it ended that is not there."""

from __future__ import annotations

import asyncio
from contextlib import suppress
from datetime import UTC
from typing import Any

from temporalio.client import Client
from temporalio.service import RPCError

from baton.client.addressing import Address
from baton.contract import BaseEvent
from baton.errors import BatonError, Unanswered
from baton.temporal.executions import describe, paused_since
from baton.temporal.failures import Call, Meaning, failure, meaning_of
from baton.temporal.reasons import reason
from baton.temporal.taskqueues import polled
from baton.temporal.visibility import CLOSED_BY_FORCE, how_closed

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


async def closed_by_force(client: Client, address: Address[Any], event: BaseEvent) -> BatonError | None:
    """What to say if the case is lost, because its workflow was closed by force."""
    try:
        latest = await describe(client, address.workflow_id)
    except RPCError as error:
        meaning = meaning_of(Call.OPERATE, error)
        if meaning is Meaning.MISSING:
            return None
        return failure(
            meaning,
            error,
            missing=str(address.missing(event)),
            unanswered=f"event {event.id!r} to {address.workflow_id} was not answered, and Temporal does "
            f"not say how the case ended: {reason(error.message)}. Send it again under the same ID.",
        )
    if latest.status is None or latest.status not in CLOSED_BY_FORCE:
        return None
    at = f" at {latest.close_time.astimezone(UTC):%Y-%m-%d %H:%M:%S} UTC" if latest.close_time else ""
    return Unanswered(
        f"{address.workflow_id} was closed by force ({how_closed(latest.status)}{at}). Event "
        f"{event.id!r} may have been handled: run `baton ops revive {address.workflow_id}`, then send it "
        f"again under the same ID."
    )


async def paused(client: Client, workflow_id: str) -> Unanswered | None:
    """What to say if a case does not answer because somebody has paused its workflow."""
    with suppress(RPCError):
        one = await describe(client, workflow_id)
        if one.paused:
            return Unanswered(f"{workflow_id} does not answer: {paused_since(one)}")
    return None
