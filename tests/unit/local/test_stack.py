"""A Temporal server that stumbles over its own start is started again; any other failure is told at once."""

from __future__ import annotations

import asyncio
import io
import os
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from baton.settings import Settings
from local.machine import StackFailed
from local.stack import Stack


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
