#!/usr/bin/env bash
# SQLAlchemy with asyncpg: "the database is down" is not a SQLAlchemyError.
#
# Guess: whatever a driver raises comes as OperationalError or another DBAPIError, whichever driver it is.
# What happens: before there is a connection, nothing is wrapped: a refused connection is Python's own
# ConnectionRefusedError, and passes every `except SQLAlchemyError`. With aiosqlite, a database that cannot be
# opened is an OperationalError, as expected: tests on SQLite do not find it.
# Versions: SQLAlchemy 2.1.9, asyncpg 0.32.0, aiosqlite 0.22.1.
# For whoever builds on it: around connect(), catch OSError, TimeoutError and asyncpg.PostgresError, too.
# Seen:
#   sqlalchemy 2.1.9, aiosqlite 0.22.1, asyncpg 0.32.0
#   postgresql+asyncpg: ConnectionRefusedError
#     is a SQLAlchemyError: False
#   sqlite+aiosqlite: OperationalError
#     is a SQLAlchemyError: True
set -euo pipefail
source "$(dirname "$0")/lib.sh"
packages sqlalchemy[asyncio]==2.1.9 aiosqlite==0.22.1 asyncpg==0.32.0
play <<'PY'
import asyncio
import socket

from lib import error, same
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.ext.asyncio import create_async_engine


async def main():
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    for url, name, wrapped in (
        (f"postgresql+asyncpg://baton:baton@127.0.0.1:{port}/baton", "ConnectionRefusedError", False),
        ("sqlite+aiosqlite:///no-such-folder/baton.db", "OperationalError", True),
    ):
        raised = await error(create_async_engine(url).connect().start())
        same(url.partition(":")[0], type(raised).__name__, name)
        same("  is a SQLAlchemyError", isinstance(raised, SQLAlchemyError), wrapped)


asyncio.run(main())
PY
