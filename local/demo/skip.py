"""Skips time for one workflow, if the server allows it.

Temporal's development server does if started with ``frontend.WorkflowTimeSkippingEnabled=true``, as
Baton starts it. Only the clock of that one workflow moves.
"""

from __future__ import annotations

import uuid
from datetime import UTC, datetime, timedelta

from google.protobuf.field_mask_pb2 import FieldMask
from temporalio.api.common.v1 import FastForwardConfig, TimeSkippingConfig, WorkflowExecution
from temporalio.api.workflow.v1 import WorkflowExecutionOptions
from temporalio.api.workflowservice.v1 import UpdateWorkflowExecutionOptionsRequest
from temporalio.client import Client
from temporalio.service import RPCError, RPCStatusCode

A_LITTLE_MORE = timedelta(seconds=1)


async def skips_time(client: Client) -> bool:
    """Whether this server can skip time."""
    try:
        await _skip(client, f"nobody-{uuid.uuid4()}", timedelta(seconds=1))
    except RPCError as error:
        # A server that does not allow or know time skipping says so before it looks for the workflow.
        return error.status is RPCStatusCode.NOT_FOUND
    return False


async def skip_to(client: Client, workflow_id: str, moment: datetime) -> None:
    """Skip time for a workflow until just after ``moment``. Returns before that has happened."""
    described = await client.get_workflow_handle(workflow_id).describe()
    extended = described.raw_description.workflow_extended_info
    now = datetime.now(UTC)
    if extended.HasField("time_skipping_info"):
        now = extended.time_skipping_info.current_time.ToDatetime(UTC)
    await _skip(client, workflow_id, max(moment - now, timedelta()) + A_LITTLE_MORE)


async def _skip(client: Client, workflow_id: str, duration: timedelta) -> None:
    forward = FastForwardConfig(id=str(uuid.uuid4()))
    forward.duration.FromTimedelta(duration)
    await client.workflow_service.update_workflow_execution_options(
        UpdateWorkflowExecutionOptionsRequest(
            namespace=client.namespace,
            workflow_execution=WorkflowExecution(workflow_id=workflow_id),
            workflow_execution_options=WorkflowExecutionOptions(
                time_skipping_config=TimeSkippingConfig(enabled=True, fast_forward_config=forward)
            ),
            update_mask=FieldMask(paths=["time_skipping_config"]),
        )
    )
