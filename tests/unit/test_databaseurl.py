"""The URL of the database: errors about it never quote it, and it is shown without its password."""

from __future__ import annotations

import asyncio
import os
import sys
from pathlib import Path

import pytest
from click.testing import CliRunner

from baton.cli import baton as program
from baton.databaseurl import mistake_in, parted, shown, sqlite_file
from baton.errors import SettingsError
from baton.settings import CHECKOUT, load_settings
from helpdesks.engines import parse_url
from local.archive import BackupFailed
from local.postgresql import Server

WRONG = [
    "secret",
    "secret://baton@db/x",
    "postgresql:secret",
    "mysql://baton:secret@db/x",
    "postgresql://baton:secret@db:54x/x",
    "postgresql://baton:secret@db:99999/x",
    "postgresql://baton:secret@[::1/x",
    "postgresql://baton:secret@a..b/x",
    f"postgresql://baton:secret@{'a' * 64}/x",
    "postgresql://baton:se@cret@db/x",
    "postgresql://baton:secret/cret@db/x",
    "postgresql://baton:12/secret@db/x",
    "postgresql://baton:12?secret@db/x",
    "postgresql://baton:12#secret@db/x",
    "postgresql://baton:sec#ret@db/x",
    "postgresql://baton:secret%zz@db/x",
    "postgresql://baton:secret%@db/x",
    "postgresql://baton:my secret@db/x",
    "postgresql://baton:secret\n@db/x",
    "postgresql://baton:sécret@db/x",
    "sqlite://baton:secret@db/x",
    "sqlite:///",
]
PARTS = ("secret", "cret", "baton:", "54x", "99999", "aaaa", "[::1", "sec#", "mysql", "sécret")


def quoted(said: str) -> list[str]:
    return [part for part in PARTS if part in said]


@pytest.mark.parametrize("url", WRONG)
def test_a_url_that_is_none_is_one_sentence_that_quotes_nothing_of_it(url: str) -> None:
    mistake = mistake_in(url)
    assert mistake
    assert "\n" not in mistake
    assert quoted(mistake) == []
    with pytest.raises(SettingsError, match=r"^the database URL (cannot be used|names no file): ") as refused:
        parse_url(url)
    assert quoted(str(refused.value)) == []


@pytest.mark.parametrize("url", WRONG)
def test_the_variable_that_holds_it_is_named_and_its_value_is_not(
    monkeypatch: pytest.MonkeyPatch, url: str
) -> None:
    monkeypatch.setenv("BATON_DATABASE_URL", url)
    with pytest.raises(SettingsError, match="The environment variable BATON_DATABASE_URL: ") as refused:
        load_settings()
    assert quoted(str(refused.value).partition("\n")[0]) == []


@pytest.mark.parametrize("command", [["backup", "kept"], ["restore", "kept"], ["up"], ["inbox"]])
def test_every_command_says_it_in_the_same_way(monkeypatch: pytest.MonkeyPatch, command: list[str]) -> None:
    monkeypatch.setenv("BATON_DATABASE_URL", "postgresql://baton:12/secret@db/x")
    result = CliRunner().invoke(program, command)
    assert result.exit_code == 1
    assert "BATON_DATABASE_URL: it is unclear where its password ends" in result.stderr
    assert "%2F" in result.stderr, "what to do is not said"
    assert "secret" not in result.output


async def test_so_does_a_worker(tmp_path: Path) -> None:
    child = await asyncio.create_subprocess_exec(
        sys.executable,
        "worker.py",
        cwd=CHECKOUT,
        env={
            **os.environ,
            "BATON_DATA_DIR": str(tmp_path),
            "BATON_DATABASE_URL": "postgresql://baton:12/secret@db/x",
        },
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
    )
    out, err = await child.communicate()
    assert child.returncode == 1
    assert err.startswith(b"worker: The environment variable BATON_DATABASE_URL: ")
    assert b"secret" not in out + err


@pytest.mark.parametrize(
    ("url", "printed", "without", "password"),
    [
        ("postgresql://", "postgresql://", "postgresql://", ""),
        ("postgresql://db", "postgresql://db", "postgresql://db", ""),
        ("postgresql:///x", "postgresql:///x", "postgresql:///x", ""),
        ("postgresql:///x?host=/tmp/a", "postgresql:///x", "postgresql:///x?host=/tmp/a", ""),
        (
            "postgresql://me:@/x?host=/tmp/a",
            "postgresql://me:***@/x",
            "postgresql://me@/x?host=/tmp/a",
            "",
        ),
        (
            "postgresql://me:p%40:q@db.example.org:5432/x?sslmode=require",
            "postgresql://me:***@db.example.org:5432/x",
            "postgresql://me@db.example.org:5432/x?sslmode=require",
            "p@:q",
        ),
        (
            "postgresql://me@[::1]:5432/x?password=p%40&options=-c%20a%3Db",
            "postgresql://me@[::1]:5432/x",
            "postgresql://me@[::1]:5432/x?options=-c%20a%3Db",
            "p@",
        ),
        ("sqlite:///a b/ü.db", "sqlite:///a b/ü.db", "sqlite:///a b/ü.db", ""),
    ],
)
def test_a_right_url_is_shown_without_its_password_and_parted_from_it(
    url: str, printed: str, without: str, password: str
) -> None:
    assert mistake_in(url) == ""
    assert shown(url) == printed
    if url.startswith("postgresql"):
        assert parted(url) == (without, password)


def test_what_postgresqls_programs_say_is_passed_on_without_what_they_were_given(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A program that prints all that it knows stands in for psql, which quotes what it cannot read."""
    for name in ("psql", "pg_dump"):
        (tmp_path / name).write_text('#!/bin/sh\necho "$0: no database: $@ $PGPASSWORD" >&2\nexit 2\n')
        (tmp_path / name).chmod(0o755)
    monkeypatch.setenv("PATH", f"{tmp_path}{os.pathsep}{os.environ['PATH']}")
    server = Server("postgresql://me:sec%40ret@db/x?password=other&sslmode=require")
    with pytest.raises(BackupFailed, match="no database: ") as asked:
        server.ask("SELECT 1")
    with pytest.raises(BackupFailed, match="no database: ") as dumped:
        server.dump("snapshot", tmp_path / "dump")
    with server.session() as session, pytest.raises(BackupFailed, match="no database: ") as held:
        session.ask("SELECT 1")
    for failed in (asked, dumped, held):
        said = str(failed.value)
        assert "***" in said
        assert [part for part in ("sec@ret", "sec%40ret", "other", "me@db") if part in said] == []


@pytest.mark.parametrize(
    ("url", "file"),
    [
        ("sqlite:////var/lib/baton.db", "/var/lib/baton.db"),
        ("sqlite:////var/lib/baton.db?timeout=5", "/var/lib/baton.db"),
        ("postgresql://db/x", None),
    ],
)
def test_only_a_url_of_sqlite_names_a_file(url: str, file: str | None) -> None:
    assert sqlite_file(url) == (Path(file) if file else None)
