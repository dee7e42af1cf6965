"""``baton ops reset``: a case goes back to before a bad release, and takes its events again."""

from __future__ import annotations

import re
import uuid
from collections.abc import Callable, Sequence
from datetime import UTC, datetime

import click
from temporalio.api.common.v1 import WorkflowExecution
from temporalio.api.enums.v1 import EventType
from temporalio.api.history.v1 import HistoryEvent
from temporalio.api.workflowservice.v1 import ResetWorkflowExecutionRequest
from temporalio.client import Client

from baton.cli.ops.cases import Result, Verdict, case_arguments, chosen, each, report
from baton.cli.shared import as_json, baton_client, clock, run
from baton.errors import BatonError

IsBad = Callable[[HistoryEvent], bool]
"""Whether a completed workflow task is one that must not have happened."""


@click.command("reset")
@case_arguments
@click.option(
    "--before",
    metavar="RELEASE|TIME",
    help="Before the first decision by the worker of this build ID, or from this time on.",
)
@click.option("--to", "to_event", type=click.IntRange(min=3), metavar="EVENT_ID", help="To this event.")
@click.option("--reason", required=True, help="Why; it is kept in the history.")
@as_json
def command(
    cases: tuple[str, ...],
    query: str | None,
    before: str | None,
    to_event: int | None,
    reason: str,
    dry_run: bool,
    json_: bool,
) -> None:
    """Take cases back to before something went wrong.

    The events that came later are taken again, in their order and by the code and the rules of now; what was
    already written or said to the customer is not done twice.

    \b
      baton ops reset T-7 --to 42 --reason "wrong composer"
      baton ops reset --query "WorkflowType = 'Ticket' AND ExecutionStatus = 'Running'" \\
          --before 2026-03-02T09:00:00Z --reason "release 1.4" --dry-run
    """
    if (before is None) == (to_event is None):
        raise click.UsageError("Say with --before or --to where it goes back to.")
    if to_event is not None and (query is not None or len(cases) != 1):
        raise click.UsageError("--to is for one case: each history has its own numbers.")
    is_bad = _from_event(to_event) if to_event is not None else is_bad_from(before or "")
    report(run(_reset, cases, query, is_bad, reason, dry_run, json_), json_)


def is_bad_from(before: str) -> IsBad:
    """From a time on, where it is one; else, what this build ID did."""
    if not re.match(r"\d{4}-\d\d-\d\d", before):
        return lambda event: _build_id(event) == before
    try:
        at = datetime.fromisoformat(before)
    except ValueError:
        raise click.UsageError(f"--before: {before!r} is no time such as 2026-03-02T09:00:00Z.") from None
    if at.tzinfo is None:
        at = at.replace(tzinfo=UTC)
    return lambda event: _time(event) >= at


def _from_event(number: int) -> IsBad:
    return lambda event: event.event_id >= number


def _time(event: HistoryEvent) -> datetime:
    return event.event_time.ToDatetime(UTC)


def _build_id(event: HistoryEvent) -> str:
    done = event.workflow_task_completed_event_attributes
    return done.deployment_version.build_id or done.worker_version.build_id


async def _reset(
    cases: Sequence[str], query: str | None, is_bad: IsBad, reason: str, dry_run: bool, quiet: bool
) -> list[Result]:
    async with baton_client() as client:

        async def reset(case: str) -> Result:
            return await _reset_one(client.temporal, case, is_bad, reason, dry_run)

        return await each(await chosen(client.temporal, cases, query), "Resetting", reset, quiet=quiet)


async def _reset_one(client: Client, case: str, is_bad: IsBad, reason: str, dry_run: bool) -> Result:
    described = await client.get_workflow_handle(case).describe()
    handle = client.get_workflow_handle(case, run_id=described.run_id)
    tasks, last, continued = [], 0, ""
    async for event in handle.fetch_history_events():
        last = event.event_id
        if event.event_type == EventType.EVENT_TYPE_WORKFLOW_EXECUTION_STARTED:
            continued = event.workflow_execution_started_event_attributes.continued_execution_run_id
        if event.event_type == EventType.EVENT_TYPE_WORKFLOW_TASK_COMPLETED:
            tasks.append(event)
    bad = next((event for event in tasks if is_bad(event)), None)
    if bad is None:
        builds = ", ".join(dict.fromkeys(map(_build_id, tasks)))
        return Result(case, Verdict.NOTHING, f"nothing since then; build IDs: {builds or 'none'}")
    if bad is tasks[0] and continued:
        raise BatonError(
            f"this run began with it: what the run before ({continued}) handed on is not taken back. "
            "Reset that one in the UI"
        )
    where = f"to event {bad.event_id} of {last}, {clock(_time(bad))}"
    if dry_run:
        return Result(case, Verdict.WOULD, where)
    await client.workflow_service.reset_workflow_execution(
        ResetWorkflowExecutionRequest(
            namespace=client.namespace,
            workflow_execution=WorkflowExecution(workflow_id=case, run_id=described.run_id),
            workflow_task_finish_event_id=bad.event_id,
            request_id=str(uuid.uuid4()),
            reason=reason,
            identity=client.identity,
        )
    )
    return Result(case, Verdict.DONE, where)
