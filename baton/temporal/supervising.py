"""Several worker processes on one machine, started and stopped together."""

from __future__ import annotations

import asyncio
import logging
import os
import signal
import sys
from pathlib import Path

from baton.settings import Settings
from baton.temporal.ending import how_ended
from baton.temporal.process import tell
from baton.temporal.telemetry import metrics_address

_log = logging.getLogger("baton.worker")


async def supervise(program: Path, settings: Settings, processes: int, ready_line: str) -> int:
    """Run several workers, each in a process of its own; if one fails, stop them all.

    Tells ``ready_line`` once all of them have printed it. Returns the exit code.
    """
    environment = {**os.environ, **settings.as_environment(), "BATON_WORKER_PROCESSES": "1"}
    places = [metrics_address(settings, number) for number in range(processes)]
    children: list[asyncio.subprocess.Process] = []
    stopping = False

    def stop() -> None:
        nonlocal stopping
        stopping = True
        for child in children:
            if child.returncode is None:
                child.terminate()

    for number in (signal.SIGINT, signal.SIGTERM):
        asyncio.get_running_loop().add_signal_handler(number, stop)
    # From here on a signal must not leave any child process behind.
    for place in places:
        children.append(
            await asyncio.create_subprocess_exec(
                sys.executable, program, env={**environment, **place}, stdout=asyncio.subprocess.PIPE
            )
        )
    if stopping:
        stop()
    ready = 0

    async def watch(child: asyncio.subprocess.Process) -> int:
        nonlocal ready
        assert child.stdout is not None
        async for line in child.stdout:
            if line.decode().strip() != ready_line:
                tell(line.decode(errors="replace").rstrip("\n"))
                continue
            ready += 1
            if ready == processes:
                tell(ready_line)
        code = await child.wait()
        if code or not stopping:
            _log.error("worker process %s ended, %s; stopping the others", child.pid, how_ended(code))
            stop()
            code = code or 1
        return code

    codes = await asyncio.gather(*(watch(child) for child in children))
    return max(map(abs, codes))
