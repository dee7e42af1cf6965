#!/usr/bin/env bash
# SQLAlchemy on SQLite: inside begin(), two reads may see two states of the database.
#
# Guess: `async with connection.begin()` opens a transaction, and SQLite's transactions are serializable.
# What happens: the log says BEGIN (implicit), but the driver sends none before the first INSERT, UPDATE or
# DELETE. Reads are not in a transaction at all: the second sees what another connection commits between them.
# Versions: SQLAlchemy 2.1.9, aiosqlite 0.22.1 (SQLite of Python 3.11).
# For whoever builds on it: connect_args={"isolation_level": None}, and a listener for "begin" that executes
# BEGIN.
# Seen:
#   sqlalchemy 2.1.9, aiosqlite 0.22.1
#   notes, counted twice in one transaction: (0, 1)
#   with a BEGIN of one's own: (1, 1)
set -euo pipefail
source "$(dirname "$0")/lib.sh"
packages sqlalchemy[asyncio]==2.1.9 aiosqlite==0.22.1
play <<'PY'
import asyncio

from lib import same
from sqlalchemy import event, text
from sqlalchemy.ext.asyncio import create_async_engine


async def counted_twice(engine):
    count = text("SELECT count(*) FROM note")
    async with engine.connect() as reader, reader.begin():
        first = (await reader.execute(count)).scalar()
        async with engine.begin() as writer:
            await writer.execute(text("INSERT INTO note VALUES ('new')"))
        return first, (await reader.execute(count)).scalar()


async def main():
    url = "sqlite+aiosqlite:///notes.db"
    usual = create_async_engine(url)
    async with usual.begin() as connection:
        await connection.execute(text("CREATE TABLE note (body TEXT)"))
    async with usual.connect() as connection:
        await connection.execute(text("PRAGMA journal_mode = WAL"))  # a reader keeps no writer waiting
    same("notes, counted twice in one transaction", await counted_twice(usual), (0, 1))
    explicit = create_async_engine(url, connect_args={"isolation_level": None})
    event.listen(explicit.sync_engine, "begin", lambda connection: connection.exec_driver_sql("BEGIN"))
    same("with a BEGIN of one's own", await counted_twice(explicit), (1, 1))
    await usual.dispose()
    await explicit.dispose()


asyncio.run(main())
PY
