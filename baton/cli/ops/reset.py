"""``baton ops reset``: take a case back to before a bad release, and let it take its events again."""

from __future__ import annotations

import re
import uuid
from collections.abc import AsyncIterator, Callable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime

import click
from temporalio.api.common.v1 import WorkflowExecution
from temporalio.api.enums.v1 import EventType
from temporalio.api.history.v1 import HistoryEvent
from temporalio.api.workflowservice.v1 import ResetWorkflowExecutionRequest
from temporalio.client import Client
from temporalio.service import RPCError, RPCStatusCode

from baton.cli.ops.cases import CaseVerdict, Result, case_arguments, chosen, each, report
from baton.cli.shared import as_json, baton_client, run
from baton.cli.times import as_typed, moment, utc_option
from baton.errors import BatonError
from baton.temporal.executions import unpaused


@dataclass(frozen=True)
class Mistake:
    """Which decisions should not have been made, and where to look for them.

    Args:
        is_bad: says whether a completed workflow task is one of them.
        mended: whether good ones may follow bad ones, so that a run that began well says nothing about the
            runs before it.
        this_run: look only at the latest run.
    """

    is_bad: Callable[[HistoryEvent], bool]
    mended: bool = False
    this_run: bool = False


@dataclass
class Run:
    """One run of a case: its completed workflow tasks, and what came before and after it."""

    run_id: str
    tasks: list[HistoryEvent] = field(default_factory=list)
    length: int = 0
    """Events in its history."""
    before: str = ""
    """The run that it continues, if any."""
    after: str = ""
    """The run that continues it, if any."""


@click.command("reset")
@case_arguments
@click.option(
    "--before",
    metavar="RELEASE|TIME",
    help="Before the first decision by a worker with this build ID, or from this time on (local).",
)
@click.option(
    "--to",
    "to_event",
    type=click.IntRange(min=3),
    metavar="EVENT_ID",
    help="To this event of its latest run.",
)
@click.option("--reason", required=True, help="Why; it is kept in the history.")
@utc_option
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

    The events that came later are taken again, in order, by the current code and rules; what was already
    written or said to the customer is not done twice. What went wrong may be in an earlier run of the case:
    one that was continued as new.

    \b
      baton ops reset T-7 --to 42 --reason "wrong composer"
      baton ops reset --query "Tab = 'mine' AND ExecutionStatus = 'Running'" \\
          --before 2026-03-02T09:00:00Z --reason "release 1.4" --dry-run
    """
    if (before is None) == (to_event is None):
        raise click.UsageError("Say with --before or --to how far to go back.")
    if to_event is not None and (query is not None or len(cases) != 1):
        raise click.UsageError("--to is for one case: each history has its own numbers.")
    mistake = _from_event(to_event) if to_event is not None else mistake_since(before or "")
    report(run(_reset, cases, query, mistake, reason, dry_run, json_), json_)


def mistake_since(before: str) -> Mistake:
    """All decisions from a time on if it is a time; else those of this build ID."""
    if not re.match(r"\d{4}-\d\d-\d\d", before):
        return Mistake(lambda event: _build_id(event) == before, mended=True)
    try:
        at = as_typed(datetime.fromisoformat(before))
    except (ValueError, OverflowError):
        raise click.UsageError(f"--before: {before!r} is not a time such as 2026-03-02T09:00:00Z.") from None
    return Mistake(lambda event: _time(event) >= at)


def _from_event(number: int) -> Mistake:
    return Mistake(lambda event: event.event_id >= number, this_run=True)


def _time(event: HistoryEvent) -> datetime:
    return event.event_time.ToDatetime(UTC)


def _build_id(event: HistoryEvent) -> str:
    done = event.workflow_task_completed_event_attributes
    return done.deployment_version.build_id or done.worker_version.build_id


async def _reset(
    cases: Sequence[str], query: str | None, mistake: Mistake, reason: str, dry_run: bool, quiet: bool
) -> list[Result]:
    async with baton_client() as client:

        async def reset(case: str) -> Result:
            return await _reset_one(client.temporal, case, mistake, reason, dry_run)

        return await each(await chosen(client.temporal, cases, query), "Resetting", reset, quiet=quiet)


async def _reset_one(client: Client, case: str, mistake: Mistake, reason: str, dry_run: bool) -> Result:
    described = await unpaused(client, case)
    runs = [one async for one in _runs(client, case, described.run_id, mistake)]
    found = first_bad(case, runs, mistake)
    if found is None:
        builds = ", ".join(dict.fromkeys(_build_id(task) for one in runs for task in one.tasks))
        return Result(case, CaseVerdict.NOTHING, f"nothing since then; build IDs: {builds or 'none'}")
    back, task = found
    where = f"to event {task.event_id} of {back.length}, {moment(_time(task))}"
    if back.run_id != described.run_id:
        where += f", in the earlier run {back.run_id}"
    if not described.living:
        where += "; it is closed, and opens again"
    if dry_run:
        return Result(case, CaseVerdict.WOULD, where)
    await client.workflow_service.reset_workflow_execution(
        ResetWorkflowExecutionRequest(
            namespace=client.namespace,
            workflow_execution=WorkflowExecution(workflow_id=case, run_id=back.run_id),
            workflow_task_finish_event_id=task.event_id,
            request_id=str(uuid.uuid4()),
            reason=reason,
            identity=client.identity,
        )
    )
    return Result(case, CaseVerdict.DONE, where)


# --- The runs of a case ---------------------------------------------------------------------------


async def _runs(client: Client, case: str, run_id: str, mistake: Mistake) -> AsyncIterator[Run]:
    """The runs of a case that decide how far it goes back, the latest first, if the server has them."""
    latest = run_id
    while run_id:
        try:
            one = await _read(client, case, run_id)
        except RPCError as error:
            if run_id == latest or error.status is not RPCStatusCode.NOT_FOUND:
                raise
            return
        yield one
        began_well = bool(one.tasks) and not mistake.is_bad(one.tasks[0])
        run_id = "" if mistake.this_run or (began_well and not mistake.mended) else one.before


async def _read(client: Client, case: str, run_id: str) -> Run:
    read = Run(run_id)
    async for event in client.get_workflow_handle(case, run_id=run_id).fetch_history_events():
        read.length = event.event_id
        match event.event_type:
            case EventType.EVENT_TYPE_WORKFLOW_EXECUTION_STARTED:
                read.before = event.workflow_execution_started_event_attributes.continued_execution_run_id
            case EventType.EVENT_TYPE_WORKFLOW_TASK_COMPLETED:
                read.tasks.append(event)
            case EventType.EVENT_TYPE_WORKFLOW_EXECUTION_CONTINUED_AS_NEW:
                attributes = event.workflow_execution_continued_as_new_event_attributes
                read.after = attributes.new_execution_run_id
    return read


def first_bad(case: str, runs: Sequence[Run], mistake: Mistake) -> tuple[Run, HistoryEvent] | None:
    """The earliest bad decision among the runs of a case, and the run in which it was made.

    Args:
        runs: the latest first, each followed by the one before it, as far as `Mistake` wants them.

    Raises:
        BatonError: going back there would lose events, or nobody can see whether there was an earlier one.
    """
    bad = [(one, task) for one in runs for task in one.tasks[::-1] if mistake.is_bad(task)]
    if not bad:
        return None
    back, task = bad[-1]
    if mistake.this_run:
        return back, task
    instead = f"To go back only to where its latest run began: baton ops reset {case} --to 3"
    if task is runs[-1].tasks[0] and back.before:
        raise BatonError(
            f"the server no longer keeps the run before ({back.before}), so nobody can say whether it went "
            f"wrong there. {instead}"
        )
    # The server brings back the events of later runs as long as each run was continued by the next one. A
    # run that was reset is not continued by the run that the reset began.
    for one, after in zip(runs[1 : runs.index(back) + 1], runs, strict=False):
        if one.after != after.run_id:
            raise BatonError(
                f"it went wrong in an earlier run ({back.run_id}), but was reset after that: what has come "
                f"since then would be lost. {instead}"
            )
    return back, task
