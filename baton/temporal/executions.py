"""What Temporal says of workflows: one, or those on a list.

The SDK's own ``describe`` and ``list_workflows`` raise ``ValueError`` at a status that the SDK does not know,
such as that of a paused workflow: then the list loses everything that is on the same page.
"""

from __future__ import annotations

import shlex
from collections.abc import AsyncIterator
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from google.protobuf.timestamp_pb2 import Timestamp
from temporalio.api.common.v1 import WorkflowExecution as ExecutionId
from temporalio.api.enums.v1 import WorkflowExecutionStatus as ServerStatus
from temporalio.api.workflow.v1 import WorkflowExecutionInfo
from temporalio.api.workflowservice.v1 import (
    DescribeWorkflowExecutionRequest,
    DescribeWorkflowExecutionResponse,
    ListWorkflowExecutionsRequest,
)
from temporalio.client import Client, WorkflowExecutionStatus
from temporalio.converter import decode_typed_search_attributes

from baton.errors import BatonError
from baton.temporal.queries import equals
from baton.temporal.searchattributes import key_of

_PAGE = 1000


@dataclass(frozen=True)
class Execution:
    """One run of a workflow."""

    info: WorkflowExecutionInfo

    @property
    def id(self) -> str:
        """The ID of the workflow."""
        return self.info.execution.workflow_id

    @property
    def run_id(self) -> str:
        return self.info.execution.run_id

    @property
    def workflow_type(self) -> str:
        return self.info.type.name

    @property
    def task_queue(self) -> str:
        return self.info.task_queue

    @property
    def start_time(self) -> datetime:
        return _time(self.info.start_time)

    @property
    def close_time(self) -> datetime | None:
        """None while it is living."""
        return _time(self.info.close_time) if self.info.HasField("close_time") else None

    @property
    def status(self) -> WorkflowExecutionStatus | None:
        """None for one that the SDK does not know: that of a paused workflow."""
        try:
            return WorkflowExecutionStatus(self.info.status)
        except ValueError:
            return None

    @property
    def paused(self) -> bool:
        """Whether somebody has paused it. It takes signals, but does nothing, and answers nothing."""
        return self.info.status == ServerStatus.WORKFLOW_EXECUTION_STATUS_PAUSED

    @property
    def living(self) -> bool:
        """Whether it is running, or paused."""
        return self.paused or self.status is WorkflowExecutionStatus.RUNNING

    def value_of(self, name: str) -> Any:
        """The value of one of the contract's search attributes; none if it is not set."""
        return decode_typed_search_attributes(self.info.search_attributes).get(key_of(name))


@dataclass(frozen=True)
class Description(Execution):
    """The latest run of a workflow, with everything that Temporal says of it."""

    answer: DescribeWorkflowExecutionResponse


async def listed(client: Client, query: str, *, limit: int | None = None) -> AsyncIterator[Execution]:
    """What a query finds, at most ``limit`` of it. Raises ``RPCError``."""
    left, token = limit, b""
    while left is None or left > 0:
        page = await client.workflow_service.list_workflow_executions(
            ListWorkflowExecutionsRequest(
                namespace=client.namespace,
                page_size=_PAGE if left is None else min(_PAGE, left),
                next_page_token=token,
                query=query,
            ),
            retry=True,
        )
        for info in page.executions[:left]:
            yield Execution(info)
        left = None if left is None else left - len(page.executions)
        token = page.next_page_token
        if not token:
            return


async def runs_of(client: Client, workflow_id: str, condition: str = "") -> AsyncIterator[Execution]:
    """The runs of one workflow that Temporal still has, the latest first. Raises ``RPCError``.

    Args:
        condition: a query for some of them.
    """
    own = equals("WorkflowId", workflow_id)
    async for one in listed(client, f"{own} AND {condition}" if condition else own):
        if one.id == workflow_id:
            yield one


async def describe(client: Client, workflow_id: str) -> Description:
    """The latest run of a workflow. Raises ``RPCError``; with NOT_FOUND if there is none."""
    answer = await client.workflow_service.describe_workflow_execution(
        DescribeWorkflowExecutionRequest(
            namespace=client.namespace, execution=ExecutionId(workflow_id=workflow_id)
        ),
        retry=True,
    )
    return Description(answer.workflow_execution_info, answer)


def paused_since(one: Description) -> str:
    """A sentence about a paused workflow: since when, by whom, why, and how it goes on."""
    pause = one.answer.workflow_extended_info.pause_info
    by = f" by {pause.identity}" if pause.identity else ""
    why = f" ({pause.reason})" if pause.reason else ""
    return (
        f"it has been paused since {_time(pause.paused_time):%Y-%m-%d %H:%M} UTC{by}{why}. Nothing happens "
        f"in it until `temporal workflow unpause --workflow-id {shlex.quote(one.id)}`"
    )


async def unpaused(client: Client, workflow_id: str) -> Description:
    """As `describe`. Raises ``BatonError`` if the workflow is paused: whoever did that wants it so."""
    one = await describe(client, workflow_id)
    if one.paused:
        raise BatonError(paused_since(one))
    return one


def _time(at: Timestamp) -> datetime:
    return at.ToDatetime(UTC)
