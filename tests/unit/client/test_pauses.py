"""How long a call that was turned away waits, depending on what the server said."""

from __future__ import annotations

import pytest
from google.protobuf.any_pb2 import Any as AnyMessage
from temporalio.api.common.v1 import GrpcStatus
from temporalio.api.enums.v1 import ResourceExhaustedCause
from temporalio.api.errordetails.v1 import MultiOperationExecutionFailure, ResourceExhaustedFailure
from temporalio.service import RPCError, RPCStatusCode

from baton.client.pauses import Pauses, workflow_is_busy

BUSY = ResourceExhaustedCause.RESOURCE_EXHAUSTED_CAUSE_BUSY_WORKFLOW
RATE = ResourceExhaustedCause.RESOURCE_EXHAUSTED_CAUSE_RPS_LIMIT


def _error(
    code: RPCStatusCode, cause: ResourceExhaustedCause.ValueType | None = None, *, wrapped: bool = False
) -> RPCError:
    details = []
    if cause is not None:
        detail = AnyMessage()
        detail.Pack(ResourceExhaustedFailure(cause=cause))
        details.append(detail)
    if wrapped:
        one = MultiOperationExecutionFailure.OperationStatus
        both = AnyMessage()
        both.Pack(MultiOperationExecutionFailure(statuses=[one(), one(code=code, details=details)]))
        details = [both]
    status = GrpcStatus(code=code, details=details)
    return RPCError("not now", code, status.SerializeToString())


@pytest.fixture(autouse=True)
def no_chance(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("random.uniform", lambda low, high: high)


@pytest.mark.parametrize("wrapped", [False, True])
def test_a_run_that_is_ending_is_asked_again_at_once(wrapped: bool) -> None:
    pauses, ending = Pauses(), _error(RPCStatusCode.RESOURCE_EXHAUSTED, BUSY, wrapped=wrapped)
    assert workflow_is_busy(ending)
    expected = pytest.approx([0.05, 0.075, 0.1125, 0.16875, 0.25, 0.25])
    assert [pauses.next(ending) for _ in range(6)] == expected


def test_a_server_with_too_much_to_do_is_left_alone_for_a_while() -> None:
    pauses, overload = Pauses(), _error(RPCStatusCode.RESOURCE_EXHAUSTED, RATE, wrapped=True)
    assert not workflow_is_busy(overload)
    assert [pauses.next(overload) for _ in range(4)] == [1.0, 2.0, 4.0, 4.0]


def test_anything_else_grows_from_a_short_pause() -> None:
    pauses, unavailable = Pauses(), _error(RPCStatusCode.UNAVAILABLE)
    assert [pauses.next(one) for one in (unavailable, None, unavailable)] == [0.05, 0.1, 0.2]


def test_a_broken_connection_is_tried_again_but_not_for_ever() -> None:
    pauses = Pauses()
    assert [pauses.odd() for _ in range(11)] == [True] * 9 + [False] * 2
