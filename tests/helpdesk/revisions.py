"""Databases as earlier releases left them."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import TypeVar

import pytest
from sqlalchemy import Connection, text

from helpdesks import migrations
from helpdesks.database import Database
from helpdesks.embedded import EmbeddedHelpDesk
from helpdesks.engines import parse_url
from helpdesks.schema import metadata
from lab.postgres import fresh_database

T = TypeVar("T")


async def write_at(url: str, revision: str, statements: Iterable[str]) -> None:
    """Bring an empty database to a revision, and write rows into it."""
    database = Database(parse_url(url))

    def write(connection: Connection) -> None:
        migrations.upgrade(connection, revision)
        if database.dialect == "postgresql":
            connection.execute(text("SET LOCAL TIME ZONE 'UTC'"))
        for statement in statements:
            # A colon in JSON does not begin a parameter.
            connection.exec_driver_sql(statement)

    await database.write(write)
    await database.close()


async def migrated_and_made(
    url: str, request: pytest.FixtureRequest, look: Callable[[Connection], T]
) -> tuple[T, T]:
    """What is seen in a database that was migrated, and in one that was made from the schema at once."""
    async with EmbeddedHelpDesk.open(url) as desk:
        migrated = await desk._database.read(look)
    other = (
        url.replace("baton.db", "other.db")
        if url.startswith("sqlite")
        else await fresh_database(request.getfixturevalue("postgresql"))
    )
    database = Database(parse_url(other))
    await database.write(metadata.create_all)
    made = await database.read(look)
    await database.close()
    return migrated, made


def insert(table: str, **values: str | bool | None) -> str:
    """A row as SQL that both databases take."""

    def literal(value: str | bool | None) -> str:
        if value is None or isinstance(value, bool):
            return "NULL" if value is None else str(value).upper()
        return "'" + value.replace("'", "''") + "'"

    return (
        f"INSERT INTO {table} ({', '.join(values)}) VALUES ({', '.join(literal(v) for v in values.values())})"
    )
