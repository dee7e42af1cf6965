"""The directory as the embedded help desk keeps it: every version, the latest in force."""

from __future__ import annotations

from datetime import UTC, datetime

from sqlalchemy import Connection, func, select

from baton.contract.words import STORED
from baton.documents.directory import Directory
from helpdesks.known import VersionedDirectory
from helpdesks.schema import directories

_LATEST = select(func.max(directories.c.version))


class Directories:
    """Reads the directory, and parses each version once."""

    def __init__(self) -> None:
        self._cached = VersionedDirectory(0, Directory())

    def current(self, connection: Connection) -> VersionedDirectory:
        """The directory in force; before the first, an empty one of version 0."""
        return self.at_version(connection, connection.scalar(_LATEST) or 0)

    def at_version(self, connection: Connection, version: int) -> VersionedDirectory:
        """The directory of an existing version."""
        if version == 0:
            return VersionedDirectory(0, Directory())
        if version == self._cached.version:
            return self._cached
        rows = connection.execute(
            select(directories.c.document, directories.c.changed_at).where(directories.c.version == version)
        )
        row = rows.one_or_none()
        document = row.document if row is not None else "{}"
        found = VersionedDirectory(
            version,
            Directory.model_validate_json(document, context=STORED),
            row.changed_at if row is not None else None,
        )
        if version > self._cached.version:  # whoever looks back must not make the others read again
            self._cached = found
        return found

    def change(
        self, connection: Connection, directory: Directory, based_on: int | None
    ) -> VersionedDirectory:
        """Put another directory in force. Raises ``NotAllowed`` if there is a newer one than ``based_on``."""
        current = self.current(connection)
        if current.version and current.directory == directory:
            return current  # also the answer if a change that went through is repeated
        current.require(based_on)
        changed = VersionedDirectory(current.version + 1, directory, datetime.now(UTC))
        connection.execute(
            directories.insert(),
            {
                "version": changed.version,
                "document": directory.model_dump_json(),
                "changed_at": changed.since,
            },
        )
        return changed
