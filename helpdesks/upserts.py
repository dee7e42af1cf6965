"""Inserts that say what becomes of a row that is there already, which each database has in its own words."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from sqlalchemy import Connection, Executable, Table
from sqlalchemy.dialects import postgresql, sqlite


class Upsert:
    """One for each database. Built once: building one takes several times as long as carrying it out.

    Args:
        continued: the insert into ``table``, continued with ``on_conflict_…``.
    """

    def __init__(self, table: Table, continued: Callable[[Any], Executable]) -> None:
        self._by_dialect: Mapping[str, Executable] = {
            "sqlite": continued(sqlite.insert(table)),
            "postgresql": continued(postgresql.insert(table)),
        }

    def on(self, connection: Connection) -> Executable:
        """The one for the database of a connection."""
        return self._by_dialect[connection.dialect.name]


def unless_there(table: Table) -> Upsert:
    """An insert that leaves a row as it is if it is there already."""
    return Upsert(table, lambda insert: insert.on_conflict_do_nothing())
