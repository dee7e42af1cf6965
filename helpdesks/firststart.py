"""Whether anything was kept at a database before, so that a first start can be refused without a trace."""

from __future__ import annotations

from sqlalchemy import Connection, inspect, select

from baton.databaseurl import sqlite_file
from helpdesks.database import Database
from helpdesks.engines import parse_url
from helpdesks.schema import directories


async def is_new(url: str) -> bool:
    """Whether no directory was ever kept at this database, or there is no database. Nothing is made.

    Raises ``HelpDeskUnavailable`` or ``SettingsError``.
    """
    file = sqlite_file(url)
    if file is not None and not file.exists():
        return True
    database = Database(parse_url(url))
    try:
        return await database.read(_is_empty)
    finally:
        await database.close()


def _is_empty(connection: Connection) -> bool:
    if not inspect(connection).has_table(directories.name):
        return True
    return connection.execute(select(directories.c.version).limit(1)).first() is None
