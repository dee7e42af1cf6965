"""What Baton writes is for its owner only: texts of customers, keys, tokens."""

from __future__ import annotations

import os
import sqlite3
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

import worker
from baton.errors import SettingsError
from baton.files import private, private_database
from baton.settings import CHECKOUT, load_settings
from baton.temporal.process import showing_life
from gateway.__main__ import read_token
from helpdesks.embedded import EmbeddedHelpDesk
from lab.rig import eventually
from local.machine import data_folder


def mode(path: Path) -> int:
    return path.stat().st_mode & 0o777


@pytest.fixture(autouse=True)
def generous() -> Iterator[None]:
    """A process that hides nothing by itself."""
    before = os.umask(0)
    yield
    os.umask(before)


async def test_the_help_desks_database_and_what_sqlite_puts_beside_it_are_for_the_owner(
    tmp_path: Path,
) -> None:
    async with EmbeddedHelpDesk.open(f"sqlite:///{tmp_path}/baton.db"):
        modes = {path.name: mode(path) for path in tmp_path.iterdir()}
    assert modes == {"baton.db": 0o600, "baton.db-wal": 0o600, "baton.db-shm": 0o600}


def test_a_database_that_is_in_use_is_not_touched(tmp_path: Path) -> None:
    """To open and close a file drops all locks that this process holds on it.

    The next process that closes the database then believes to be the last, and deletes the write-ahead log.
    """
    path = tmp_path / "baton.db"

    def elsewhere(statement: str) -> str:
        program = (
            f"import sqlite3; db = sqlite3.connect({str(path)!r}); "
            f"print(db.execute({statement!r}).fetchall()); db.close()"
        )
        return subprocess.check_output([sys.executable, "-c", program], text=True).strip()

    private_database(path)
    ours = sqlite3.connect(path, isolation_level=None)
    ours.execute("PRAGMA journal_mode = WAL")
    ours.execute("CREATE TABLE words (word)")
    private_database(path)
    assert elsewhere("SELECT word FROM words") == "[]"
    ours.execute("INSERT INTO words VALUES ('kept')")
    assert elsewhere("SELECT word FROM words") == "[('kept',)]"
    ours.close()


def test_a_worker_that_is_started_by_itself_makes_the_data_folder_as_baton_up_does(tmp_path: Path) -> None:
    settings = load_settings(data_dir=tmp_path / "worker")
    worker._make_data_folder(settings)
    with data_folder(tmp_path / "up"):
        assert [mode(tmp_path / name) for name in ("worker", "up")] == [0o700, 0o700]
        assert mode(tmp_path / "up/lock") == 0o600


def test_a_data_folder_that_cannot_be_made_is_named_with_its_setting(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(SettingsError, match=r"file/data cannot be made \(Not a directory\).*BATON_DATA_DIR"):
        worker._make_data_folder(load_settings(data_dir=tmp_path / "file/data"))


def test_what_is_there_already_keeps_its_rights(tmp_path: Path) -> None:
    path = tmp_path / "baton.db"
    path.touch()
    path.chmod(0o640)
    private_database(path)
    with open(path, "ab", opener=private):
        assert mode(path) == 0o640


# --- A full disk ----------------------------------------------------------------------------------


def test_a_data_folder_on_a_full_disk_is_only_without_the_note_who_has_it(tmp_path: Path) -> None:
    (tmp_path / "lock").symlink_to("/dev/full")
    with data_folder(tmp_path) as lock:
        assert not lock.closed


def test_half_a_token_is_not_left_behind(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def on_a_full_disk(path: str, flags: int) -> int:
        os.close(private(path, flags))
        return os.open("/dev/full", os.O_WRONLY)

    with monkeypatch.context() as full:
        full.setattr("gateway.__main__.private", on_a_full_disk)
        with pytest.raises(SettingsError, match="No space left on device"):
            read_token(tmp_path / "token")
    assert len(read_token(tmp_path / "token")) >= 40
    assert mode(tmp_path / "token") == 0o600


def test_a_process_that_cannot_say_that_it_is_ready_goes_on() -> None:
    script = """
from baton.temporal.ending import leave
from baton.temporal.process import tell
tell('worker ready')
leave(7)
"""
    with Path("/dev/full").open("w") as full:
        done = subprocess.run([sys.executable, "-c", script], stdout=full, cwd=CHECKOUT, check=False)
    assert done.returncode == 7


async def test_a_sign_of_life_that_cannot_be_given_is_named_at_the_start_and_harmless_later(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = tmp_path / "run/alive"
    with pytest.raises(SettingsError, match="BATON_ALIVE_FILE"):
        async with showing_life(file):
            pytest.fail("it started")
    file.parent.mkdir()
    missed = 0
    touch = Path.touch

    def counted(self: Path) -> None:
        nonlocal missed
        missed += not self.parent.exists()
        touch(self)

    async def has_missed() -> bool:
        return missed > 0

    async def beats() -> bool:
        return file.exists()

    monkeypatch.setattr(Path, "touch", counted)
    monkeypatch.setattr("baton.temporal.process.BEAT_SECONDS", 0.001)
    async with showing_life(file):
        file.unlink()
        file.parent.rmdir()
        await eventually(has_missed, "it did not try")
        file.parent.mkdir()
        await eventually(beats, "it gave up")
