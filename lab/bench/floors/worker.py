"""The worker of the floors: the SDK as it comes.

    python -m lab.bench.floors.worker TASK_QUEUE DATABASE_URL

It prints ``worker ready`` once it polls. Temporal is where ``TEMPORAL_ADDRESS`` says.
"""

from __future__ import annotations

import asyncio
import os
import signal
import sys
from typing import Any

from temporalio import activity
from temporalio.client import Client
from temporalio.worker import Worker

from baton.temporal.ending import leave
from lab.bench.floors.rows import rows_of
from lab.bench.floors.workflows import Bare

CACHED = 10_000
"""Workflows kept in memory: all, as in the worker that is measured beside it."""


@activity.defn
async def nothing(body: dict[str, Any]) -> None:
    """What a local activity costs by itself."""


async def _work(task_queue: str, url: str) -> None:
    stop = asyncio.Event()
    asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, stop.set)
    client = await Client.connect(os.environ["TEMPORAL_ADDRESS"])
    async with rows_of(url) as write:

        @activity.defn
        async def row(body: dict[str, Any]) -> None:
            await write(body)

        async with Worker(
            client,
            task_queue=task_queue,
            workflows=[Bare],
            activities=[nothing, row],
            max_cached_workflows=CACHED,
        ):
            print("worker ready", flush=True)
            await stop.wait()


if __name__ == "__main__":
    asyncio.run(_work(*sys.argv[1:]))
    leave(0)
