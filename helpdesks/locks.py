"""What one transaction holds until it ends, so that nobody else counts or changes it meanwhile.

On PostgreSQL only; on SQLite a writing transaction has everything. A queue is locked before the loads of its
line, and several names in one call, in order. Two transactions that concern several lines may still wait for
one another: then PostgreSQL ends one of them, which is tried again.
"""

from __future__ import annotations

from collections.abc import Iterable

from sqlalchemy import Connection

from helpdesks.database import lock


class Locks:
    """The locks of one transaction."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection
        self._held: set[str] = set()

    def load(self, staff: Iterable[str]) -> bool:
        """Lock how many cases these people have. True if that may have changed until now."""
        return self._hold(f"load:{one}" for one in staff)

    def queues(self, lines: Iterable[str]) -> None:
        """Lock the queues of these lines, and what is promised to those who wait there."""
        self._hold(f"queue:{line}" for line in lines)

    def _hold(self, names: Iterable[str]) -> bool:
        missing = [name for name in names if name not in self._held]
        self._held.update(missing)
        return lock(self._connection, missing)
