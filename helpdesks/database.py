"""The embedded help desk's connection: SQLite or PostgreSQL, by URL.

All differences between the two are here and nowhere else:

* A writing transaction sees what it bases its decision on. SQLite has one writer at a time, from
  ``BEGIN IMMEDIATE`` on, so that no reader has to become a writer half-way and fail. On PostgreSQL
  transactions name what they must not share (a conversation, a person's load) and hold an advisory lock on it
  until they end.
* Upserts, which both have under different names.
"""

from __future__ import annotations

import asyncio
import sqlite3
from collections.abc import AsyncIterator, Iterable
from contextlib import asynccontextmanager, nullcontext
from hashlib import sha256
from pathlib import Path
from typing import Any

from asyncpg import PostgresError
from sqlalchemy import Connection, Table, event, text
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.engine import URL, make_url
from sqlalchemy.exc import ArgumentError, DBAPIError, InterfaceError, InternalError, OperationalError
from sqlalchemy.exc import TimeoutError as NoFreeConnection
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine, create_async_engine

from baton import databaseurl
from baton.errors import HelpDeskUnavailable, SettingsError
from baton.files import private_database

_DRIVERS = {"sqlite": "aiosqlite", "postgresql": "asyncpg", "postgres": "asyncpg"}
_BUSY_TIMEOUT = (
    10.0  # seconds for which a writer waits for another process; well below an activity's time-out
)
_COMMAND_SECONDS = 30
_LOCK_SECONDS = 15
_READ_ONLY = "baton_read_only"
# What PostgreSQL says when the same statement may succeed later: connection, transaction rollback (deadlock),
# resources, lock not available, operator intervention (restart, cancelled statement), system.
_TRANSIENT_SQLSTATES = ("08", "40", "53", "55", "57", "58")


_NOT_TAKEN = (TypeError, ValueError, OverflowError)
"""How drivers report URL parameters that they do not take; the text may quote the URL."""
_WRONG_PARAMETER = (
    "the database URL has a parameter behind its ? that the database's driver does not take: correct it, or "
    "leave it out"
)


def parse_url(url: str) -> URL:
    """The URL with the driver filled in.

    Raises ``SettingsError``, which quotes nothing of it, for anything but SQLite and PostgreSQL, and for a
    malformed URL.
    """
    scheme, separator, rest = url.partition("://")
    backend, _, driver = scheme.partition("+")
    if not separator or backend not in _DRIVERS or driver not in ("", _DRIVERS[backend]):
        raise SettingsError(f"the database URL cannot be used: {databaseurl.BEGINNING}")
    backend = "postgresql" if backend == "postgres" else backend
    if mistake := databaseurl.mistake_in(f"{backend}://{rest}"):
        raise SettingsError(f"the database URL cannot be used: {mistake}")
    parsed = make_url(f"{backend}+{_DRIVERS[backend]}://{rest}")
    return _sqlite_file(parsed) if backend == "sqlite" else _postgresql(parsed)


def _postgresql(url: URL) -> URL:
    # Hosting companies give out URLs for libpq; asyncpg has the same values under another name.
    if "sslmode" in url.query:
        sslmode = url.query["sslmode"]
        url = url.difference_update_query(["sslmode"]).update_query_dict({"ssl": sslmode})
    return url


def _sqlite_file(url: URL) -> URL:
    if not url.database or url.database == ":memory:":
        raise SettingsError("the database URL names no file: sqlite:/// and a path")
    folder = Path(url.database).absolute().parent
    if not folder.is_dir():
        raise SettingsError(f"the database {url.database} cannot be made: there is no folder {folder}")
    return url if "timeout" in url.query else url.update_query_dict({"timeout": str(_BUSY_TIMEOUT)})


class Database:
    """Transactions on one database, with one kind of error if it cannot be reached.

    Raises ``SettingsError``, also at its first transaction, if the driver does not take a part of the URL.

    Args:
        patient: whether statements may run and wait as long as they need, as in a migration.
    """

    def __init__(self, url: URL, *, patient: bool = False) -> None:
        self.dialect = url.get_backend_name()
        # Every error names it, so it has neither the password nor the query, which may also hold one.
        self.place = (
            f"SQLite file {url.database}"
            if self.dialect == "sqlite"
            else f"PostgreSQL database {url.database} on {url.host or url.query.get('host', 'localhost')}"
        )
        try:
            self.engine = (
                _sqlite_engine(url) if self.dialect == "sqlite" else _postgresql_engine(url, patient=patient)
            )
        except (*_NOT_TAKEN, ArgumentError):
            raise SettingsError(_WRONG_PARAMETER) from None
        # Writers in this process queue here in order; SQLite itself would have them poll, and starve some.
        self._turn = asyncio.Lock() if self.dialect == "sqlite" else nullcontext()

    @asynccontextmanager
    async def writing(self, *locks: str) -> AsyncIterator[AsyncConnection]:
        """A transaction that may write; commits at the end, or leaves no trace if the block raises.

        ``locks`` names what no other writing transaction may change at the same time.
        """
        async with self._turn, self._connected() as connection, connection.begin():
            await self.lock(connection, locks)
            yield connection

    @asynccontextmanager
    async def reading(self) -> AsyncIterator[AsyncConnection]:
        """A transaction that only reads, and never waits for a writer."""
        async with self._connected() as connection:
            await connection.execution_options(**{_READ_ONLY: True})
            async with connection.begin():
                yield connection

    async def lock(self, connection: AsyncConnection, names: Iterable[str]) -> None:
        """Hold these names until the transaction ends. On SQLite the transaction has them already."""
        keys = sorted(_lock_key(name) for name in names)
        if keys and self.dialect == "postgresql":
            await connection.execute(_LOCK, {"keys": keys})

    def insert(self, table: Table) -> Any:
        """An insert that can be continued with ``on_conflict_…``."""
        return postgresql.insert(table) if self.dialect == "postgresql" else sqlite.insert(table)

    @asynccontextmanager
    async def _connected(self) -> AsyncIterator[AsyncConnection]:
        try:
            connection = await self.engine.connect()
        # Until there is a connection, asyncpg's own errors and those of the socket are not wrapped.
        except (DBAPIError, NoFreeConnection, PostgresError, OSError, TimeoutError) as error:
            raise self._unavailable(error) from error
        except _NOT_TAKEN:
            raise SettingsError(_WRONG_PARAMETER) from None
        try:
            try:
                yield connection
            finally:
                await connection.close()
        except DBAPIError as error:
            if _transient(error):
                raise self._unavailable(error) from error
            raise
        except (ConnectionError, TimeoutError, sqlite3.OperationalError) as error:  # not wrapped either
            raise self._unavailable(error) from error

    def _unavailable(self, error: BaseException) -> HelpDeskUnavailable:
        # The driver's message without the statement and its parameters, which hold customers' texts.
        cause = error.orig if isinstance(error, DBAPIError) and error.orig is not None else error
        words = str(cause).strip().splitlines()
        return HelpDeskUnavailable(f"{self.place}: {words[0] if words else type(cause).__name__}")


_LOCK = text("SELECT pg_advisory_xact_lock(key) FROM unnest(CAST(:keys AS bigint[])) AS key")


def _lock_key(name: str) -> int:
    return int.from_bytes(sha256(name.encode()).digest()[:8], signed=True)


def _transient(error: DBAPIError) -> bool:
    if error.connection_invalidated or isinstance(error, OperationalError | InterfaceError):
        return True
    state = getattr(error.orig, "sqlstate", None)
    if state is None:
        return isinstance(error, InternalError)
    return str(state).startswith(_TRANSIENT_SQLSTATES)


def _postgresql_engine(url: URL, *, patient: bool) -> AsyncEngine:
    return create_async_engine(
        url,
        hide_parameters=True,
        pool_size=10,
        max_overflow=10,
        pool_timeout=15,
        pool_recycle=1800,
        connect_args={
            "timeout": 10,
            "command_timeout": None if patient else _COMMAND_SECONDS,
            "server_settings": {
                "application_name": "baton",
                # After waiting for a lock, a statement must see what the previous owner did.
                "default_transaction_isolation": "read committed",
                "lock_timeout": "0" if patient else f"{_LOCK_SECONDS}s",
                # A worker that stalls half-way must not block everybody else.
                "idle_in_transaction_session_timeout": "30s",
            },
        },
    )


def _sqlite_engine(url: URL) -> AsyncEngine:
    if url.database and "uri" not in url.query:
        private_database(Path(url.database))
    # Without an isolation level the driver begins no transaction itself: `begin` below decides how.
    engine = create_async_engine(url, hide_parameters=True, connect_args={"isolation_level": None})

    @event.listens_for(engine.sync_engine, "connect")
    def connect(connection: Any, _record: Any) -> None:
        cursor = connection.cursor()
        # Readers and the writer do not wait for one another.
        cursor.execute("PRAGMA journal_mode = WAL")
        # WAL alone would require less: a commit must survive a power cut, since the bodies of messages
        # are kept nowhere else.
        cursor.execute("PRAGMA synchronous = FULL")
        cursor.execute("PRAGMA foreign_keys = ON")
        cursor.close()

    @event.listens_for(engine.sync_engine, "begin")
    def begin(connection: Connection) -> None:
        read_only = connection.get_execution_options().get(_READ_ONLY)
        statement = "BEGIN" if read_only else "BEGIN IMMEDIATE"
        # Directly to the driver: one turn of its thread instead of the three of SQLAlchemy's cursor.
        adapted: Any = connection.connection.dbapi_connection
        adapted.run_async(lambda driver: driver.execute(statement))

    return engine
