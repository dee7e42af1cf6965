"""The embedded help desk's connection: SQLite or PostgreSQL, by URL.

Transactions are plain functions of a connection, carried out in threads of their own: a database answers
sooner than an event loop comes round, and what reads best is a function that just asks it.

The differences between the two are here, in `helpdesks.engines`, and where each has a statement in its own
words (`helpdesks.upserts`, for one):

* A writing transaction sees what it bases its decision on. SQLite has one writer at a time, from
  ``BEGIN IMMEDIATE`` on, so that no reader has to become a writer half-way and fail; one thread writes for
  the whole process, and commits many transactions at once. On PostgreSQL transactions run side by side. They
  name what they must not share (a conversation, a person's load) and hold an advisory lock on it until they
  end.
"""

from __future__ import annotations

import asyncio
import sqlite3
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Executor, ThreadPoolExecutor
from contextlib import contextmanager
from contextvars import copy_context
from hashlib import sha256
from typing import Any, Protocol, TypeVar

from sqlalchemy import Connection, Engine, text
from sqlalchemy.engine import URL
from sqlalchemy.exc import ArgumentError, DBAPIError, InterfaceError, InternalError, OperationalError
from sqlalchemy.exc import ProgrammingError as NotTaken
from sqlalchemy.exc import TimeoutError as NoFreeConnection

from baton.errors import HelpDeskUnavailable, SettingsError
from helpdesks.engines import READ_ONLY, postgresql_engine, sqlite_engine
from helpdesks.groupcommit import GroupWriter

T = TypeVar("T")

_WRITERS, _READERS = 10, 5
"""Transactions at once. SQLite has one writer."""
# What PostgreSQL says when the same statement may succeed later: connection, transaction rollback (deadlock),
# resources, lock not available, operator intervention (restart, cancelled statement), system.
_TRANSIENT_SQLSTATES = ("08", "40", "53", "55", "57", "58")
_NOT_TAKEN = (TypeError, ValueError, OverflowError, NotTaken)
"""How drivers report URL parameters that they do not take; the text may quote the URL."""
_WRONG_PARAMETER = (
    "the database URL has a parameter behind its ? that the database's driver does not take: correct it, or "
    "leave it out"
)


class _Writer(Protocol):
    def submit(self, work: Callable[[Connection], T], /) -> asyncio.Future[T]: ...

    def close(self) -> None: ...


class Database:
    """Transactions on one database, with one kind of error if it cannot be reached.

    Raises ``SettingsError``, also at its first transaction, if the driver does not take a part of the URL, or
    its file is no database.

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
                sqlite_engine(url)
                if self.dialect == "sqlite"
                else postgresql_engine(url, _WRITERS + _READERS, patient=patient)
            )
        except (*_NOT_TAKEN, ArgumentError):
            raise SettingsError(_WRONG_PARAMETER) from None
        self._reading = self.engine.execution_options(**{READ_ONLY: True})
        self._readers = ThreadPoolExecutor(_READERS, "baton-reader")
        self._writer: _Writer = (
            GroupWriter(lambda: self._connect(self.engine))
            if self.dialect == "sqlite"
            else _SideBySide(lambda work: self._transact(self.engine, work))
        )

    async def write(self, work: Callable[[Connection], T], *locks: str) -> T:
        """Carry out a transaction that may write; it leaves no trace if ``work`` raises.

        The work may be carried out again, if a commit that it shares with others fails. If the caller is
        cancelled, it may be carried out all the same.

        Args:
            locks: names what no other writing transaction may change at the same time.
        """
        context = copy_context()  # of the caller: for meters and spans

        def locked(connection: Connection) -> T:
            lock(connection, locks)
            return context.run(work, connection)

        with self._one_kind_of_error():
            return await self._writer.submit(locked)

    async def read(self, work: Callable[[Connection], T]) -> T:
        """Carry out a transaction that only reads, and never waits for a writer."""
        with self._one_kind_of_error():
            loop = asyncio.get_running_loop()
            return await loop.run_in_executor(self._readers, self._transact, self._reading, work)

    async def close(self) -> None:
        """End its threads and connections, after what they are at."""
        await asyncio.to_thread(self._close)

    def _close(self) -> None:
        self._writer.close()
        self._readers.shutdown()
        self.engine.dispose()

    def _transact(self, engine: Engine, work: Callable[[Connection], T]) -> T:
        with self._connect(engine) as connection, connection.begin():
            return work(connection)

    def _connect(self, engine: Engine) -> Connection:
        try:
            return engine.connect()
        except _NOT_TAKEN:
            raise SettingsError(_WRONG_PARAMETER) from None

    @contextmanager
    def _one_kind_of_error(self) -> Iterator[None]:
        try:
            yield
        except NoFreeConnection as error:
            raise self._unavailable(error) from error
        except DBAPIError as error:
            if _sqlite_code(error) == sqlite3.SQLITE_NOTADB:
                raise SettingsError(
                    f"the {self.place} is no SQLite database, but some other file. Move it away, or name "
                    "another with BATON_DATABASE_URL."
                ) from None
            if _transient(error):
                raise self._unavailable(error) from error
            raise

    def _unavailable(self, error: BaseException) -> HelpDeskUnavailable:
        # The driver's message without the statement and its parameters, which hold customers' texts.
        cause = error.orig if isinstance(error, DBAPIError) and error.orig is not None else error
        words = str(cause).strip().splitlines()
        return HelpDeskUnavailable(f"{self.place}: {words[0] if words else type(cause).__name__}")


class _SideBySide:
    """Writing transactions of which several run at the same time, each in a thread of its own."""

    def __init__(self, transact: Callable[[Callable[[Connection], Any]], Any]) -> None:
        self._transact = transact
        self._threads: Executor = ThreadPoolExecutor(_WRITERS, "baton-writer")

    def submit(self, work: Callable[[Connection], T]) -> asyncio.Future[T]:
        return asyncio.get_running_loop().run_in_executor(self._threads, self._transact, work)

    def close(self) -> None:
        self._threads.shutdown()


_LOCK = text("SELECT pg_advisory_xact_lock(key) FROM unnest(CAST(:keys AS bigint[])) AS key")


def lock(connection: Connection, names: Iterable[str]) -> bool:
    """Hold these names until the transaction ends. False if it had them already, as it does on SQLite."""
    keys = sorted(_lock_key(name) for name in names)
    if not keys or connection.dialect.name == "sqlite":
        return False
    connection.execute(_LOCK, {"keys": keys})
    return True


def _lock_key(name: str) -> int:
    return int.from_bytes(sha256(name.encode()).digest()[:8], signed=True)


def _sqlite_code(error: DBAPIError) -> int | None:
    return getattr(error.orig, "sqlite_errorcode", None)


def _transient(error: DBAPIError) -> bool:
    if _sqlite_code(error) == sqlite3.SQLITE_CORRUPT:
        return True  # whoever puts a good copy in its place lets everything go on
    if error.connection_invalidated or isinstance(error, OperationalError | InterfaceError):
        return True
    state = getattr(error.orig, "sqlstate", None)
    if state is None:
        return isinstance(error, InternalError)
    return str(state).startswith(_TRANSIENT_SQLSTATES)
