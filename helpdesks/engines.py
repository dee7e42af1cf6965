"""How SQLite and PostgreSQL are opened: by URL, each as Baton needs it."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from sqlalchemy import Connection, Engine, create_engine, event
from sqlalchemy.engine import URL, make_url

from baton import databaseurl
from baton.errors import SettingsError
from baton.files import private_database

READ_ONLY = "baton_read_only"
"""The execution option of a transaction that only reads."""

_DRIVERS = {"sqlite": "pysqlite", "postgresql": "psycopg", "postgres": "psycopg"}
# Earlier releases took these names in a URL, and settings may still have them.
_FORMER_DRIVERS = {"sqlite": "aiosqlite", "postgresql": "asyncpg", "postgres": "asyncpg"}
_BUSY_TIMEOUT = (
    10.0  # seconds for which a writer waits for another process; well below an activity's time-out
)
_CONNECT_SECONDS = 10
_STATEMENT_SECONDS = 30
_LOCK_SECONDS = 15
_SILENT_SECONDS = 30
"""After this time a connection whose other end no longer answers is given up, whatever waits for it."""


def parse_url(url: str) -> URL:
    """The URL with the driver filled in.

    Raises ``SettingsError``, which quotes nothing of it, for anything but SQLite and PostgreSQL, and for a
    malformed URL.
    """
    scheme, separator, rest = url.partition("://")
    backend, _, driver = scheme.partition("+")
    drivers = ("", _DRIVERS.get(backend), _FORMER_DRIVERS.get(backend))
    if not separator or backend not in _DRIVERS or driver not in drivers:
        raise SettingsError(f"the database URL cannot be used: {databaseurl.BEGINNING}")
    backend = "postgresql" if backend == "postgres" else backend
    if mistake := databaseurl.mistake_in(f"{backend}://{rest}"):
        raise SettingsError(f"the database URL cannot be used: {mistake}")
    parsed = make_url(f"{backend}+{_DRIVERS[backend]}://{rest}")
    return _sqlite_file(parsed) if backend == "sqlite" else _postgresql(parsed)


def _postgresql(url: URL) -> URL:
    # Earlier releases took this name, too, for what libpq calls sslmode.
    if "ssl" in url.query:
        ssl = url.query["ssl"]
        url = url.difference_update_query(["ssl"]).update_query_dict({"sslmode": ssl})
    return url


def _sqlite_file(url: URL) -> URL:
    if not url.database or url.database == ":memory:":
        raise SettingsError("the database URL names no file: sqlite:/// and a path")
    folder = Path(url.database).absolute().parent
    if not folder.is_dir():
        raise SettingsError(f"the database {url.database} cannot be made: there is no folder {folder}")
    return url if "timeout" in url.query else url.update_query_dict({"timeout": str(_BUSY_TIMEOUT)})


def postgresql_engine(url: URL, connections: int, *, patient: bool) -> Engine:
    """An engine with at most so many connections.

    Args:
        patient: whether statements may run and wait as long as they need.
    """
    session = {
        # After waiting for a lock, a statement must see what the previous owner did.
        "default_transaction_isolation": r"read\ committed",
        "lock_timeout": "0" if patient else f"{_LOCK_SECONDS}s",
        "statement_timeout": "0" if patient else f"{_STATEMENT_SECONDS}s",
        # A worker that stalls half-way must not block everybody else.
        "idle_in_transaction_session_timeout": "30s",
    }
    settings = " ".join(f"-c {name}={value}" for name, value in session.items())
    given = url.query.get("options", "")
    defaults = {
        "application_name": "baton",
        "connect_timeout": _CONNECT_SECONDS,
        # A thread waits for each answer. If the other end vanishes, nothing but this ends the wait.
        "keepalives_idle": _SILENT_SECONDS // 3,
        "keepalives_interval": _SILENT_SECONDS // 6,
        "keepalives_count": 4,
        "tcp_user_timeout": _SILENT_SECONDS * 1000,
    }
    return create_engine(
        url,
        hide_parameters=True,
        pool_size=connections,
        max_overflow=0,
        pool_timeout=15,
        pool_recycle=1800,
        connect_args={
            **{name: value for name, value in defaults.items() if name not in url.query},
            "options": f"{given if isinstance(given, str) else ' '.join(given)} {settings}".strip(),
        },
    )


def sqlite_engine(url: URL) -> Engine:
    """An engine whose transactions begin as what they are, reading or writing."""
    if url.database and "uri" not in url.query:
        private_database(Path(url.database))
    # Without an isolation level the driver begins no transaction itself: `begin` below decides how.
    engine = create_engine(url, hide_parameters=True, connect_args={"isolation_level": None})

    @event.listens_for(engine, "connect")
    def connect(connection: Any, _record: Any) -> None:
        cursor = connection.cursor()
        # Readers and the writer do not wait for one another.
        cursor.execute("PRAGMA journal_mode = WAL")
        # WAL alone would require less: a commit must survive a power cut, since the bodies of messages
        # are kept nowhere else.
        cursor.execute("PRAGMA synchronous = FULL")
        cursor.execute("PRAGMA foreign_keys = ON")
        cursor.close()

    @event.listens_for(engine, "begin")
    def begin(connection: Connection) -> None:
        read_only = connection.get_execution_options().get(READ_ONLY)
        connection.exec_driver_sql("BEGIN" if read_only else "BEGIN IMMEDIATE")

    return engine
