"""Files and folders for their owner only: texts of customers, keys and tokens are in them.

Only what is new gets these rights. What is there already keeps those that somebody gave it.
"""

from __future__ import annotations

import os
from contextlib import suppress
from pathlib import Path

OWNER_ONLY = 0o600
FOLDER_OF_OWNER = 0o700
OTHERS = 0o077
"""For the umask of a process whose files are not made here."""


def private(path: str, flags: int) -> int:
    """For ``open(…, opener=private)``: a file that this makes is for its owner only from the first moment."""
    return os.open(path, flags, OWNER_ONLY)


def private_folder(path: Path) -> None:
    """Make a folder, unless it is there. Raises ``OSError``."""
    path.mkdir(mode=FOLDER_OF_OWNER, parents=True, exist_ok=True)


def private_database(path: Path) -> None:
    """Begin a SQLite file, unless it is there: empty, as SQLite takes it. Its ``-wal``, ``-shm`` and
    ``-journal`` get the same rights from SQLite. What cannot be made is left to SQLite to complain about."""
    with suppress(OSError):
        os.close(os.open(path, os.O_WRONLY | os.O_CREAT, OWNER_ONLY))
