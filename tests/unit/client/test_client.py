"""Which errors of a call are passing ones, so that the client tries again by itself."""

from __future__ import annotations

import pytest
from google.protobuf.any_pb2 import Any as AnyMessage
from google.protobuf.message import Message
from temporalio.api.common.v1 import GrpcStatus
from temporalio.api.errordetails.v1 import (
    MultiOperationExecutionFailure,
    NamespaceNotFoundFailure,
    WorkflowNotReadyFailure,
)
from temporalio.service import RPCError, RPCStatusCode

from baton.client import _passing


def _packed(message: Message) -> AnyMessage:
    packed = AnyMessage()
    packed.Pack(message)
    return packed


def _error(detail: Message) -> RPCError:
    status = GrpcStatus(code=RPCStatusCode.FAILED_PRECONDITION, details=[_packed(detail)])
    return RPCError("not now", RPCStatusCode.FAILED_PRECONDITION, status.SerializeToString())


def _of_two_calls(detail: Message) -> MultiOperationExecutionFailure:
    """As the server answers an update-with-start: the start went well, the update did not."""
    one = MultiOperationExecutionFailure.OperationStatus
    return MultiOperationExecutionFailure(statuses=[one(), one(code=9, details=[_packed(detail)])])


@pytest.mark.parametrize("wrapped", [False, True])
def test_a_call_is_repeated_when_the_workflow_was_not_ready(wrapped: bool) -> None:
    not_ready, other = WorkflowNotReadyFailure(), NamespaceNotFoundFailure()
    assert _passing(_error(_of_two_calls(not_ready) if wrapped else not_ready))
    assert not _passing(_error(_of_two_calls(other) if wrapped else other))
