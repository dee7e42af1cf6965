"""``baton ops move``: take a case from a task queue that no worker polls to the one that is configured.

Temporal cannot give a running workflow another task queue. So the workflow is closed, and the case goes on in
a new one: with what the help desk's ledger has of it, and with everything that the old run had accepted and
that may not have been taken in. Such an event is sent again under its own ID, so it counts once however often
that happens: a move that was interrupted is finished by the same command.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

import click
from temporalio.api.common.v1 import Payloads
from temporalio.api.enums.v1 import EventType, WorkflowIdConflictPolicy, WorkflowIdReusePolicy
from temporalio.api.history.v1 import HistoryEvent, WorkflowExecutionStartedEventAttributes
from temporalio.api.taskqueue.v1 import TaskQueue
from temporalio.api.workflowservice.v1 import SignalWithStartWorkflowExecutionRequest
from temporalio.client import Client
from temporalio.converter import WorkflowSerializationContext

from baton.cli.ops.cases import CaseVerdict, Result, case_arguments, chosen, each, report
from baton.cli.shared import as_json, count, desk_client, run
from baton.client.ledger import Ledger
from baton.contract import SUBMIT
from baton.desk.client import DeskClient
from baton.errors import BatonError
from baton.temporal.executions import Description, describe, runs_of, unpaused
from baton.temporal.queries import quoted
from baton.temporal.taskqueues import polled

REASON = "moved to another task queue by baton ops move"
"""Why the old workflow was closed. By this, the same command finds what is left of an interrupted move."""


@dataclass
class OldRun:
    """What a run has accepted, in the order of its history."""

    run_id: str
    started: WorkflowExecutionStartedEventAttributes
    accepted: list[tuple[str, Payloads]] = field(default_factory=list)
    """Signals, by their names; and updates that were accepted and not answered, as signals."""
    worked: bool = False
    """Whether a worker has ever decided something in it, or in a run that it continues."""
    reason: str = ""
    """Why it was terminated, if it was."""


@click.command("move")
@case_arguments
@as_json
def command(cases: tuple[str, ...], query: str | None, dry_run: bool, json_: bool) -> None:
    """Take cases to the task queue of BATON_TASK_QUEUE, from one that no worker polls.

    That is where a program with a wrong BATON_TASK_QUEUE has put them. First correct it there. No event that
    was accepted is lost. Whoever still waits for an answer is told to send the event again.

    \b
      baton ops move telegram:42
      baton ops move --query "TaskQueue = 'batom'" --dry-run
    """
    report(run(_move, cases, query, dry_run, json_), json_)


async def _move(cases: Sequence[str], query: str | None, dry_run: bool, quiet: bool) -> list[Result]:
    async with desk_client() as desk:
        if not await polled(desk.temporal, desk.task_queue):
            raise BatonError(
                f"No worker polls the task queue {desk.task_queue!r}, so nothing is moved there. It is set "
                "by BATON_TASK_QUEUE."
            )

        async def move(case: str) -> Result:
            return await _move_one(desk, case, dry_run)

        return await each(await chosen(desk.temporal, cases, query), "Moving", move, quiet=quiet)


async def _move_one(desk: DeskClient, case: str, dry_run: bool) -> Result:
    client = desk.temporal
    described = await unpaused(client, case)
    running = described.living
    misplaced = running and described.task_queue != desk.task_queue
    left = await _moved_before(client, case, desk.task_queue)
    if misplaced:
        left.append(await _read(client, case, described.run_id))
        await _check(desk, case, described, left[-1])
    elif not left:
        where = f"it is on {described.task_queue}"
        return Result(case, CaseVerdict.NOTHING, where if running else f"{where}, and closed")
    if dry_run:
        return Result(case, CaseVerdict.WOULD, _said(described, left))
    if misplaced:
        await client.get_workflow_handle(case, run_id=described.run_id).terminate(reason=REASON)
        # Again: something may have arrived until now, and from now on nothing can.
        left[-1] = await _read(client, case, described.run_id)
    for old in left:
        await _go_on(desk, case, old)
    return Result(case, CaseVerdict.DONE, _said(described, left))


async def _check(desk: DeskClient, case: str, described: Description, old: OldRun) -> None:
    """Raise ``BatonError`` if the case must stay where it is."""
    if await polled(desk.temporal, described.task_queue):
        raise BatonError(
            f"a worker polls {described.task_queue}, or did so two minutes ago: it may be deciding now"
        )
    if old.worked and await _start(desk, case) is None:
        raise BatonError(
            f"workers on {described.task_queue} have decided about it, but it is not in the help desk of "
            f"those on {desk.task_queue}: they have another database"
        )


async def _start(desk: DeskClient, case: str) -> Payloads | None:
    """With what the ledger would start the case again; none if it does not have it."""
    found = await Ledger(desk.temporal, desk.task_queue).find(case, REASON)
    if found.start is None:
        return None
    place = WorkflowSerializationContext(namespace=desk.temporal.namespace, workflow_id=case)
    return Payloads(payloads=await desk.temporal.data_converter.with_context(place).encode([found.start]))


async def _go_on(desk: DeskClient, case: str, old: OldRun) -> None:
    """Let the case go on where it should be, and give it what the old run had accepted."""
    start = await _start(desk, case)
    if start is not None:
        await desk.revive(case)
    for number, (signal, arguments) in enumerate(old.accepted):
        await desk.temporal.workflow_service.signal_with_start_workflow_execution(
            SignalWithStartWorkflowExecutionRequest(
                namespace=desk.temporal.namespace,
                workflow_id=case,
                workflow_type=old.started.workflow_type,
                task_queue=TaskQueue(name=desk.task_queue),
                input=start or old.started.input,
                signal_name=signal,
                signal_input=arguments,
                identity=desk.temporal.identity,
                request_id=f"{old.run_id}:{number}",
                workflow_id_reuse_policy=WorkflowIdReusePolicy.WORKFLOW_ID_REUSE_POLICY_ALLOW_DUPLICATE,
                workflow_id_conflict_policy=(
                    WorkflowIdConflictPolicy.WORKFLOW_ID_CONFLICT_POLICY_USE_EXISTING
                ),
                search_attributes=old.started.search_attributes,
            ),
            retry=True,
        )
    now = await describe(desk.temporal, case)
    if now.living and now.task_queue != desk.task_queue:
        raise BatonError(
            f"a program has put it on {now.task_queue} again: correct its BATON_TASK_QUEUE, and move it anew"
        )


def _said(described: Description, left: Sequence[OldRun]) -> str:
    accepted = sum(len(old.accepted) for old in left)
    if not accepted and not any(old.worked for old in left):
        return f"from {described.task_queue}; nothing was accepted there: its senders send it again"
    return f"from {described.task_queue}, with {count(accepted, 'event')} to be taken in, or again"


async def _moved_before(client: Client, case: str, task_queue: str) -> list[OldRun]:
    """The runs that were closed by a move, which may have been interrupted after that."""
    elsewhere = f"TaskQueue != {quoted(task_queue)} AND ExecutionStatus = 'Terminated'"
    runs = [await _read(client, case, one.run_id) async for one in runs_of(client, case, elsewhere)]
    return [one for one in runs if one.reason == REASON]


async def _read(client: Client, case: str, run_id: str) -> OldRun:
    events = [event async for event in client.get_workflow_handle(case, run_id=run_id).fetch_history_events()]
    started = events[0].workflow_execution_started_event_attributes
    answered = {
        event.workflow_execution_update_completed_event_attributes.accepted_event_id for event in events
    }
    old = OldRun(run_id, started, worked=bool(started.continued_execution_run_id))
    for event in events:
        old.accepted += _accepted(event, answered)
        match event.event_type:
            case EventType.EVENT_TYPE_WORKFLOW_TASK_COMPLETED:
                old.worked = True
            case EventType.EVENT_TYPE_WORKFLOW_EXECUTION_TERMINATED:
                old.reason = event.workflow_execution_terminated_event_attributes.reason
    return old


def _accepted(event: HistoryEvent, answered: set[Any]) -> Iterator[tuple[str, Payloads]]:
    match event.event_type:
        case EventType.EVENT_TYPE_WORKFLOW_EXECUTION_SIGNALED:
            signal = event.workflow_execution_signaled_event_attributes
            yield signal.signal_name, signal.input
        case EventType.EVENT_TYPE_WORKFLOW_EXECUTION_UPDATE_ACCEPTED if event.event_id not in answered:
            update = event.workflow_execution_update_accepted_event_attributes
            yield SUBMIT, update.accepted_request.input.args
