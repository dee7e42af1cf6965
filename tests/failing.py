"""Calls that fail, as Temporal's SDK sees it: a real client, over a service that answers as it is told."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from typing import Any, NoReturn, TypeVar, cast

from google.protobuf.message import Message
from temporalio.api.activity.v1 import ActivityExecutionOutcome
from temporalio.api.common.v1 import Payloads
from temporalio.api.workflowservice.v1 import PollActivityExecutionResponse, StartActivityExecutionResponse
from temporalio.client import Client
from temporalio.service import ConnectConfig, RPCError, RPCStatusCode, ServiceClient

from baton.contract import FoundCase
from baton.temporal.plugin import BatonPlugin

STATUSES = [status for status in RPCStatusCode if status is not RPCStatusCode.OK]

ResponseT = TypeVar("ResponseT", bound=Message)


class FailingService(ServiceClient):
    """Fails in the same way each time.

    Args:
        error: what each call raises.
        answers: those that do not fail, by their names.
    """

    def __init__(self, error: RPCError, answers: Mapping[str, Message] | None = None) -> None:
        super().__init__(ConnectConfig(target_host="nowhere.invalid:7233"))
        self.error = error
        self.answers = answers or {}
        self.calls = Counter[str]()

    @property
    def worker_service_client(self) -> NoReturn:
        raise NotImplementedError

    def update_rpc_metadata(self, metadata: Mapping[str, str | bytes]) -> None:
        raise NotImplementedError

    def update_api_key(self, api_key: str | None) -> None:
        raise NotImplementedError

    async def _rpc_call(
        self, rpc: str, req: Message, resp_type: type[ResponseT], **options: Any
    ) -> ResponseT:
        self.calls[rpc] += 1
        if rpc not in self.answers:
            raise self.error
        return cast(ResponseT, self.answers[rpc])


def client_of(service: ServiceClient) -> Client:
    return Client(service, plugins=[BatonPlugin()])


async def says(found: FoundCase) -> Mapping[str, Message]:
    """The answers of a server whose workers have this in their ledger."""
    converter = client_of(FailingService(RPCError("", RPCStatusCode.UNKNOWN, b""))).data_converter
    result = Payloads(payloads=await converter.encode([found]))
    return {
        "start_activity_execution": StartActivityExecutionResponse(run_id="r-1"),
        "poll_activity_execution": PollActivityExecutionResponse(
            outcome=ActivityExecutionOutcome(result=result)
        ),
    }
