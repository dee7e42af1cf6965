"""Files and folders that only their owner may read: they hold texts of customers, keys and tokens.

Only new files and folders get these rights. Existing ones keep theirs.
"""

from __future__ import annotations

import os
from contextlib import suppress
from pathlib import Path

from baton.errors import SettingsError

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


def read_secret(path: Path, setting: str) -> str:
    """What is in a file, without spaces and line ends around it.

    Args:
        setting: the environment variable that names the file.

    Raises ``SettingsError``, which never quotes what is in it.
    """
    try:
        return path.read_text(encoding="utf-8").strip()
    except (OSError, UnicodeDecodeError) as error:
        why = error.strerror if isinstance(error, OSError) else "it is no text"
        raise SettingsError(f"{setting}: {path} cannot be read ({why})") from None
