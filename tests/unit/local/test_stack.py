"""How a stack waits for its processes.

A Temporal server that stumbles over its own start is started again, and any other failure is told at once.
One that takes long is waited for, and that is said.
"""

from __future__ import annotations

import asyncio
import io
import math
import os
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from baton.settings import Settings
from local.child import Child, silent
from local.machine import StackFailed
from local.stack import Stack, until_ready


class Starts:
    """A stack whose server ends with these exit codes, one for each start, and then starts."""

    def __init__(self, folder: Path, monkeypatch: pytest.MonkeyPatch, *codes: int) -> None:
        self.said: list[str] = []
        self.stack = Stack(Settings(data_dir=folder), say=self.said.append)
        self._codes = list(codes)
        self.made = 0
        monkeypatch.setattr(self.stack, "_start_server", self._start_server)

    async def _start_server(self, command: Any, lock: Any) -> None:
        self.made += 1
        ended: asyncio.Future[int] = asyncio.get_running_loop().create_future()
        child: Any = SimpleNamespace(name="Temporal server", ended=ended)
        self.stack._children.append((child, 0.0))
        if self._codes:
            ended.set_result(self._codes.pop(0))
            raise StackFailed("The Temporal server ended while it was starting")

    async def run(self) -> None:
        with io.FileIO(os.devnull) as lock:
            await self.stack._start_server_patiently(["temporal"], lock)


@pytest.mark.parametrize("panics", [0, 1, 2])
async def test_a_server_that_panics_is_started_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, panics: int
) -> None:
    starts = Starts(tmp_path, monkeypatch, *[2] * panics)
    await starts.run()
    assert (starts.made, len(starts.stack._children)) == (panics + 1, 1)
    assert len(starts.said) == panics


@pytest.mark.parametrize(("codes", "made"), [((1,), 1), ((2, 1), 2), ((2, 2, 2), 3)])
async def test_any_other_end_and_the_third_panic_are_told(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, codes: tuple[int, ...], made: int
) -> None:
    starts = Starts(tmp_path, monkeypatch, *codes)
    with pytest.raises(StackFailed, match="ended while it was starting"):
        await starts.run()
    assert starts.made == made


WAITING = "import signal; signal.pause()"
DYING = "raise SystemExit('cannot read the rules')"


@asynccontextmanager
async def child_of(folder: Path, script: str) -> AsyncIterator[Child]:
    child = await Child.start(
        "worker",
        [sys.executable, "-c", script],
        environment=os.environ,
        folder=folder,
        log=folder / "worker.log",
        on_line=silent,
    )
    try:
        yield child
    finally:
        await child.stop(0)


def taking(monkeypatch: pytest.MonkeyPatch, seconds: float) -> None:
    """After so many seconds, it is said that a process is still starting."""
    monkeypatch.setattr("local.stack.START_SECONDS", seconds)


async def test_a_start_that_takes_long_is_waited_for_and_that_is_said_once(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    taking(monkeypatch, 0)
    said: list[str] = []
    ready = asyncio.Event()

    def say(line: str) -> None:
        said.append(line)
        # Not before several times the time after which it was said.
        asyncio.get_running_loop().call_later(0.1, ready.set)

    async with child_of(tmp_path, WAITING) as child:
        await until_ready(ready.wait(), child, say)
    assert said == [
        f"The worker is still starting; Ctrl-C stops everything. The log: {tmp_path / 'worker.log'}"
    ]


@pytest.mark.parametrize(("seconds", "lines"), [(0, 1), (math.inf, 0)], ids=["said", "not said yet"])
async def test_one_that_ends_instead_is_told_whether_or_not_it_took_long(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, seconds: float, lines: int
) -> None:
    taking(monkeypatch, seconds)
    said: list[str] = []
    async with child_of(tmp_path, DYING) as child:
        with pytest.raises(
            StackFailed, match=r"(?s)worker ended while it was starting, .*cannot read the rules"
        ):
            await until_ready(asyncio.Event().wait(), child, said.append)
    assert len(said) == lines


async def test_one_that_is_ready_soon_says_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    taking(monkeypatch, math.inf)
    said: list[str] = []
    ready = asyncio.Event()
    ready.set()
    async with child_of(tmp_path, WAITING) as child:
        await until_ready(ready.wait(), child, said.append)
    assert said == []
