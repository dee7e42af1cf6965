"""Who polls a task queue."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta

from temporalio.api.enums.v1 import TaskQueueType
from temporalio.api.taskqueue.v1 import PollerInfo, TaskQueue
from temporalio.api.workflowservice.v1 import DescribeTaskQueueRequest
from temporalio.client import Client

_POLLED_WITHIN = timedelta(minutes=2)
"""The server remembers a worker for five minutes. One that is there polls anew each minute."""


async def pollers(client: Client, task_queue: str) -> Sequence[PollerInfo]:
    """Who polls this task queue for workflows, or did so in the last five minutes. Raises ``RPCError``."""
    described = await client.workflow_service.describe_task_queue(
        DescribeTaskQueueRequest(
            namespace=client.namespace,
            task_queue=TaskQueue(name=task_queue),
            task_queue_type=TaskQueueType.TASK_QUEUE_TYPE_WORKFLOW,
        )
    )
    return described.pollers


async def polled(client: Client, task_queue: str) -> bool:
    """Whether a worker polls this task queue for workflows, or did so until two minutes ago."""
    since = datetime.now(UTC) - _POLLED_WITHIN
    return any(one.last_access_time.ToDatetime(UTC) >= since for one in await pollers(client, task_queue))
