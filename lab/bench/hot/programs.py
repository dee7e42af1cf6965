"""The programs that are measured: each is a process of its own, started and ended here."""

from __future__ import annotations

import asyncio
import json
import os
import signal
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager, suppress
from pathlib import Path
from typing import Any

from baton.temporal.ending import how_ended
from lab.processes import processor_seconds, resident_bytes

ENDS_WITHIN = 15.0
_LONGEST_LINE = 1 << 24
_SHOWN = 2_000
"""Characters of a log that are shown if its program has failed."""


class ProgramFailed(Exception):
    """A program ended by itself. The message has the end of what it said."""


class Program:
    """A running program. Made by `running`."""

    def __init__(self, name: str, process: asyncio.subprocess.Process, log: Path) -> None:
        self.name = name
        self.pid = process.pid
        self._process = process
        self._log = log

    def processor(self) -> float:
        """Seconds of processor time that it and its children have used."""
        return processor_seconds(self.pid)

    def memory(self) -> int:
        """Its resident memory in bytes."""
        return resident_bytes(self.pid)

    async def says(self, wanted: str) -> None:
        """Wait until it writes this line, as long as it runs. Raises ``ProgramFailed``."""
        while await self._line() != wanted:
            pass

    async def ask(self, order: str, **arguments: Any) -> Any:
        """Give it an order, as `lab.bench.hot.driver` reads them; returns its answer.

        Raises ``ProgramFailed``.
        """
        assert self._process.stdin is not None
        self._process.stdin.write(json.dumps({"order": order, **arguments}).encode() + b"\n")
        with suppress(ConnectionError):  # the line that does not come says it better
            await self._process.stdin.drain()
        return json.loads(await self._line())

    async def _line(self) -> str:
        assert self._process.stdout is not None
        if line := await self._process.stdout.readline():
            return line.decode().strip()
        raise self._failure(f"ended, {how_ended(await self._process.wait())}")

    def _failure(self, how: str) -> ProgramFailed:
        said = self._log.read_text(encoding="utf-8", errors="replace")[-_SHOWN:]
        return ProgramFailed(f"{self.name} {how}:\n{said}")


@asynccontextmanager
async def running(
    name: str,
    command: Sequence[str],
    *,
    folder: Path,
    environment: Mapping[str, str],
    log: Path,
) -> AsyncIterator[Program]:
    """A program that runs in ``folder`` during the block; what it says of errors goes to ``log``."""
    own = {name: value for name, value in os.environ.items() if not name.startswith(("BATON_", "TEMPORAL_"))}
    with log.open("wb") as errors:
        process = await asyncio.create_subprocess_exec(
            *command,
            cwd=folder,
            env={**own, **environment},
            stdin=asyncio.subprocess.PIPE,
            stdout=asyncio.subprocess.PIPE,
            stderr=errors,
            limit=_LONGEST_LINE,
            start_new_session=True,  # so that it can be ended together with its children
        )
    try:
        yield Program(name, process, log)
    finally:
        with suppress(ProcessLookupError):
            process.terminate()
        with suppress(TimeoutError):
            await asyncio.wait_for(process.wait(), ENDS_WITHIN)
        with suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
        await process.wait()
