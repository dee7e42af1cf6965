"""One committed row for each call: the least that keeping something costs."""

from __future__ import annotations

import asyncio
import json
import sqlite3
import uuid
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, asynccontextmanager
from pathlib import Path
from queue import SimpleQueue
from typing import Any

import psycopg

Row = Callable[[Mapping[str, Any]], Awaitable[None]]
_CONNECTIONS = 10


@asynccontextmanager
async def rows_of(url: str) -> AsyncIterator[Row]:
    """What writes a row into the database at ``url``, and returns once it is committed.

    Args:
        url: ``sqlite:///path`` or ``postgresql://…``, as in Baton's settings.
    """
    file = url.removeprefix("sqlite:///")
    async with _postgresql(url) if file == url else _sqlite(Path(file)) as row:
        yield row


@asynccontextmanager
async def _sqlite(file: Path) -> AsyncIterator[Row]:
    with ThreadPoolExecutor(1) as thread:
        loop = asyncio.get_running_loop()

        def opened() -> sqlite3.Connection:
            connection = sqlite3.connect(file, isolation_level=None)
            connection.execute("PRAGMA journal_mode = WAL")
            connection.execute("PRAGMA synchronous = FULL")  # a commit survives a power cut, as Baton's do
            connection.execute("CREATE TABLE IF NOT EXISTS floor (id TEXT PRIMARY KEY, body TEXT NOT NULL)")
            return connection

        connection = await loop.run_in_executor(thread, opened)

        def insert(body: Mapping[str, Any]) -> None:
            connection.execute("INSERT INTO floor VALUES (?, ?)", (str(uuid.uuid4()), json.dumps(body)))

        async def row(body: Mapping[str, Any]) -> None:
            await loop.run_in_executor(thread, insert, body)

        try:
            yield row
        finally:
            await loop.run_in_executor(thread, connection.close)


@asynccontextmanager
async def _postgresql(url: str) -> AsyncIterator[Row]:
    loop = asyncio.get_running_loop()
    with ExitStack() as open_ones, ThreadPoolExecutor(_CONNECTIONS) as threads:
        idle: SimpleQueue[psycopg.Connection[Any]] = SimpleQueue()
        for _ in range(_CONNECTIONS):
            idle.put(open_ones.enter_context(psycopg.connect(url, autocommit=True)))

        def insert(body: Mapping[str, Any]) -> None:
            connection = idle.get()
            connection.execute("INSERT INTO floor VALUES (%s, %s)", (str(uuid.uuid4()), json.dumps(body)))
            idle.put(connection)

        async def row(body: Mapping[str, Any]) -> None:
            await loop.run_in_executor(threads, insert, body)

        connection = idle.get()
        connection.execute("CREATE TABLE IF NOT EXISTS floor (id TEXT PRIMARY KEY, body TEXT NOT NULL)")
        idle.put(connection)
        yield row
