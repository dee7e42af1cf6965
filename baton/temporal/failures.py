"""What a failed call means, and what is raised for it: one table of every status, for every call."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from enum import Enum, auto
from typing import TypeVar

from google.protobuf.any_pb2 import Any as AnyMessage
from google.protobuf.message import Message
from temporalio.api.errordetails.v1 import (
    MultiOperationExecutionFailure,
    NamespaceNotFoundFailure,
    WorkflowNotReadyFailure,
)
from temporalio.client import (
    WorkflowQueryFailedError,
    WorkflowQueryRejectedError,
    WorkflowUpdateFailedError,
)
from temporalio.exceptions import ApplicationError
from temporalio.service import RPCError, RPCStatusCode

from baton.contract import RUN_ENDED
from baton.errors import REFUSALS, BatonError, ConnectionFailed, IllegalTransition, InvalidEvent, Unanswered
from baton.temporal.reasons import reason

MessageT = TypeVar("MessageT", bound=Message)


class Call(Enum):
    """The calls that are made."""

    SEND = auto()
    """An update to a case that must exist."""
    SEND_OR_OPEN = auto()
    """An update with a start, which opens the case if there is none."""
    SUBMIT = auto()
    """A signal to a case that must exist."""
    SUBMIT_OR_OPEN = auto()
    ASK = auto()
    """A query."""
    DESK = auto()
    """A call to the help desk: an activity without a workflow."""
    OPERATE = auto()
    """What operations do with the server itself: describe, list, count, read a history, reset, terminate…"""


class Meaning(Enum):
    """What became of a call. Each is an error if the call is not tried again."""

    PASSING = auto()
    """The same call may work a moment later; this one may have arrived. In the end, ``Unanswered``."""
    ODD = auto()
    """As `PASSING`, but with a limit on attempts: it is an error of the connection or the server."""
    MISSING = auto()
    """There is no such case: ``IllegalTransition``."""
    WRONG = auto()
    """Temporal does not take what was sent: ``InvalidEvent``."""
    NOT_TAKEN = auto()
    """Temporal does not take the call, whatever is sent: ``ConnectionFailed``."""


_MEANINGS: Mapping[RPCStatusCode, Meaning] = {
    RPCStatusCode.CANCELLED: Meaning.PASSING,
    RPCStatusCode.UNKNOWN: Meaning.ODD,
    RPCStatusCode.INVALID_ARGUMENT: Meaning.WRONG,
    RPCStatusCode.DEADLINE_EXCEEDED: Meaning.PASSING,
    RPCStatusCode.NOT_FOUND: Meaning.MISSING,
    RPCStatusCode.ALREADY_EXISTS: Meaning.NOT_TAKEN,
    RPCStatusCode.PERMISSION_DENIED: Meaning.NOT_TAKEN,
    RPCStatusCode.RESOURCE_EXHAUSTED: Meaning.PASSING,
    RPCStatusCode.FAILED_PRECONDITION: Meaning.NOT_TAKEN,
    RPCStatusCode.ABORTED: Meaning.PASSING,
    RPCStatusCode.OUT_OF_RANGE: Meaning.ODD,
    RPCStatusCode.UNIMPLEMENTED: Meaning.NOT_TAKEN,
    RPCStatusCode.INTERNAL: Meaning.ODD,
    RPCStatusCode.UNAVAILABLE: Meaning.PASSING,
    RPCStatusCode.DATA_LOSS: Meaning.ODD,
    RPCStatusCode.UNAUTHENTICATED: Meaning.NOT_TAKEN,
}
_OF_ONE_CALL: Mapping[tuple[Call, RPCStatusCode], Meaning] = {
    # The run ended between the two halves of the call; the next attempt opens another.
    (Call.SEND_OR_OPEN, RPCStatusCode.NOT_FOUND): Meaning.PASSING,
    (Call.SUBMIT_OR_OPEN, RPCStatusCode.NOT_FOUND): Meaning.PASSING,
    # No worker has polled the case's task queue for a while.
    (Call.ASK, RPCStatusCode.FAILED_PRECONDITION): Meaning.PASSING,
    # Somebody deleted the call, or the server forgot it, before it was answered.
    (Call.DESK, RPCStatusCode.NOT_FOUND): Meaning.PASSING,
    # Whoever operates Temporal itself sends no event that could be wrong.
    (Call.OPERATE, RPCStatusCode.INVALID_ARGUMENT): Meaning.NOT_TAKEN,
}
_OF_DETAILS: Mapping[type[Message], Meaning] = {
    NamespaceNotFoundFailure: Meaning.NOT_TAKEN,
    # The run's last task is being done again, because something arrived while it was completing.
    WorkflowNotReadyFailure: Meaning.PASSING,
}

# As wrong as an argument, says the server; but the next run of the case takes it.
_SIGNALS_FULL = "exceeded workflow execution limit for signal events"


def meaning_of(call: Call, error: RPCError) -> Meaning:
    """What an error from Temporal means for this call: by its details, or else by its status."""
    if error.status is RPCStatusCode.INVALID_ARGUMENT and _SIGNALS_FULL in error.message:
        return Meaning.PASSING
    for detail, meaning in _OF_DETAILS.items():
        if any(True for _ in details(error, detail)):
            return meaning
    return _OF_ONE_CALL.get((call, error.status)) or _MEANINGS[error.status]


def failure(meaning: Meaning, error: RPCError, *, missing: str = "", unanswered: str) -> BatonError:
    """The error to raise for a call that is not tried again, or was tried often enough.

    Args:
        missing: what to say if there is no such case. The server's own words if left out.
        unanswered: what to say if it is unknown what became of the call.
    """
    match meaning:
        case Meaning.PASSING | Meaning.ODD:
            return Unanswered(unanswered)
        case Meaning.MISSING:
            return IllegalTransition(missing or f"Temporal does not have it: {error.message}")
        case Meaning.WRONG:
            return InvalidEvent(f"Temporal does not take it: {error.message}")
        case Meaning.NOT_TAKEN:
            return _not_taken(error)


def failure_of_operating(error: RPCError, missing: str = "") -> BatonError:
    """The error to raise for a `Call.OPERATE`.

    Args:
        missing: as for `failure`.
    """
    return failure(
        meaning_of(Call.OPERATE, error),
        error,
        missing=missing,
        unanswered=f"Temporal did not answer ({error.status.name}): {reason(error.message)}. If something "
        "was to be changed, it may have been: look before you try again.",
    )


def _not_taken(error: RPCError) -> ConnectionFailed:
    """The error of a call that Temporal does not take; it names a namespace that is not there."""
    for found in details(error, NamespaceNotFoundFailure):
        return ConnectionFailed(
            f"Temporal has no namespace {found.namespace!r}. The namespace is set by TEMPORAL_NAMESPACE."
        )
    return ConnectionFailed(f"Temporal refused the call ({error.status.name}): {reason(error.message)}")


def may_work_later(error: WorkflowUpdateFailedError) -> bool:
    """Whether the run ended between taking the update and answering it: the next run will take it."""
    return isinstance(error.cause, ApplicationError) and error.cause.type == RUN_ENDED


def refusal(error: WorkflowUpdateFailedError) -> Exception:
    """A case's refusal, as the matching error of the contract."""
    cause = error.cause
    if isinstance(cause, ApplicationError) and cause.type in REFUSALS:
        return REFUSALS[cause.type](cause.message)
    return error


def said_by_worker(error: WorkflowQueryFailedError | WorkflowQueryRejectedError) -> str:
    """Why a worker could not answer a query."""
    # The server passes on nothing else of an encrypted failure.
    if str(error) == "Encoded failure":
        return "the reason is in the worker's log (encrypted failures are not shown here)"
    return str(error)


def details(error: RPCError, kind: type[MessageT]) -> Iterator[MessageT]:
    """The details of one kind, including those of both calls of an update-with-start."""
    for detail in _all(error.grpc_status.details):
        found = kind()
        if detail.Unpack(found):
            yield found


def _all(found: Iterable[AnyMessage]) -> Iterator[AnyMessage]:
    for detail in found:
        yield detail
        both = MultiOperationExecutionFailure()
        if detail.Unpack(both):
            for status in both.statuses:
                yield from status.details
