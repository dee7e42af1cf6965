"""Files and folders that only their owner may read: they hold texts of customers, keys and tokens.

Only new files and folders get these rights. Existing ones keep theirs.
"""

from __future__ import annotations

import os
from contextlib import suppress
from pathlib import Path

OWNER_ONLY = 0o600
FOLDER_OF_OWNER = 0o700
OTHERS = 0o077
"""The umask for a process whose files are not made here."""


def private(path: str, flags: int) -> int:
    """For ``open(…, opener=private)``: from the start, only its owner may use a file made like this."""
    return os.open(path, flags, OWNER_ONLY)


def private_folder(path: Path) -> None:
    """Make a folder unless it exists. Raises ``OSError``."""
    path.mkdir(mode=FOLDER_OF_OWNER, parents=True, exist_ok=True)


def private_database(path: Path) -> None:
    """Make an empty SQLite file unless it exists. SQLite gives its ``-wal``, ``-shm`` and ``-journal`` the
    same rights. If the file cannot be made, SQLite will report that."""
    # An existing file is not even opened: closing it would drop the locks that SQLite holds in this process,
    # and another process would then delete the write-ahead log while it is still in use.
    with suppress(OSError):
        os.close(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, OWNER_ONLY))
