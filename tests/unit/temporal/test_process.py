"""The sign of life of a worker, and the probe that reads it."""

from __future__ import annotations

import os
import re
import subprocess
import sys
import time
from pathlib import Path

import pytest

from baton.settings import CHECKOUT
from baton.temporal import process
from baton.temporal.process import HANGS_AFTER_SECONDS, showing_life, trouble
from lab.rig import eventually


def probe(file: Path) -> subprocess.CompletedProcess[str]:
    """What a health check runs."""
    command = [sys.executable, "-m", "baton.temporal.process", str(file)]
    return subprocess.run(command, capture_output=True, text=True, cwd=CHECKOUT, check=False)


async def test_a_worker_shows_its_life_until_it_goes(tmp_path: Path) -> None:
    file = tmp_path / "alive"
    async with showing_life(file):
        assert probe(file).returncode == 0
    refused = probe(file)
    assert refused.returncode == 1
    assert f"{file} is not there" in refused.stderr


async def test_the_file_is_touched_again_and_again(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(process, "BEAT_SECONDS", 0.01)
    file = tmp_path / "alive"
    async with showing_life(file):
        long_ago = time.time() - 2 * HANGS_AFTER_SECONDS
        os.utime(file, (long_ago, long_ago))

        async def touched() -> bool:
            return trouble(file) == ""

        await eventually(touched, "the file was not touched again")


def test_a_worker_that_hangs_is_noticed(tmp_path: Path) -> None:
    file = tmp_path / "alive"
    file.touch()
    long_ago = time.time() - 2 * HANGS_AFTER_SECONDS
    os.utime(file, (long_ago, long_ago))
    refused = probe(file)
    assert refused.returncode == 1
    assert re.search(r"no beat for [6-9]\d s: the worker hangs", refused.stderr)  # checking takes a moment


async def test_without_a_file_nothing_is_shown(tmp_path: Path) -> None:
    async with showing_life(None):
        assert list(tmp_path.iterdir()) == []
