"""The log of a child: appended to at each start, bounded, private, and never in the way of the child.

    worker.log      what is written now
    worker.log.1    what was written before, .2 before that; the oldest is removed

If a file cannot be written, for example on a full disk, only lines are lost. Each line tries again; before
the first that succeeds, the file says how many are missing.
"""

from __future__ import annotations

import os
from collections.abc import Callable
from contextlib import suppress
from io import FileIO
from pathlib import Path

from baton.files import private

LARGEST = 10_000_000
"""The size in bytes after which the next file is begun."""
KEPT = 3
"""How many older files are kept."""


class LogFile:
    """Lines of bytes in a file and its predecessors. No method raises ``OSError``.

    Args:
        say: called with a message when lines begin to be missing, and when they are written again.
        largest: bytes of one file; a line is never cut in two to fit.
        kept: how many older files are kept.
    """

    def __init__(
        self, path: Path, say: Callable[[str], None], *, largest: int = LARGEST, kept: int = KEPT
    ) -> None:
        self._path = path
        self._say = say
        self._largest = largest
        self._kept = kept
        self._file: FileIO | None = None
        self._size = 0
        self._missing = 0
        with suppress(OSError):  # reported when there is something to write
            self._open()

    def write(self, line: bytes) -> None:
        """Add a line, including its line end."""
        try:
            self._add(line)
        except OSError as error:
            if not self._missing:
                self._tell(
                    f"{self._path.name} cannot be written ({error.strerror}). Everything goes on, but "
                    "what is written to it in the meantime will be missing."
                )
            self._missing += 1
            self._drop()  # the next line reopens it: the file, or its folder, may have been replaced by then

    def close(self) -> None:
        """Write the note about missing lines, if any, and close the file."""
        if self._missing:
            with suppress(OSError):
                self._add(b"")
        self._drop()

    def _add(self, line: bytes) -> None:
        file = self._file or self._open()
        whole = self._note() + line
        if self._size and self._size + len(whole) > self._largest:
            file = self._rotate()
        left = memoryview(whole)
        try:
            while left:
                left = left[file.write(left) :]
        except OSError:
            with suppress(OSError):
                file.truncate(self._size)  # no partial lines; truncating needs no space
            raise
        self._size += len(whole)
        if self._missing:
            self._tell(f"{self._path.name} is written again. Missing lines: {self._missing:,}.")
            self._missing = 0

    def _note(self) -> bytes:
        if not self._missing:
            return b""
        lines = "1 line is" if self._missing == 1 else f"{self._missing:,} lines are"
        return f"[{lines} missing here: no space, or no access]\n".encode()

    def _tell(self, words: str) -> None:
        with suppress(OSError):  # the listener may be gone
            self._say(words)

    def _open(self) -> FileIO:
        # Unbuffered: the contents of a buffer may be written later or lost, and there is no way to know.
        file = self._file = open(self._path, "ab", buffering=0, opener=private)  # noqa: SIM115
        self._size = os.fstat(file.fileno()).st_size
        return file

    def _rotate(self) -> FileIO:
        self._drop()
        for number in range(self._kept, 0, -1):
            newer = self._older(number - 1) if number > 1 else self._path
            with suppress(FileNotFoundError):
                newer.replace(self._older(number))
        return self._open()

    def _older(self, number: int) -> Path:
        return self._path.with_name(f"{self._path.name}.{number}")

    def _drop(self) -> None:
        file, self._file = self._file, None
        if file is not None:
            with suppress(OSError):
                file.close()
