"""Many transactions in one commit: each is as safe, and as much by itself, as if it were alone."""

from __future__ import annotations

import asyncio
import sqlite3
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from threading import Event
from typing import TypeVar

import pytest
from sqlalchemy import Connection, event, select

from baton.errors import HelpDeskUnavailable
from helpdesks import groupcommit
from helpdesks.database import Database
from helpdesks.engines import parse_url
from helpdesks.schema import blocked_customers, metadata

T = TypeVar("T")


class Watched(Database):
    """A database that counts its commits."""

    def __init__(self, path: Path) -> None:
        super().__init__(parse_url(f"sqlite:///{path}"))
        self.commits = 0
        event.listen(self.engine, "commit", self._count)

    def _count(self, _: Connection) -> None:
        self.commits += 1

    @asynccontextmanager
    async def busy(self) -> AsyncIterator[None]:
        """The writer is at something for the duration of the block, so that whatever comes has to wait."""
        begun, go_on = Event(), Event()

        def work(_: Connection) -> None:
            begun.set()
            go_on.wait()

        task = asyncio.ensure_future(self.write(work))
        await asyncio.to_thread(begun.wait)
        self.commits = 0
        try:
            yield
            await asyncio.sleep(0)  # what the block has begun is submitted when the loop comes round
        finally:
            go_on.set()
        await task

    async def together(self, *work: Callable[[Connection], T]) -> list[T | BaseException]:
        """Carry all of it out in as few groups as possible."""
        async with self.busy():
            tasks = [asyncio.ensure_future(self.write(one)) for one in work]
        return await asyncio.gather(*tasks, return_exceptions=True)


@pytest.fixture
async def database(tmp_path: Path) -> AsyncIterator[Watched]:
    opened = Watched(tmp_path / "baton.db")
    await opened.write(metadata.create_all)
    yield opened
    await opened.close()


def block(customer: str) -> Callable[[Connection], str]:
    def work(connection: Connection) -> str:
        connection.execute(blocked_customers.insert(), {"customer": customer})
        return customer

    return work


async def blocked(database: Database) -> list[str]:
    return await database.read(lambda connection: list(connection.scalars(select(blocked_customers))))


async def test_what_waits_is_committed_at_once_and_each_gets_its_own_answer(database: Watched) -> None:
    names = [f"customer-{number:02}" for number in range(groupcommit.MOST)]
    assert await database.together(*map(block, names)) == names
    assert database.commits == 2, "one for what all waited for, and one for all of them"
    assert sorted(await blocked(database)) == names


async def test_a_group_has_an_end(database: Watched) -> None:
    """Otherwise the first of many would wait for the last."""
    names = [f"customer-{number:03}" for number in range(2 * groupcommit.MOST + 1)]
    assert await database.together(*map(block, names)) == names
    assert database.commits == 4


async def test_one_that_fails_leaves_no_trace_and_its_neighbours_do_not_notice(database: Watched) -> None:
    def fails(connection: Connection) -> str:
        block("nobody")(connection)
        raise LookupError("half-way")

    first, failed, last = await database.together(block("anna"), fails, block("boris"))
    assert (first, last) == ("anna", "boris")
    assert isinstance(failed, LookupError)
    assert database.commits == 2, "nothing was done again for it"
    assert await blocked(database) == ["anna", "boris"]


async def test_a_mistake_in_a_statement_fails_its_own_work_only(database: Watched) -> None:
    twice = await database.together(block("anna"), block("anna"), block("boris"))
    assert [type(one).__name__ for one in twice] == ["str", "IntegrityError", "str"]
    assert await blocked(database) == ["anna", "boris"]


async def test_each_sees_what_those_before_it_did(database: Watched) -> None:
    def count(connection: Connection) -> str:
        return ",".join(connection.scalars(select(blocked_customers)))

    assert await database.together(block("anna"), count, block("boris"), count) == [
        *("anna", "anna"),
        *("boris", "anna,boris"),
    ]


async def test_a_commit_that_fails_is_made_again_for_each_by_itself(database: Watched) -> None:
    failing = True

    @event.listens_for(database.engine, "commit")
    def commit(connection: Connection) -> None:
        nonlocal failing
        if failing and _rows(connection) > 1:
            failing = False
            raise sqlite3.OperationalError("disk I/O error")

    assert await database.together(block("anna"), block("boris")) == ["anna", "boris"]
    assert not failing
    assert await blocked(database) == ["anna", "boris"]


def _rows(connection: Connection) -> int:
    return len(list(connection.scalars(select(blocked_customers))))


async def test_a_full_disk_fails_only_what_has_no_room(database: Watched) -> None:
    """SQLite then gives up the whole transaction, with what others have done in it."""
    pages = await database.read(
        lambda connection: connection.exec_driver_sql("PRAGMA page_count").scalar_one()
    )

    @event.listens_for(database.engine, "begin")
    def limit(connection: Connection) -> None:
        connection.exec_driver_sql(f"PRAGMA max_page_count = {pages + 3}")

    small, large, last = await database.together(block("anna"), block("long" * 100_000), block("boris"))
    assert (small, last) == ("anna", "boris")
    assert isinstance(large, HelpDeskUnavailable)
    assert "database or disk is full" in str(large)
    assert await blocked(database) == ["anna", "boris"]


async def test_a_connection_that_cannot_even_be_closed_stops_nobody(
    database: Watched, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(_: Connection) -> str:
        raise LookupError("half-way")

    def close(_: Connection) -> None:
        raise sqlite3.OperationalError("disk I/O error")

    with monkeypatch.context() as patched:
        patched.setattr(Connection, "close", close)
        with pytest.raises(LookupError):
            await database.write(broken)
    assert await database.write(block("anna")) == "anna"
    assert await blocked(database) == ["anna"]


async def test_whoever_is_cancelled_before_its_turn_is_left_out(database: Watched) -> None:
    async with database.busy():
        task = asyncio.ensure_future(database.write(block("anna")))
        await asyncio.sleep(0)
        task.cancel()
    await database.write(block("boris"))
    assert database.commits == 2, "nothing is opened for whoever was left out"
    assert await blocked(database) == ["boris"]


async def test_what_was_submitted_is_carried_out_before_the_end(tmp_path: Path) -> None:
    path = tmp_path / "baton.db"
    database = Watched(path)
    await database.write(metadata.create_all)
    names = [f"customer-{number}" for number in range(200)]
    waiting = [asyncio.ensure_future(database.write(block(name))) for name in names]
    await asyncio.sleep(0)
    await database.close()
    assert await asyncio.gather(*waiting) == names
