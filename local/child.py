"""One child process: its output, its end, and how it is stopped."""

from __future__ import annotations

import asyncio
import math
import os
import signal
import time
from collections import deque
from collections.abc import Callable, Collection, Mapping, Sequence
from contextlib import suppress
from pathlib import Path

from baton.files import OTHERS
from local.logfile import LogFile

TAIL_LINES = 20
LAST_WORDS_SECONDS = 10.0
"""Lines that are older than that when a process ends say nothing about why."""
LONGEST_LINE = 1 << 20
LAST_OUTPUT_SECONDS = 1.0


def silent(line: str) -> None:
    """Say nothing."""


class Child:
    """A process that this one started, and will end. Made by `Child.start`.

    It runs in its own session. So a Ctrl-C in the terminal reaches only this process, which stops its
    children in the right order; and the processes that a child starts can be ended together with it.
    """

    def __init__(self, name: str, process: asyncio.subprocess.Process) -> None:
        self.name = name
        self.pid = process.pid
        self.log: Path
        """The file with all that it wrote."""
        self.shown = False
        """Whether somebody has seen its lines."""
        self.ended: asyncio.Task[int]
        """Done when the process is gone and its output was read; the result is its exit code."""
        self._process = process
        self._tail: deque[tuple[float, str]] = deque(maxlen=TAIL_LINES)
        self._ended_at = math.inf

    @property
    def tail(self) -> list[str]:
        """The last lines that it wrote, however long ago."""
        return [line for _, line in self._tail]

    @property
    def last_words(self) -> list[str]:
        """The lines that it wrote shortly before its end; as long as it lives, its `tail`."""
        since = self._ended_at - LAST_WORDS_SECONDS if self.ended.done() else -math.inf
        return [line for at, line in self._tail if at >= since]

    @classmethod
    async def start(
        cls,
        name: str,
        command: Sequence[str],
        *,
        environment: Mapping[str, str],
        folder: Path,
        log: Path,
        on_line: Callable[[str], None],
        say: Callable[[str], None] = silent,
        inherited: Collection[int] = (),
    ) -> Child:
        """Start ``command`` in ``folder``. Each line that it writes goes to ``on_line``, and is added to the
        file ``log``. The file descriptors ``inherited`` stay open in it.

        Neither a log that cannot be written nor an ``on_line`` that raises ``OSError`` stops the child:
        the reader may be gone, the disk may be full. ``say`` is told if lines are missing from the log.

        Raises:
            OSError: the command cannot be started.
        """
        # Our own pipe: asyncio's pipes make `wait` hang for as long as a grandchild holds the other end.
        reading, writing = os.pipe()
        try:
            process = await asyncio.create_subprocess_exec(
                *command,
                stdin=asyncio.subprocess.DEVNULL,
                stdout=writing,
                stderr=writing,
                env=environment,
                cwd=folder,
                start_new_session=True,
                pass_fds=tuple(inherited),
                umask=OTHERS,  # its files contain what customers write
            )
        except BaseException:
            os.close(reading)
            raise
        finally:
            os.close(writing)
        child = cls(name, process)
        child.log = log
        child.ended = asyncio.create_task(child._watch(reading, LogFile(log, say), on_line))
        return child

    async def stop(self, grace: float) -> bool:
        """Ask the process to end, and kill it when it has not done so after ``grace`` seconds.

        Returns:
            Whether it ended by itself.
        """
        if self._process.returncode is None:
            self._process.terminate()
        done, _ = await asyncio.wait({self.ended}, timeout=grace)
        if not done:
            self._kill_group()
            await asyncio.wait({self.ended})
        return bool(done)

    async def _watch(self, output: int, log: LogFile, on_line: Callable[[str], None]) -> int:
        pump = asyncio.create_task(self._pump(output, log, on_line))
        code = await self._process.wait()
        self._ended_at = time.monotonic()
        self._kill_group()  # processes that it left behind would keep its ports and take some of the work
        await asyncio.wait({pump}, timeout=LAST_OUTPUT_SECONDS)
        pump.cancel()
        return code

    async def _pump(self, output: int, log: LogFile, on_line: Callable[[str], None]) -> None:
        lines = asyncio.StreamReader(limit=LONGEST_LINE)
        transport, _ = await asyncio.get_running_loop().connect_read_pipe(
            lambda: asyncio.StreamReaderProtocol(lines), os.fdopen(output, "rb", buffering=0)
        )
        try:
            while True:
                try:
                    line = await lines.readline()
                except ValueError:  # longer than LONGEST_LINE; dropped by the reader
                    continue
                if not line:
                    return
                text = line.decode(errors="replace").rstrip()
                self._tail.append((time.monotonic(), text))
                log.write(line if line.endswith(b"\n") else line + b"\n")
                with suppress(OSError):
                    on_line(text)
        finally:
            transport.close()
            log.close()

    def _kill_group(self) -> None:
        with suppress(ProcessLookupError, PermissionError):  # macOS says EPERM for a group of zombies
            os.killpg(self.pid, signal.SIGKILL)
