"""What a stack notes in its data folder, and who finds it there."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from baton.running import RunningStack, running_in
from local.machine import StackFailed, data_folder


def stack(*processes: int, ready: bool = False) -> RunningStack:
    return RunningStack(
        processes=processes, address="127.0.0.1:7300", ui="http://127.0.0.1:8300", ready=ready
    )


def test_the_last_note_is_found_until_the_folder_is_released(tmp_path: Path) -> None:
    starting, started = stack(os.getpid()), stack(os.getpid(), 1, ready=True)
    with data_folder(tmp_path) as lock:
        assert running_in(tmp_path) is None
        starting.note(lock)
        assert running_in(tmp_path) == starting
        started.note(lock)
        assert running_in(tmp_path) == started
    assert running_in(tmp_path) is None


def test_who_wants_the_same_folder_is_told_the_processes(tmp_path: Path) -> None:
    with data_folder(tmp_path) as lock:
        stack(os.getpid(), 7).note(lock)
        with pytest.raises(StackFailed, match=rf"\(processes {os.getpid()}, 7\)"), data_folder(tmp_path):
            pytest.fail("it was given away twice")


def test_a_stack_all_of_whose_processes_are_gone_is_not_found(tmp_path: Path) -> None:
    gone = subprocess.Popen([sys.executable, "-c", ""])
    gone.wait()
    with (tmp_path / "lock").open("ab", buffering=0) as lock:
        stack(gone.pid).note(lock)
        assert running_in(tmp_path) is None
        # Only its first process was killed: Temporal goes on.
        stack(gone.pid, os.getpid()).note(lock)
        assert running_in(tmp_path) == stack(gone.pid, os.getpid())


@pytest.mark.parametrize("noted", [b"", b"4711, 4712", b'{"processes":[1]}\n', b"\xff"])
def test_what_is_no_note_is_no_stack(tmp_path: Path, noted: bytes) -> None:
    assert running_in(tmp_path) is None
    (tmp_path / "lock").write_bytes(noted)
    assert running_in(tmp_path) is None
