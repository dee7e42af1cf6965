"""What is at a database, looked at without making anything: a first start can be refused without a trace."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar

from sqlalchemy import Connection, inspect, select

from baton.databaseurl import sqlite_file
from helpdesks.database import Database
from helpdesks.engines import parse_url
from helpdesks.identity import identity
from helpdesks.schema import directories
from helpdesks.schema import identity as identities

T = TypeVar("T")


async def is_new(url: str) -> bool:
    """Whether no directory was ever kept at this database, or there is no database. Nothing is made.

    Raises ``HelpDeskUnavailable`` or ``SettingsError``.
    """
    return await _look(url, _is_empty, otherwise=True)


async def identity_at(url: str) -> str | None:
    """The identity of the database at ``url``; ``None`` if it has none yet. Nothing is made.

    Raises as `is_new`.
    """
    return await _look(url, _identity, otherwise=None)


async def _look(url: str, look: Callable[[Connection], T], *, otherwise: T) -> T:
    file = sqlite_file(url)
    if file is not None and not file.exists():
        return otherwise
    database = Database(parse_url(url))
    try:
        return await database.read(look)
    finally:
        await database.close()


def _is_empty(connection: Connection) -> bool:
    if not inspect(connection).has_table(directories.name):
        return True
    return connection.execute(select(directories.c.version).limit(1)).first() is None


def _identity(connection: Connection) -> str | None:
    return identity(connection) if inspect(connection).has_table(identities.name) else None
