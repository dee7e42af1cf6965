"""What is raised for each status of each call, and which calls are tried again."""

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
from temporalio.client import Client
from temporalio.service import RPCError, RPCStatusCode

from baton.cli.connection import connected
from baton.client import BatonClient
from baton.contract import FoundCase
from baton.desk.client import DeskClient
from baton.errors import BatonError, ConnectionFailed, IllegalTransition, InvalidEvent, Unanswered
from baton.temporal.failures import Call, Meaning, meaning_of
from tests.failing import STATUSES, FailingService, client_of, says

TAKEN = {"kind": "taken", "id": "t-1", "author": {"type": "staff", "id": "ivan"}}
MESSAGE = {"kind": "customer_message", "id": "m-1", "author": {"type": "customer", "id": "c-1"}}

NOTHING = FoundCase()
NONE = "there is no living chat chat:web:1"

AGAIN = "again and again"
SOMETIMES = "some times"
ONCE = "once"

# What is raised in the end, and how often an event is sent. A signal and a query are sent once.
EXPECTED: dict[RPCStatusCode, tuple[type[BatonError], str]] = {
    RPCStatusCode.CANCELLED: (Unanswered, AGAIN),
    RPCStatusCode.UNKNOWN: (Unanswered, SOMETIMES),
    RPCStatusCode.INVALID_ARGUMENT: (InvalidEvent, ONCE),
    RPCStatusCode.DEADLINE_EXCEEDED: (Unanswered, AGAIN),
    RPCStatusCode.NOT_FOUND: (IllegalTransition, ONCE),
    RPCStatusCode.ALREADY_EXISTS: (ConnectionFailed, ONCE),
    RPCStatusCode.PERMISSION_DENIED: (ConnectionFailed, ONCE),
    RPCStatusCode.RESOURCE_EXHAUSTED: (Unanswered, AGAIN),
    RPCStatusCode.FAILED_PRECONDITION: (ConnectionFailed, ONCE),
    RPCStatusCode.ABORTED: (Unanswered, AGAIN),
    RPCStatusCode.OUT_OF_RANGE: (Unanswered, SOMETIMES),
    RPCStatusCode.UNIMPLEMENTED: (ConnectionFailed, ONCE),
    RPCStatusCode.INTERNAL: (Unanswered, SOMETIMES),
    RPCStatusCode.UNAVAILABLE: (Unanswered, AGAIN),
    RPCStatusCode.DATA_LOSS: (Unanswered, SOMETIMES),
    RPCStatusCode.UNAUTHENTICATED: (ConnectionFailed, ONCE),
}
OPENING = {Call.SEND_OR_OPEN, Call.SUBMIT_OR_OPEN}


def expected(call: Call, status: RPCStatusCode) -> tuple[type[BatonError], str]:
    if call in OPENING and status is RPCStatusCode.NOT_FOUND:
        return Unanswered, AGAIN  # the next attempt opens the case
    if call is Call.ASK and status is RPCStatusCode.FAILED_PRECONDITION:
        return Unanswered, ONCE  # no worker has been there for a while
    if call is Call.ASK and status is RPCStatusCode.INVALID_ARGUMENT:
        return Unanswered, ONCE  # the worker could not answer
    if call is Call.DESK and status is RPCStatusCode.NOT_FOUND:
        return Unanswered, ONCE  # the call was forgotten
    if call is Call.OPERATE and status is RPCStatusCode.INVALID_ARGUMENT:
        return ConnectionFailed, ONCE  # such as a filter, which is no event
    return EXPECTED[status]


SENDING = (
    "update_workflow_execution",
    "execute_multi_operation",
    "signal_workflow_execution",
    "signal_with_start_workflow_execution",
    "query_workflow",
)


class Temporal(FailingService):
    """Its workers know a ledger, if they are not down."""

    @classmethod
    async def failing(
        cls,
        error: RPCError,
        ledger: FoundCase | None = NOTHING,
    ) -> Temporal:
        return cls(error, await says(ledger) if ledger is not None else None)

    @property
    def tries(self) -> int:
        """How often an event was sent, or a question was asked."""
        return sum(self.calls[rpc] for rpc in SENDING)


@pytest.fixture(autouse=True)
def no_pauses(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("baton.client.pauses.Pauses.next", lambda self, error: 0.0)


async def make(call: Call, temporal: Temporal, timeout: float) -> None:
    client = client_of(temporal)
    chat = BatonClient(client, task_queue="line").chat("web", "1")
    match call:
        case Call.SEND:
            await chat.send(TAKEN, timeout=timeout)
        case Call.SEND_OR_OPEN:
            await chat.send(MESSAGE, timeout=timeout)
        case Call.SUBMIT:
            await chat.submit(TAKEN)
        case Call.SUBMIT_OR_OPEN:
            await chat.submit(MESSAGE)
        case Call.ASK:
            await chat.snapshot()
        case Call.DESK:
            await DeskClient(client, task_queue="line").inbox()
        case Call.OPERATE:
            async with connected() as (connection, _):
                await connection.count_workflows()


async def test_a_worker_whose_reason_is_encrypted_says_where_it_is() -> None:
    temporal = await Temporal.failing(RPCError("Encoded failure", RPCStatusCode.INVALID_ARGUMENT, b""))
    with pytest.raises(Unanswered, match=r"^chat:web:1 could not answer: the reason is in the worker's log"):
        await make(Call.ASK, temporal, timeout=60)


@pytest.mark.parametrize("status", STATUSES, ids=lambda status: status.name)
@pytest.mark.parametrize("call", Call, ids=lambda call: call.name)
async def test_what_is_raised_for_a_status(
    call: Call, status: RPCStatusCode, monkeypatch: pytest.MonkeyPatch
) -> None:
    error, tries = expected(call, status)
    ledger = None if call is Call.DESK else FoundCase()
    temporal = await Temporal.failing(RPCError("not now", status, b""), ledger)
    sends = call in (Call.SEND, Call.SEND_OR_OPEN)

    async def connect(settings: object) -> Client:
        return client_of(temporal)

    monkeypatch.setattr("baton.cli.connection.connect", connect)
    with pytest.raises(BatonError) as raised:
        await make(call, temporal, timeout=0.02 if sends and tries == AGAIN else 60)

    assert type(raised.value) is error
    said = str(raised.value)
    if sends and tries == AGAIN:
        assert temporal.tries > 1
    elif call not in (Call.DESK, Call.OPERATE):
        assert temporal.tries == (10 if sends and tries == SOMETIMES else 1)
    if error is ConnectionFailed:
        assert said == f"Temporal refused the call ({status.name}): not now"
    elif error is InvalidEvent:
        assert said == "Temporal does not take it: not now"
    elif call is Call.ASK and error is Unanswered:
        could = "could" if status is RPCStatusCode.INVALID_ARGUMENT else "did"
        assert said.startswith(f"chat:web:1 {could} not answer: not ")
    elif call is Call.DESK:
        assert said == "Temporal did not answer the call 'inbox': not now. It may have been carried out."
    elif call is Call.OPERATE and error is Unanswered:
        assert said.startswith(f"Temporal did not answer ({status.name}): not now. ")
    elif error is Unanswered:
        assert "under the same ID" in said


@pytest.mark.parametrize(
    ("call", "said"),
    [
        (Call.SEND, f"taken needs a chat, and {NONE}: only a message starts one$"),
        (Call.SUBMIT, f"taken needs a chat, and {NONE}: only a message starts one$"),
        (Call.ASK, "there is no chat chat:web:1"),
    ],
    ids=lambda value: value.name if isinstance(value, Call) else "",
)
async def test_a_case_that_is_not_there_is_named(call: Call, said: str) -> None:
    temporal = await Temporal.failing(RPCError("workflow not found", RPCStatusCode.NOT_FOUND, b""))
    with pytest.raises(IllegalTransition, match=f"^{said}"):
        await make(call, temporal, timeout=60)


@pytest.mark.parametrize("kind", ["chat", "ticket"])
async def test_a_message_of_staff_opens_a_case_only_with_its_customer(kind: str) -> None:
    temporal = await Temporal.failing(RPCError("workflow not found", RPCStatusCode.NOT_FOUND, b""))
    baton = BatonClient(client_of(temporal))
    case = baton.chat("web", "1") if kind == "chat" else baton.ticket("T-1")
    message = {"kind": "agent_message", "id": "m-1", "author": {"type": "staff", "id": "ivan"}}
    with pytest.raises(IllegalTransition) as raised:
        await case.send(message)
    assert str(raised.value) == (
        f"there is no living {kind} {case.workflow_id}, and agent_message starts one only with 'customer', "
        "to say whose it is"
    )
    assert temporal.tries == 1


async def test_what_ails_a_connection_is_said_in_plain_words() -> None:
    temporal = await Temporal.failing(RPCError("Connection refused", RPCStatusCode.UNAVAILABLE, b""))
    with pytest.raises(Unanswered, match="did not confirm event 'm-1' to chat:web:1: nothing listens there"):
        await make(Call.SUBMIT_OR_OPEN, temporal, timeout=60)


NOT_RUNNING = RPCError("workflow not found", RPCStatusCode.NOT_FOUND, b"")


async def test_what_the_ledger_knows_is_a_duplicate_and_no_error() -> None:
    snapshot = {"channel": "web", "conversation": "1", "customer": "c-1", "case_id": "c-0"}
    temporal = await Temporal.failing(NOT_RUNNING, FoundCase(known=True, snapshot=snapshot))
    chat = BatonClient(client_of(temporal)).chat("web", "1")

    outcome = await chat.send(TAKEN)
    await chat.submit(TAKEN)

    assert (outcome.event_id, outcome.duplicate, outcome.snapshot.case_id) == ("t-1", True, "c-0")
    assert temporal.tries == 2


@pytest.mark.parametrize("call", [Call.SEND, Call.SUBMIT], ids=lambda call: call.name)
async def test_if_nobody_can_ask_the_ledger_the_event_may_have_been_handled(call: Call) -> None:
    temporal = await Temporal.failing(NOT_RUNNING, None)
    with pytest.raises(Unanswered, match="no worker on 'line' says whether it had event 't-1'"):
        await make(call, temporal, timeout=60)


# --- Details, which say more than a status ------------------------------------------------------


def _packed(message: Message) -> AnyMessage:
    packed = AnyMessage()
    packed.Pack(message)
    return packed


def _error(status: RPCStatusCode, detail: Message) -> RPCError:
    return RPCError("not now", status, GrpcStatus(code=status, details=[_packed(detail)]).SerializeToString())


def _of_two_calls(detail: Message) -> MultiOperationExecutionFailure:
    """The server's answer to an update-with-start whose start succeeded, but whose update failed."""
    one = MultiOperationExecutionFailure.OperationStatus
    return MultiOperationExecutionFailure(statuses=[one(), one(code=9, details=[_packed(detail)])])


@pytest.mark.parametrize("wrapped", [False, True])
@pytest.mark.parametrize("call", Call, ids=lambda call: call.name)
def test_a_workflow_that_was_not_ready_may_be_so_a_moment_later(call: Call, wrapped: bool) -> None:
    not_ready = WorkflowNotReadyFailure()
    detail = _of_two_calls(not_ready) if wrapped else not_ready
    assert meaning_of(call, _error(RPCStatusCode.FAILED_PRECONDITION, detail)) is Meaning.PASSING


@pytest.mark.parametrize(
    "call",
    [Call.SEND, Call.SEND_OR_OPEN, Call.SUBMIT, Call.SUBMIT_OR_OPEN, Call.ASK, Call.DESK],
    ids=lambda call: call.name,
)
async def test_a_namespace_that_is_not_there_is_named(call: Call) -> None:
    error = _error(RPCStatusCode.NOT_FOUND, NamespaceNotFoundFailure(namespace="default"))
    temporal = await Temporal.failing(error, None)
    with pytest.raises(ConnectionFailed, match=r"no namespace 'default'.*TEMPORAL_NAMESPACE"):
        await make(call, temporal, timeout=60)
    assert temporal.tries == (0 if call is Call.DESK else 1)
