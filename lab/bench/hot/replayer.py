"""Replays histories, in a process of its own.

    python -P replayer.py (bare | baton)

Like `lab.bench.hot.driver` it runs with the Python of the checkout that is measured, and obeys orders.
"""

from __future__ import annotations

import asyncio
import json
import statistics
import sys
import time

from temporalio.client import WorkflowHistory
from temporalio.worker import Replayer

from baton.temporal.ending import leave


def _bare() -> Replayer:
    """The stock SDK's."""
    from lab.bench.floors.workflows import Bare

    return Replayer(workflows=[Bare])


def _baton() -> Replayer:
    """Baton's, as users make one."""
    from baton.temporal.plugin import BatonPlugin
    from workflows.chat import Chat

    return Replayer(workflows=[Chat], plugins=[BatonPlugin()])


async def _obey(kind: str) -> None:
    replayer = {"bare": _bare, "baton": _baton}[kind]()
    while line := await asyncio.to_thread(sys.stdin.readline):
        order = json.loads(line)
        history = WorkflowHistory.from_json("replayed", order["history"])
        seconds = []
        for _ in range(order["times"]):
            began = time.perf_counter()
            await replayer.replay_workflow(history)
            seconds.append(time.perf_counter() - began)
        print(statistics.median(seconds), flush=True)


if __name__ == "__main__":
    asyncio.run(_obey(*sys.argv[1:]))
    leave(0)
