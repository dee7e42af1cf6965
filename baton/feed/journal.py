"""The journal of a feed: the result of each line, so that an interrupted feed can continue.

A SQLite file. Results become durable at the next ``flush``. An answer lost before that does no harm, because
Baton recognises an event by its ID.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Self

from baton.errors import BatonError
from baton.feed.lines import Line
from baton.feed.results import ANSWERED, LineVerdict, Result
from baton.files import private_database

APPLICATION_ID = 0x6261746F  # "bato": distinguishes a journal from any other SQLite file
TEMPORARY = Path()
FLUSH_AT = 500


class JournalError(BatonError):
    """The journal cannot be used, or belongs to another feed."""


class Journal:
    """Results by line number. Open for one process at a time; made by `Journal.open`."""

    def __init__(self, path: Path, database: sqlite3.Connection) -> None:
        self.path = path
        self._database = database
        self._noted: list[tuple[int, bytes, str, str, str]] = []
        self._anything_to_find = False

    @classmethod
    @contextmanager
    def open(cls, path: Path, target: str) -> Iterator[Self]:
        """Open the journal, or create it; with ``TEMPORARY``, one that is deleted when it is closed. Results
        not flushed by then are lost.

        Args:
            target: identifies the server that the lines are sent to. A journal serves one target.

        Raises:
            JournalError: the file is something else, in use, or belongs to another target.
        """
        if path != TEMPORARY:
            private_database(path)  # the reasons for refusals may quote events
        with _said(path):
            database = sqlite3.connect("" if path == TEMPORARY else path, timeout=0, isolation_level=None)
        try:
            journal = cls(path, database)
            with _said(path):
                journal._begin(target)
            yield journal
        finally:
            database.close()

    def find(self, line: Line) -> Result | None:
        """What an earlier run recorded about this line, if its text was the same then."""
        if not self._anything_to_find or line.too_long:
            return None
        with _said(self.path):
            row = self._database.execute(
                "SELECT verdict, type, reason FROM results WHERE line = ? AND digest = ?",
                (line.number, line.digest),
            ).fetchone()
        return Result(LineVerdict(row[0]), row[1], row[2]) if row else None

    def note(self, line: Line, result: Result) -> None:
        """Note the result of a line, if it is final. Notes it first, then may raise ``JournalError``."""
        if result.verdict in ANSWERED:
            self._noted.append((line.number, line.digest, result.verdict, result.type, result.reason))
            if len(self._noted) >= FLUSH_AT:
                self.flush()

    def flush(self) -> None:
        """Make the noted results durable. Raises ``JournalError`` if that fails; it may be tried again."""
        if not self._noted:
            return
        with _said(self.path):
            try:
                self._database.execute("BEGIN")
                self._database.executemany(
                    "INSERT OR REPLACE INTO results VALUES (?, ?, ?, ?, ?)", self._noted
                )
                self._database.execute("COMMIT")
            except BaseException:
                if self._database.in_transaction:  # SQLite rolls back by itself on some errors
                    self._database.execute("ROLLBACK")
                raise
        self._noted.clear()

    def _begin(self, target: str) -> None:
        run = self._database.execute
        run("PRAGMA locking_mode = EXCLUSIVE")
        (application,) = run("PRAGMA application_id").fetchone()
        if application != APPLICATION_ID and run("SELECT 1 FROM sqlite_schema").fetchone():
            raise JournalError(f"{self.path} is not the journal of a feed. Name another file with --journal.")
        run("PRAGMA journal_mode = WAL")
        run("PRAGMA synchronous = NORMAL")
        run("BEGIN EXCLUSIVE")
        run(f"PRAGMA application_id = {APPLICATION_ID}")
        run("CREATE TABLE IF NOT EXISTS target (id TEXT NOT NULL)")
        run(
            "CREATE TABLE IF NOT EXISTS results (line INTEGER PRIMARY KEY, digest BLOB NOT NULL, "
            "verdict TEXT NOT NULL, type TEXT NOT NULL, reason TEXT NOT NULL)"
        )
        known = run("SELECT id FROM target").fetchone()
        if known is None:
            run("INSERT INTO target VALUES (?)", (target,))
        elif known[0] != target:
            raise JournalError(
                f"{self.path} records what was sent to another server or namespace (or to one whose database "
                "was deleted since). Name another journal with --journal, or delete this one to send "
                "everything again."
            )
        run("COMMIT")
        self._anything_to_find = run("SELECT 1 FROM results LIMIT 1").fetchone() is not None


@contextmanager
def _said(path: Path) -> Iterator[None]:
    """Turn SQLite's errors into messages that say what to do."""
    try:
        yield
    except sqlite3.Error as error:
        what = f"The journal {path} cannot be used: {error}."
        if "locked" in str(error):
            what += " Is another feed using it?"
        raise JournalError(f"{what} Another can be named with --journal.") from None
