"""PostgreSQL's own tools, for backups: ``psql``, ``pg_dump`` and ``pg_restore``.

A library would have to be told about every table; these tools know what is there, and an administrator has
them anyway.
"""

from __future__ import annotations

import os
import shutil
import subprocess
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path

from baton.databaseurl import MASK, parted
from local.archive import BackupFailed

_READY = "--ready--"


class Server:
    """A database on a PostgreSQL server."""

    def __init__(self, url: str) -> None:
        # The password goes into the environment, where other users of this machine do not see it.
        self._url, self._password = parted(url)
        self._environment = {**os.environ, **({"PGPASSWORD": self._password} if self._password else {})}

    def ask(self, query: str) -> str:
        """The answer to a query, as text. Raises ``BackupFailed``."""
        return self._run("psql", *_QUIET, "--command", query, "--dbname", self._url).strip()

    @contextmanager
    def session(self) -> Iterator[Session]:
        """A connection that stays open, and so does its transaction."""
        program = _program("psql")
        with subprocess.Popen(
            [program, *_QUIET, "--dbname", self._url],
            env=self._environment,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        ) as process:
            try:
                yield Session(process, self._unquoted)
            finally:
                process.kill()  # ends its transaction, too
                assert process.stdin is not None
                with suppress(BrokenPipeError):  # what it did not live to read
                    process.stdin.close()

    def dump(self, snapshot: str, file: Path) -> None:
        """Write the database, as a transaction sees it, into a file. Raises ``BackupFailed``."""
        options = ("--format=custom", "--no-owner", "--no-privileges", f"--snapshot={snapshot}")
        self._run("pg_dump", *options, f"--file={file}", "--dbname", self._url)

    def restore(self, file: Path, *, clean: bool) -> None:
        """Restore the database from the file, all of it or nothing. Raises ``BackupFailed``.

        Args:
            clean: remove its tables first.
        """
        options = ["--no-owner", "--no-privileges", "--single-transaction", "--exit-on-error"]
        options += ["--clean", "--if-exists"] if clean else []
        self._run("pg_restore", *options, "--dbname", self._url, str(file))

    def _run(self, program: str, *arguments: str) -> str:
        done = subprocess.run(
            [_program(program), *arguments], env=self._environment, capture_output=True, text=True
        )
        if done.returncode:
            said = self._unquoted(done.stderr.strip())
            raise BackupFailed(f"{program}: {said or f'exit code {done.returncode}'}")
        return done.stdout

    def _unquoted(self, said: str) -> str:
        """What a program said, which may quote what it was given."""
        for secret in (self._url, self._password):
            said = said.replace(secret, MASK) if secret else said
        return said


class Session:
    """One connection to PostgreSQL."""

    def __init__(self, process: subprocess.Popen[str], unquoted: Callable[[str], str]) -> None:
        self._process = process
        self._unquoted = unquoted

    def ask(self, *statements: str) -> str:
        """Run statements; returns what they say, line by line. Raises ``BackupFailed``."""
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        try:
            self._process.stdin.write("\n".join([*statements, f"\\echo {_READY}", ""]))
            self._process.stdin.flush()
        except BrokenPipeError:
            pass  # its output says why
        lines: list[str] = []
        for line in self._process.stdout:
            if line.strip() == _READY:
                return "\n".join(lines)
            lines.append(line.rstrip())
        raise BackupFailed("psql: " + (self._unquoted(" ".join(lines)) or "it ended by itself"))


_QUIET: Sequence[str] = ("--no-psqlrc", "--quiet", "--tuples-only", "--no-align", "--set=ON_ERROR_STOP=1")
TABLES = "SELECT string_agg(quote_ident(tablename), ', ') FROM pg_tables WHERE schemaname = current_schema()"
"""The tables of the help desk, as a list for a statement; empty where there are none."""


def _program(name: str) -> str:
    found = shutil.which(name)
    if found is None:
        raise BackupFailed(
            f"The help desk is kept in PostgreSQL, and its program {name!r} is not on the PATH. Install the "
            "client programs of PostgreSQL, in the server's version or a later one."
        )
    return found
