"""The processes that replay: one for each core, each given one history after another."""

from __future__ import annotations

import asyncio
import json
import sys
import tempfile
from asyncio.subprocess import PIPE, Process
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from pathlib import Path
from typing import BinaryIO, Self

from baton.errors import BatonError
from baton.settings import CHECKOUT
from baton.temporal.ending import how_ended
from replaygate.result import HistoryVerdict, Result

Request = Mapping[str, str]
"""``name``, and ``file`` (a path), or ``run`` (its ID) and ``history`` (serialized, in base64)."""

_LONGEST_ANSWER = 1 << 28
_TAIL = 2000


def replay_command(namespace: str) -> Sequence[str]:
    """The command that starts a process that replays. Raises ``BatonError`` where there is no checkout."""
    if not (CHECKOUT / "replaygate").is_dir():
        raise BatonError(
            f"There is no replay gate here ({CHECKOUT}). Histories are replayed from a checkout of Baton; "
            "the package and the image do not have what that needs."
        )
    return [sys.executable, "-m", "replaygate", namespace]


class Pool:
    """Replays on all of its processes at once."""

    def __init__(self, replayers: Sequence[_Replayer]) -> None:
        self.size = len(replayers)
        self._idle: asyncio.Queue[_Replayer] = asyncio.Queue()
        for replayer in replayers:
            self._idle.put_nowait(replayer)

    @classmethod
    @asynccontextmanager
    async def open(cls, command: Sequence[str], processes: int) -> AsyncIterator[Self]:
        async with AsyncExitStack() as stack:
            yield cls([await stack.enter_async_context(_Replayer.open(command)) for _ in range(processes)])

    async def replay(self, request: Request) -> Result:
        """Replay one history as soon as a process has time for it."""
        replayer = await self._idle.get()
        try:
            return await replayer.replay(request)
        finally:
            self._idle.put_nowait(replayer)


class _Replayer:
    """One process, started for its first history. If a history kills it, the next one gets a new process."""

    def __init__(self, command: Sequence[str], errors: BinaryIO) -> None:
        self._command = command
        self._errors = errors
        self._process: Process | None = None

    @classmethod
    @asynccontextmanager
    async def open(cls, command: Sequence[str]) -> AsyncIterator[Self]:
        with tempfile.TemporaryFile() as errors:
            replayer = cls(command, errors)
            try:
                yield replayer
            finally:
                await replayer._stop()

    async def replay(self, request: Request) -> Result:
        process = self._process or await self._start()
        assert process.stdin is not None
        assert process.stdout is not None
        answer = b""
        try:
            process.stdin.write(json.dumps(dict(request)).encode() + b"\n")
            await process.stdin.drain()
            answer = await process.stdout.readline()
        except ConnectionError:
            pass  # the process is gone, so there is no answer
        if answer.endswith(b"\n"):
            return Result.model_validate_json(answer)
        code = await process.wait()
        self._process = None
        said = self._last_words()
        reason = f": {said.splitlines()[-1]}" if said else ""
        what = f"the process that replayed it ended, {how_ended(code)}{reason}"
        return Result(name=request["name"], verdict=HistoryVerdict.BROKEN, what=what, said=said)

    async def _start(self) -> Process:
        process = self._process = await asyncio.create_subprocess_exec(
            *self._command,
            stdin=PIPE,
            stdout=PIPE,
            stderr=self._errors,
            cwd=CHECKOUT,
            limit=_LONGEST_ANSWER,
            start_new_session=True,  # Ctrl-C is for this process, which ends the others
        )
        assert process.stdout is not None
        if await process.stdout.readline() != b"ready\n":
            await process.wait()
            self._process = None
            raise BatonError(f"Replaying cannot begin in {CHECKOUT}: {self._last_words()}")
        return process

    async def _stop(self) -> None:
        process, self._process = self._process, None
        if process is not None and process.returncode is None:
            process.kill()  # it keeps nothing
            await process.wait()

    def _last_words(self) -> str:
        self._errors.seek(0)
        return self._errors.read().decode(errors="replace")[-_TAIL:].strip()


def request_for(path: Path, name: str) -> Request:
    return {"name": name, "file": str(path.resolve())}
