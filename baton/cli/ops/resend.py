"""``baton ops resend``: try again at once what is waiting to be tried again."""

from __future__ import annotations

from collections.abc import Sequence

import click
from temporalio.api.common.v1 import WorkflowExecution
from temporalio.api.enums.v1 import PendingActivityState
from temporalio.api.workflow.v1 import PendingActivityInfo
from temporalio.api.workflowservice.v1 import ResetActivityRequest
from temporalio.client import Client
from temporalio.converter import WorkflowSerializationContext

from baton.cli.ops.cases import CaseVerdict, Result, case_arguments, chosen, each, report
from baton.cli.shared import as_json, baton_client, run
from baton.temporal.executions import unpaused

_WAITING = (
    PendingActivityState.PENDING_ACTIVITY_STATE_SCHEDULED,
    PendingActivityState.PENDING_ACTIVITY_STATE_PAUSED,
)


@click.command("resend")
@case_arguments
@as_json
def command(cases: tuple[str, ...], query: str | None, dry_run: bool, json_: bool) -> None:
    """Try a failed write again at once, instead of after its pause.

    A write that the help desk did not take is tried again by itself, at least every minute. It is done once,
    however often it is sent. A write that somebody paused in the UI is resumed, too.

    \b
      baton ops resend telegram:42
      baton ops resend --query "Tab = 'mine' AND ExecutionStatus = 'Running'"
    """
    report(run(_resend, cases, query, dry_run, json_), json_)


async def _resend(cases: Sequence[str], query: str | None, dry_run: bool, quiet: bool) -> list[Result]:
    async with baton_client() as client:

        async def resend(case: str) -> Result:
            return await _resend_one(client.temporal, case, dry_run)

        return await each(await chosen(client.temporal, cases, query), "Resending", resend, quiet=quiet)


async def _resend_one(client: Client, case: str, dry_run: bool) -> Result:
    described = await unpaused(client, case)
    pending = described.answer.pending_activities
    waiting = [one for one in pending if one.state in _WAITING and (one.attempt > 1 or one.paused)]
    if not waiting:
        running = ", ".join(one.activity_type.name for one in pending)
        return Result(case, CaseVerdict.NOTHING, f"{running}: in its first attempt" if running else "")
    if not dry_run:
        for one in waiting:
            await client.workflow_service.reset_activity(
                ResetActivityRequest(
                    namespace=client.namespace,
                    execution=WorkflowExecution(workflow_id=case, run_id=described.run_id),
                    identity=client.identity,
                    id=one.activity_id,
                )
            )
    said = [await _attempts(client, case, one) for one in waiting]
    return Result(case, CaseVerdict.WOULD if dry_run else CaseVerdict.DONE, "; ".join(said))


async def _attempts(client: Client, case: str, one: PendingActivityInfo) -> str:
    how = "paused" if one.paused else f"{one.attempt - 1} failed"
    why = ""
    if one.HasField("last_failure"):
        # The reason is encrypted, too, if there are keys.
        place = WorkflowSerializationContext(namespace=client.namespace, workflow_id=case)
        error = await client.data_converter.with_context(place).decode_failure(one.last_failure)
        why = f" ({getattr(error, 'message', error)})"
    return f"{one.activity_type.name}: {how}{why}"
