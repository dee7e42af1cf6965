"""A run ends, or a server forgets, while it has an event: the caller is answered all the same."""

from __future__ import annotations

import asyncio
import sys
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from temporalio import workflow
from temporalio.api.common.v1 import WorkflowExecution
from temporalio.api.enums.v1 import EventType
from temporalio.api.update.v1 import UpdateRef
from temporalio.api.workflowservice.v1 import PollWorkflowExecutionUpdateRequest
from temporalio.client import Client, WorkflowExecutionStatus
from temporalio.common import RawValue
from temporalio.exceptions import ApplicationError
from temporalio.service import RPCError, RPCStatusCode
from temporalio.testing import WorkflowEnvironment
from temporalio.worker import UnsandboxedWorkflowRunner, Worker

from baton.client import BatonClient
from baton.contract import CHAT_WORKFLOW, HANDLE, Outcome, chat_workflow_id
from baton.errors import Unanswered
from baton.settings import load_settings
from baton.temporal.plugin import BatonPlugin
from lab.ledger import events_of
from lab.rig import CHANNEL, event, eventually, failed_tasks, fresh
from local.machine import free_port
from local.stack import Stack
from tests.conftest import RigOpener
from tests.e2e.test_up import GOOD_WORKER


async def admitted(client: BatonClient, workflow_id: str, update_id: str) -> None:
    """Wait until the server has the update in its memory, in which no history shows it."""
    known = PollWorkflowExecutionUpdateRequest(
        namespace=client.temporal.namespace,
        update_ref=UpdateRef(
            workflow_execution=WorkflowExecution(workflow_id=workflow_id), update_id=update_id
        ),
    )

    async def there() -> bool:
        try:
            await client.temporal.workflow_service.poll_workflow_execution_update(known)
        except RPCError as error:
            if error.status is not RPCStatusCode.NOT_FOUND:
                raise
            return False
        return True

    await eventually(there, "the update did not reach the server")


# --- A run that ends while it has the event -----------------------------------------------------


@workflow.defn(name=CHAT_WORKFLOW)
class Abrupt:
    """Accepts events, answers them when told to, and ends when told to, whatever waits for an answer.

    Baton's own workflows answer before they end. A server that closes one by force, or refuses its end and
    tries again, leaves callers with the same errors.
    """

    def __init__(self) -> None:
        self._answers, self._end = False, ""

    @workflow.run
    async def run(self, start: RawValue) -> None:
        await workflow.wait_condition(lambda: bool(self._end))
        if self._end == "continue":
            workflow.continue_as_new(start)
        if self._end == "fail":
            raise ApplicationError("as it was told")

    @workflow.signal
    async def end(self, how: str) -> None:
        self._end = how

    @workflow.signal
    async def answer(self) -> None:
        self._answers = True

    @workflow.update(name=HANDLE, unfinished_policy=workflow.HandlerUnfinishedPolicy.ABANDON)
    async def handle(self, payload: dict[str, Any]) -> dict[str, Any]:
        await workflow.wait_condition(lambda: self._answers)
        snapshot = {"case_id": workflow.info().run_id, "channel": CHANNEL, "conversation": "", "customer": ""}
        return {"event_id": payload["id"], "duplicate": False, "snapshot": snapshot, "fired": []}


class Abruptly:
    """A chat with such a workflow."""

    def __init__(self, client: BatonClient) -> None:
        self.client, self.conversation = client, fresh("abrupt")
        self.handle = client.temporal.get_workflow_handle(chat_workflow_id(CHANNEL, self.conversation))

    async def open(self) -> str:
        """Start it; returns the run."""
        handle = await self.client.temporal.start_workflow(
            CHAT_WORKFLOW, {}, id=self.handle.id, task_queue=self.client.task_queue
        )
        return handle.result_run_id or ""

    async def until_accepted(self) -> None:
        """Wait until an event is in the history of the newest run."""

        async def accepted() -> bool:
            kinds = [item.event_type for item in (await self.handle.fetch_history()).events]
            return EventType.EVENT_TYPE_WORKFLOW_EXECUTION_UPDATE_ACCEPTED in kinds

        await eventually(accepted, "no event was accepted")

    async def until_another_run_than(self, run: str) -> None:
        async def another() -> bool:
            latest = await self.handle.describe()
            return latest.run_id != run and latest.status is WorkflowExecutionStatus.RUNNING

        await eventually(another, "no other run was opened")

    async def end(self, how: str) -> None:
        if how == "terminate":
            await self.handle.terminate()
        elif how == "cancel":
            await self.handle.cancel()
        else:
            await self.handle.signal(Abrupt.end, how)

    def send(self, sent: dict[str, Any]) -> asyncio.Task[Outcome]:
        return asyncio.ensure_future(self.client.chat(CHANNEL, self.conversation).send(sent))


@pytest.fixture
async def abruptly(server: WorkflowEnvironment) -> AsyncIterator[Abruptly]:
    chat = Abruptly(BatonClient(server.client, task_queue=fresh("abrupt-queue")))
    async with abrupt_worker(chat):
        yield chat


def abrupt_worker(chat: Abruptly) -> Worker:
    return Worker(
        chat.client.temporal,
        task_queue=chat.client.task_queue,
        workflows=[Abrupt],
        workflow_runner=UnsandboxedWorkflowRunner(),
        graceful_shutdown_timeout=timedelta(seconds=1),
    )


@pytest.mark.parametrize("how", ["complete", "fail", "terminate", "cancel", "continue"])
async def test_a_message_that_a_run_accepted_and_never_answered_goes_to_the_next(
    abruptly: Abruptly, how: str
) -> None:
    """The closed run would tell each plain update under this ID, forever, that it completed before."""
    run = await abruptly.open()
    sending = abruptly.send(event("customer_message", "customer"))
    await abruptly.until_accepted()
    await abruptly.end(how)
    await abruptly.until_another_run_than(run)
    await abruptly.handle.signal(Abrupt.answer)
    outcome = await sending
    assert outcome.snapshot.case_id == await _run(abruptly)
    await abruptly.handle.terminate()


async def test_what_opens_nothing_goes_to_the_run_that_continues_it(abruptly: Abruptly) -> None:
    run = await abruptly.open()
    sending = abruptly.send(event("taken", "ivan"))
    await abruptly.until_accepted()
    await abruptly.end("continue")
    await abruptly.until_another_run_than(run)
    await abruptly.handle.signal(Abrupt.answer)
    assert (await sending).snapshot.case_id != run
    await abruptly.handle.terminate()


async def test_what_opens_nothing_is_told_that_its_case_was_closed_by_force(abruptly: Abruptly) -> None:
    await abruptly.open()
    sending = abruptly.send(event("taken", "ivan"))
    await abruptly.until_accepted()
    await abruptly.end("terminate")
    with pytest.raises(Unanswered, match=r"was closed by force \(terminated .*baton ops revive"):
        await sending


@pytest.mark.parametrize("how", ["complete", "terminate"])
async def test_a_message_that_waits_for_a_worker_while_the_run_ends_goes_to_the_next(
    server: WorkflowEnvironment, how: str
) -> None:
    """It is admitted, but in no history: only the server's memory has it."""
    abruptly = Abruptly(BatonClient(server.client, task_queue=fresh("abrupt-queue")))
    run = await abruptly.open()
    if how == "complete":
        await abruptly.end(how)  # the worker's first task has this, and the event
    message = event("customer_message", "customer")
    sending = abruptly.send(message)
    await admitted(abruptly.client, abruptly.handle.id, message["id"])
    if how == "terminate":
        await abruptly.end(how)
    async with abrupt_worker(abruptly):
        await abruptly.until_another_run_than(run)
        await abruptly.handle.signal(Abrupt.answer)
        assert (await sending).snapshot.case_id == await _run(abruptly) != run
        await abruptly.handle.terminate()


async def _run(chat: Abruptly) -> str:
    return (await chat.handle.describe()).run_id


# --- A server that forgets ----------------------------------------------------------------------


async def test_a_message_that_the_server_forgot_in_a_restart_is_sent_again(
    open_a_rig: RigOpener, tmp_path: Path
) -> None:
    """An update that waits for a worker is in the server's memory only."""
    stack_settings = load_settings(
        data_dir=tmp_path / "stack",
        temporal_port=free_port(),
        ui_port=free_port(),
        gateway_port=free_port(),
        shutdown_grace_seconds=1,
    )

    conversation, message = fresh("restarted"), event("customer_message", "customer")
    async with AsyncExitStack() as rigs:
        async with Stack(stack_settings, worker=[sys.executable, "-c", GOOD_WORKER]) as stack:
            client = await Client.connect(stack.address, plugins=[BatonPlugin()])
            environment = WorkflowEnvironment.from_client(client)
            rig = await rigs.enter_async_context(open_a_rig(environment))
            opened = await rig.customer(conversation)
            await rig.settled(conversation)
            await rig.stop_worker()
            sending = asyncio.ensure_future(rig.send(conversation, message))
            await admitted(rig.client, rig.handle(conversation).id, message["id"])
        assert not sending.done()
        async with Stack(stack_settings, worker=[sys.executable, "-c", GOOD_WORKER]):
            await rig.start_worker()
            outcome = await sending
            assert outcome.snapshot.case_id == opened.snapshot.case_id
            assert len(await events_of(rig.desk, conversation, "customer_message")) == 2
            assert failed_tasks(await rig.history(conversation)) == []
            await rigs.aclose()
