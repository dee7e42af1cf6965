"""Whether a worker polls a task queue."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from temporalio.api.enums.v1 import TaskQueueType
from temporalio.api.taskqueue.v1 import TaskQueue
from temporalio.api.workflowservice.v1 import DescribeTaskQueueRequest
from temporalio.client import Client

_POLLED_WITHIN = timedelta(minutes=2)
"""The server remembers a worker for five minutes. One that is there polls anew each minute."""


async def polled(client: Client, task_queue: str) -> bool:
    """Whether a worker polls this task queue for workflows, or did so until two minutes ago."""
    described = await client.workflow_service.describe_task_queue(
        DescribeTaskQueueRequest(
            namespace=client.namespace,
            task_queue=TaskQueue(name=task_queue),
            task_queue_type=TaskQueueType.TASK_QUEUE_TYPE_WORKFLOW,
        )
    )
    since = datetime.now(UTC) - _POLLED_WITHIN
    return any(poller.last_access_time.ToDatetime(UTC) >= since for poller in described.pollers)
