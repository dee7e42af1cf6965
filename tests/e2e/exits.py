"""Programs that end while the threads of their Temporal client are still at work.

    python -m tests.e2e.exits PROGRAM CONVERSATION RUNS AT_ONCE

Each run is a process of its own, forked before there is a client, that ends as any Python program does. A
thread that has let go of Python gets it back only when the program waits for something: so each run meets the
fault that without help a few in a hundred meet. Prints how many ended with which exit code, such as
``{"0": 99, "-6": 1}``.
"""

from __future__ import annotations

import asyncio
import json
import os
import re
import signal
import sys
from collections import Counter
from collections.abc import Callable, Mapping

from baton.client import BatonClient
from baton.settings import CHECKOUT

HANGS_AFTER = 600
"""Seconds after which a run is ended by a signal. On a busy machine it takes many, and still ends."""


def answered(conversation: str) -> None:
    """The README's example."""
    (example,) = re.findall(r"```python\n(.*?)```", (CHECKOUT / "README.md").read_text("utf-8"), re.DOTALL)
    exec(example.replace('"43"', f'"{conversation}"'), {"__name__": "__main__"})


def cancelled(conversation: str) -> None:
    """A program that leaves calls behind."""
    asyncio.run(_leave_calls(conversation))


async def _leave_calls(conversation: str) -> None:
    baton = await BatonClient.connect()
    asking = [asyncio.ensure_future(baton.chat("telegram", conversation).snapshot()) for _ in range(20)]
    await asyncio.wait(asking, return_when=asyncio.FIRST_COMPLETED)


def failed(conversation: str) -> None:
    """A program that ends with an exit code of its own."""
    asyncio.run(_leave_calls(conversation))
    sys.exit(3)


PROGRAMS: Mapping[str, Callable[[str], None]] = {
    "answered": answered,
    "cancelled": cancelled,
    "failed": failed,
}


def main(program: str, conversation: str, runs: int, at_once: int) -> None:
    """Run it, and print how the runs ended."""
    ended: Counter[int] = Counter()
    running = 0
    for _ in range(runs):
        if running == at_once:
            ended[_one_ended()] += 1
        else:
            running += 1
        if os.fork() == 0:
            signal.alarm(HANGS_AFTER)
            sys.setswitchinterval(5)
            PROGRAMS[program](conversation)
            return
    for _ in range(running):
        ended[_one_ended()] += 1
    print(json.dumps(ended), flush=True)


def _one_ended() -> int:
    _, status = os.wait()
    return os.waitstatus_to_exitcode(status)


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2], int(sys.argv[3]), int(sys.argv[4]))
