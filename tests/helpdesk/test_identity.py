"""What tells one database from another."""

from __future__ import annotations

import os
import sqlite3
import subprocess
import sys
from pathlib import Path

from sqlalchemy import inspect

from baton.settings import CHECKOUT
from helpdesks.database import Database
from helpdesks.embedded import EmbeddedHelpDesk
from helpdesks.engines import parse_url
from helpdesks.firststart import identity_at
from tests.helpdesk.revisions import write_at


async def test_a_database_gets_an_identity_with_its_tables_and_keeps_it(url: str) -> None:
    assert await identity_at(url) is None
    async with EmbeddedHelpDesk.open(url) as desk:
        first = await desk.identity()
    assert len(first) == 16
    async with EmbeddedHelpDesk.open(url) as desk:
        assert await desk.identity() == first
    assert await identity_at(url) == first


async def test_looking_for_an_identity_makes_nothing(url: str) -> None:
    assert await identity_at(url) is None
    database = Database(parse_url(url))
    assert await database.read(lambda connection: inspect(connection).get_table_names()) == []
    await database.close()


async def test_a_database_of_an_earlier_release_gets_one_with_the_upgrade(url: str) -> None:
    await write_at(url, "0007", [])
    assert await identity_at(url) is None
    async with EmbeddedHelpDesk.open(url) as desk:
        assert await desk.identity() == await identity_at(url)


async def test_no_two_databases_have_the_same_but_a_copy_has(tmp_path: Path) -> None:
    found = []
    for name in ("one", "two"):
        async with EmbeddedHelpDesk.open(f"sqlite:///{tmp_path}/{name}.db") as desk:
            found.append(await desk.identity())
    assert found[0] != found[1]
    with sqlite3.connect(tmp_path / "one.db") as one, sqlite3.connect(tmp_path / "copy.db") as copy:
        one.backup(copy)
    assert await identity_at(f"sqlite:///{tmp_path}/copy.db") == found[0]


async def test_the_program_prints_it_and_makes_one_only_if_told_to(url: str, tmp_path: Path) -> None:
    def printed(*arguments: str, database: str = url) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [sys.executable, "-m", "helpdesks", *arguments],
            cwd=CHECKOUT,
            env={**os.environ, "BATON_DATABASE_URL": database},
            capture_output=True,
            text=True,
        )

    assert (printed().returncode, printed().stdout) == (0, "\n")
    made = printed("--make").stdout.strip()
    assert made == printed().stdout.strip() == await identity_at(url)
    wrong = printed("--make", database=f"sqlite:///{tmp_path}/none/baton.db")
    assert (wrong.returncode, wrong.stdout) == (1, "")
    assert f"there is no folder {tmp_path}/none" in wrong.stderr
    assert "Traceback" not in wrong.stderr
