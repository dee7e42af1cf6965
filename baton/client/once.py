"""A Temporal client whose updates are tried once: the caller repeats them, and knows when to.

The SDK repeats a call by itself, and this cannot be configured. An update that is turned away because its
workflow's run is just ending would wait for one second, then two, then four: the SDK takes that for an
overloaded server. The next run is there some milliseconds later.
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
        # The plugins have already changed this configuration, which must not happen twice.
        config = client.config(active_config=True)
        config["plugins"] = []
        super().__init__(**config)
        self._once = _Once(client.service_client)

    @property
    def workflow_service(self) -> WorkflowService:
        """As in the base class, except for the calls that send updates."""
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
