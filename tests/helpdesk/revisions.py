"""Databases as earlier releases left them."""

from __future__ import annotations

from collections.abc import Iterable

from sqlalchemy import Connection, text

from helpdesks import migrations
from helpdesks.database import Database
from helpdesks.engines import parse_url


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


def insert(table: str, **values: str | bool | None) -> str:
    """A row as SQL that both databases take."""

    def literal(value: str | bool | None) -> str:
        if value is None or isinstance(value, bool):
            return "NULL" if value is None else str(value).upper()
        return "'" + value.replace("'", "''") + "'"

    return (
        f"INSERT INTO {table} ({', '.join(values)}) VALUES ({', '.join(literal(v) for v in values.values())})"
    )
