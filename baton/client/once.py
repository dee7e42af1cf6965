"""A Temporal client whose updates are tried once: who calls it repeats them, and knows when it is worth it.

The SDK repeats a call by itself, and gives no say in it. An update that is turned away because its workflow's
run is just ending would wait for a second, and then for two and for four: the SDK takes that for a server
with too much to do. The next run is there some milliseconds later.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta

from temporalio.api.workflowservice.v1 import (
    ExecuteMultiOperationRequest,
    ExecuteMultiOperationResponse,
    UpdateWorkflowExecutionRequest,
    UpdateWorkflowExecutionResponse,
)
from temporalio.client import Client
from temporalio.service import WorkflowService


class UpdatesOnce(Client):
    """The same connection, converter and interceptors as ``client``."""

    def __init__(self, client: Client) -> None:
        # With the plugins' work already in it, which must not be done twice.
        config = client.config(active_config=True)
        config["plugins"] = []
        super().__init__(**config)
        self._once = _Once(client.service_client)

    @property
    def workflow_service(self) -> WorkflowService:
        """As ever, but for the calls that send updates."""
        return self._once


class _Once(WorkflowService):
    async def execute_multi_operation(
        self,
        req: ExecuteMultiOperationRequest,
        retry: bool = False,
        metadata: Mapping[str, str | bytes] = {},
        timeout: timedelta | None = None,
    ) -> ExecuteMultiOperationResponse:
        return await super().execute_multi_operation(req, metadata=metadata, timeout=timeout)

    async def update_workflow_execution(
        self,
        req: UpdateWorkflowExecutionRequest,
        retry: bool = False,
        metadata: Mapping[str, str | bytes] = {},
        timeout: timedelta | None = None,
    ) -> UpdateWorkflowExecutionResponse:
        return await super().update_workflow_execution(req, metadata=metadata, timeout=timeout)
