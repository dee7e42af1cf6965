"""The file of the templates, read again when it or the directory changes."""

from __future__ import annotations

import asyncio
from pathlib import Path

from baton.templates import Templates, load_templates
from helpdesks.known import VersionedDirectory


class TemplateFile:
    """The templates in a file: those of the workers, if both have the same file."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._read: tuple[object, Templates] | None = None

    async def read(self, known: VersionedDirectory) -> Templates:
        """The templates, checked against a directory. Raises ``DocumentError``."""
        mark = await asyncio.to_thread(self._mark), known.version
        if self._read is None or self._read[0] != mark:
            found = await asyncio.to_thread(load_templates, self._path, known.directory)
            self._read = mark, found
        return self._read[1]

    def _mark(self) -> object:
        try:
            found = self._path.stat()
        except OSError:
            return None
        return found.st_ino, found.st_mtime_ns, found.st_size
