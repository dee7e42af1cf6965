"""What the stack of `baton up` notes in its data folder: which processes it is, and where it answers.

The notes are in the file by which a stack locks its folder, so that they are one stack's. Each is a line, and
the last one counts: nobody finds half a note.
"""

from __future__ import annotations

import os
from collections.abc import Iterable
from contextlib import suppress
from io import FileIO
from pathlib import Path

from pydantic import BaseModel, ConfigDict, ValidationError

LOCK = "lock"
"""The name of the file in the data folder."""


class RunningStack(BaseModel):
    """A stack as it describes itself."""

    model_config = ConfigDict(frozen=True)

    processes: tuple[int, ...]
    """The IDs of its processes, its own first."""
    address: str
    """Where Temporal answers, or will: ``host:port``."""
    ui: str
    """The URL of Temporal's Web UI."""
    ready: bool = False
    """Whether everything has started."""

    def note(self, lock: FileIO) -> None:
        """Add this to the open lock of the data folder."""
        with suppress(OSError):  # a full disk: others only do not find it
            lock.write(f"{self.model_dump_json()}\n".encode())


def forget(lock: FileIO) -> None:
    """Note that no stack is running."""
    with suppress(OSError):
        lock.truncate(0)


def running_in(folder: Path) -> RunningStack | None:
    """The stack of this data folder; None if none runs, or what is noted cannot be read.

    A stack that was killed may have left its Temporal behind, which is then found, too.
    """
    try:
        *_, last = (folder / LOCK).read_bytes().splitlines() or [b""]
        found = RunningStack.model_validate_json(last)
    except (OSError, ValidationError):
        return None
    return found if _some_live(found.processes) else None


def _some_live(processes: Iterable[int]) -> bool:
    for process in processes:
        with suppress(OSError):  # it is gone, or it is somebody else's by now
            os.kill(process, 0)
            return True
    return False
