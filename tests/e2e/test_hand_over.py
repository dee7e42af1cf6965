"""A busy chat hands over from run to run, and nobody notices."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from datetime import timedelta
from itertools import count, pairwise
from typing import Any

import pytest
from temporalio.api.enums.v1 import EventType, WorkflowTaskFailedCause
from temporalio.api.history.v1 import HistoryEvent
from temporalio.client import WorkflowHistory

from baton.client import BatonClient
from baton.contract import HANDLE
from lab.ledger import cases_of, events_of
from lab.rig import CHANNEL, Rig, event, eventually, failed_tasks, fresh

RUNS = 4
COMPLETED = EventType.EVENT_TYPE_WORKFLOW_TASK_COMPLETED
FAILED = EventType.EVENT_TYPE_WORKFLOW_TASK_FAILED
CONTINUED = EventType.EVENT_TYPE_WORKFLOW_EXECUTION_CONTINUED_AS_NEW


@pytest.fixture
def short_runs(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("workflows.handover.LONGEST_RUN", 80)
    monkeypatch.setattr("workflows.handover.TRY_AGAIN_AFTER", 10)


async def _runs(rig: Rig, conversation: str, first: str) -> AsyncIterator[WorkflowHistory]:
    """The histories of all runs, oldest first."""
    run = first
    while run:
        handle = rig.client.temporal.get_workflow_handle(rig.handle(conversation).id, run_id=run)
        history = await handle.fetch_history()
        yield history
        last = history.events[-1]
        run = last.workflow_execution_continued_as_new_event_attributes.new_execution_run_id


def _message(sender: str, number: int) -> dict[str, Any]:
    return event("customer_message", "customer", id=f"{sender}-{number:05}", text=f"Message {number}")


def _last_task(history: WorkflowHistory) -> list[HistoryEvent]:
    """What the task that ended a run did."""
    (*_, completed) = (at for at, item in enumerate(history.events) if item.event_type == COMPLETED)
    return list(history.events[completed + 1 :])


@pytest.mark.usefixtures("short_runs")
async def test_a_busy_chat_hands_over_in_a_quiet_moment(rig: Rig) -> None:
    conversation = fresh("busy")
    await rig.customer(conversation, id="first")
    first = (await rig.handle(conversation).describe()).run_id
    assert first is not None
    done, numbers = asyncio.Event(), dict[str, int]()

    async def lane(sender: str, call: Callable[[dict[str, Any]], Awaitable[object]]) -> None:
        for number in count(1):
            if done.is_set():
                return
            await call(_message(sender, number))
            numbers[sender] = number

    async def several_runs() -> bool:
        return len([run async for run in _runs(rig, conversation, first)]) >= RUNS

    async def watch() -> None:
        await eventually(several_runs, "the chat did not hand over")
        done.set()

    clients = [BatonClient(rig.client.temporal, task_queue=rig.settings.task_queue) for _ in range(2)]

    async def update(client: BatonClient, message: dict[str, Any]) -> None:
        answer = await client.chat(CHANNEL, conversation).send(message, customer="c")
        assert answer.event_id == message["id"]

    async def signal(message: dict[str, Any]) -> None:
        await rig.client.chat(CHANNEL, conversation).submit(message, customer="c")
        await asyncio.sleep(0.15)  # the rate of messages; it waits for no answer

    async def plain(message: dict[str, Any]) -> None:
        answer = await rig.handle(conversation).execute_update(HANDLE, message, id=message["id"])
        assert answer["event_id"] == message["id"]

    async with asyncio.TaskGroup() as group:
        group.create_task(watch())
        for number, client in enumerate(clients):
            for place in range(4):
                sender = f"update-{number}-{place}"
                group.create_task(lane(sender, lambda message, client=client: update(client, message)))  # type: ignore[misc]
        group.create_task(lane("signal", signal))
        group.create_task(lane("plain", plain))
    await rig.settled(conversation)

    sent = {f"{sender}-{number:05}" for sender, last in numbers.items() for number in range(1, last + 1)}
    folded = [row.event_id for row in await events_of(rig.desk, conversation, "customer_message")]
    assert sorted(folded) == sorted(sent | {"first"})
    for sender in numbers:
        own = [event_id for event_id in folded if event_id.startswith(f"{sender}-")]
        assert own == sorted(own), sender

    await rig.by("ivan", conversation, "chat_ended", status="closed")
    summary = await rig.handle(conversation).result()
    assert summary["events"] == len(folded) + 1, "an event counts twice, or not at all"

    runs = [run async for run in _runs(rig, conversation, first)]
    assert len(runs) >= RUNS
    for run in runs:
        assert failed_tasks(run) == []
        _assert_that_each_failure_is_followed_by_work(run)
    for run in runs[:-1]:
        kinds = {item.event_type for item in _last_task(run)}
        assert CONTINUED in kinds
        assert EventType.EVENT_TYPE_MARKER_RECORDED not in kinds, "the task that ended a run decided, too"


def _assert_that_each_failure_is_followed_by_work(history: WorkflowHistory) -> None:
    """A refused end of a run is not simply repeated: what came in the meantime is answered first."""
    tasks = [item for item in history.events if item.event_type in (COMPLETED, FAILED)]
    for one, following in pairwise(tasks):
        assert not one.event_type == following.event_type == FAILED
    refused = WorkflowTaskFailedCause.WORKFLOW_TASK_FAILED_CAUSE_UNHANDLED_COMMAND
    assert {
        item.workflow_task_failed_event_attributes.cause for item in tasks if item.event_type == FAILED
    } <= {refused}


async def test_a_run_that_finds_no_moment_goes_on(rig: Rig, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("workflows.handover.LONGEST_RUN", 1)
    monkeypatch.setattr("workflows.handover.YOUNGEST", timedelta())
    monkeypatch.setattr("workflows.handover.TASKS_TRIED", 0)
    monkeypatch.setattr("workflows.handover.TRY_AGAIN_AFTER", 1)
    conversation = fresh("no-moment")
    await rig.customer(conversation)
    first = (await rig.handle(conversation).describe()).run_id
    for staff in ("ivan", "petra", "lena"):
        taken = await rig.by(staff, conversation, "taken")
        assert taken.snapshot.assignee == staff
        await rig.settled(conversation)
        (row,) = await cases_of(rig.desk, conversation)
        assert row.assignee == staff, "what was decided after the attempt is not written"
    assert (await rig.handle(conversation).describe()).run_id == first
    assert failed_tasks(await rig.history(conversation)) == []


async def test_the_sdk_does_not_repeat_an_update_by_itself(rig: Rig, monkeypatch: pytest.MonkeyPatch) -> None:
    service, repeats = rig.client.temporal.service_client, dict[str, bool]()
    call = service._rpc_call

    async def recorded(*, rpc: str, retry: bool, **rest: Any) -> Any:
        repeats[rpc] = retry
        return await call(rpc=rpc, retry=retry, **rest)

    monkeypatch.setattr(service, "_rpc_call", recorded)
    conversation = fresh("once")
    await rig.customer(conversation)
    await rig.by("ivan", conversation, "taken")
    await rig.snapshot(conversation)
    assert repeats["execute_multi_operation"] is False
    assert repeats["update_workflow_execution"] is False
    assert repeats["query_workflow"] is True
