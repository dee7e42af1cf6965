"""``baton backup``: saves everything that a stack on this machine keeps in one file, while it runs.

Cases are in two databases, and the copies must fit together. They are taken as a power cut would leave them:

1. Writing to the help desk is blocked. No event can be decided, and no effect carried out.
2. Temporal's database is copied. The help desk has everything that this copy says was decided or written.
3. A snapshot of the help desk's database is opened at that same moment, and writing is allowed again.
4. The snapshot is copied.

So the help desk may be ahead by what was in progress at that moment, and is never behind. A killed worker
leaves the same state, and the keys of events and effects exist to handle it.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Iterator
from contextlib import ExitStack, closing, contextmanager
from datetime import datetime
from pathlib import Path
from shutil import copyfile
from tempfile import TemporaryDirectory
from typing import NamedTuple

import click

from baton.cli.screen import echo
from baton.cli.shared import as_json, count, print_json
from baton.databaseurl import sqlite_file
from baton.settings import Settings, load_settings
from local.archive import (
    DIRECTORY,
    FORMAT,
    POSTGRESQL,
    RULES,
    SQLITE,
    TEMPLATES,
    TEMPORAL,
    BackupFailed,
    Manifest,
    Say,
    keys_named,
    megabytes,
    now,
    own_versions,
    pack,
    steps,
)
from local.child import silent
from local.postgresql import TABLES, Server

LOCK_SECONDS = 30.0
"""How long to wait for a database that somebody is writing to."""
_PAGES = 2000


@click.command("backup")
@click.argument("file", type=click.Path(path_type=Path, dir_okay=False))
@click.option(
    "--data-dir", type=click.Path(path_type=Path, file_okay=False), help="Folder where baton up keeps data."
)
@click.option("--force", is_flag=True, help="Overwrite FILE if it exists.")
@as_json
def command(file: Path, data_dir: Path | None, force: bool, json_: bool) -> None:
    """Keep a copy of everything that baton up keeps: Temporal's database, the help desk's, the rules.

    Nothing has to be stopped; events wait while Temporal's database is copied. FILE holds the texts of
    messages, and is readable by its owner only. The keys of an encryption are not in it.
    """
    settings = load_settings(data_dir=data_dir)
    manifest = make_backup(settings, file, force=force, say=silent if json_ else _say)
    if json_:
        print_json(manifest)
    else:
        size = megabytes(file.stat().st_size)
        echo(f"{file}: {size}, as of {manifest.made_at:%Y-%m-%d %H:%M:%S} UTC")


def _say(line: str) -> None:
    echo(line, err=True)


def make_backup(settings: Settings, file: Path, *, force: bool = False, say: Say = silent) -> Manifest:
    """Write a backup of the stack that ``settings`` describe into ``file``.

    Raises ``BackupFailed`` if there is nothing to back up, or the backup fails; then ``file`` is unchanged.
    """
    if file.exists() and not force:
        raise BackupFailed(f"{file} already exists. Name another file, or overwrite it with --force.")
    if not (settings.data_dir / TEMPORAL).is_file():
        raise BackupFailed(
            f"There is nothing to back up in {settings.data_dir}: it has no {TEMPORAL}. "
            "Name the folder of baton up with --data-dir, or BATON_DATA_DIR."
        )
    versions = own_versions()
    try:
        file.parent.mkdir(parents=True, exist_ok=True)
        with TemporaryDirectory(prefix=".baton-backup-", dir=file.parent) as name:
            folder = Path(name)
            taken = _take(settings, folder, say)
            manifest = Manifest(
                format=FORMAT,
                made_at=taken.at,
                baton=versions.baton,
                temporal=versions.temporal,
                helpdesk="sqlite" if SQLITE in taken.files else "postgresql",
                schema_version=taken.schema,
                task_queue=settings.task_queue,
                keys=keys_named(taken.files[TEMPORAL]),
            )
            documents = {
                RULES: settings.rules_file,
                TEMPLATES: settings.templates_file,
                DIRECTORY: settings.directory_file,
            }
            for document, path in documents.items():
                if path.is_file():
                    taken.files[document] = Path(copyfile(path, folder / document))
            packed = folder / "packed"
            manifest = pack(packed, manifest, taken.files, say)
            packed.replace(file)
    except (OSError, sqlite3.Error) as error:
        raise BackupFailed(f"The backup failed: {error}") from None
    return manifest


class _Taken(NamedTuple):
    """Copies that fit together."""

    files: dict[str, Path]
    at: datetime
    schema: str


def _take(settings: Settings, folder: Path, say: Say) -> _Taken:
    temporal = folder / TEMPORAL
    with ExitStack() as stack:
        say("Holding the help desk …")
        helpdesk: _SQLite | _PostgreSQL
        file = sqlite_file(settings.database_url)
        if file is not None:
            helpdesk = stack.enter_context(_sqlite(file))
        else:
            helpdesk = stack.enter_context(_postgresql(settings.database_url))
        source = settings.data_dir / TEMPORAL
        say(f"Copying Temporal's database ({megabytes(source.stat().st_size)}) …")
        at = now()
        _copy(source, temporal)
        helpdesk.release()
        name, path = helpdesk.copy(folder, say)
    return _Taken({TEMPORAL: temporal, name: path}, at, helpdesk.schema)


def _copy(source: Path, target: Path) -> None:
    """Copy a SQLite database as it is at one moment."""
    with closing(_connected(source)) as connection, closing(sqlite3.connect(target)) as copy:
        # In one step: Temporal's database has no write-ahead log, so a reader makes its writers wait anyway.
        connection.backup(copy)
    check_sqlite(target)


def check_sqlite(path: Path) -> None:
    """Raise ``BackupFailed`` if a SQLite database is damaged."""
    try:
        with closing(sqlite3.connect(path)) as connection:
            said = [row[0] for row in connection.execute("PRAGMA quick_check(3)")]
    except sqlite3.DatabaseError as error:
        said = [str(error)]
    if said != ["ok"]:
        raise BackupFailed(f"{path.name} is damaged: {'; '.join(said)}")


def _connected(path: Path) -> sqlite3.Connection:
    if not path.is_file():
        raise BackupFailed(f"There is no database {path}. The first baton up makes it.")
    return sqlite3.connect(path, timeout=LOCK_SECONDS, isolation_level=None)


class _SQLite:
    """A help desk in a SQLite file; writing to it is blocked until it is released."""

    def __init__(self, looking: sqlite3.Connection, release: Callable[[], object]) -> None:
        self._looking = looking
        self._release = release
        self.schema: str = looking.execute("SELECT version_num FROM alembic_version").fetchone()[0]

    def release(self) -> None:
        self._release()

    def copy(self, folder: Path, say: Say) -> tuple[str, Path]:
        pages = self._looking.execute("PRAGMA page_count").fetchone()[0]
        done = steps(f"Copying the help desk's database ({count(pages, 'page')})", pages, say)
        target = folder / SQLITE
        with closing(sqlite3.connect(target)) as copy:
            # The open transaction is copied, whatever is written meanwhile.
            self._looking.backup(copy, pages=_PAGES, progress=lambda _, left, all_: done(all_ - left))
        check_sqlite(target)
        return SQLITE, target


@contextmanager
def _sqlite(path: Path) -> Iterator[_SQLite]:
    with closing(_connected(path)) as holding, closing(_connected(path)) as looking:
        holding.execute("BEGIN IMMEDIATE")
        looking.execute("BEGIN")
        looking.execute("SELECT count(*) FROM sqlite_master").fetchone()  # from here on it sees this moment
        yield _SQLite(looking, lambda: holding.execute("ROLLBACK"))


class _PostgreSQL:
    """A help desk in PostgreSQL; writing to it is blocked until it is released."""

    def __init__(self, server: Server, snapshot: str, schema: str, release: Callable[[], object]) -> None:
        self._server = server
        self._snapshot = snapshot
        self.schema = schema
        self._release = release

    def release(self) -> None:
        self._release()

    def copy(self, folder: Path, say: Say) -> tuple[str, Path]:
        say("Copying the help desk's database, by pg_dump …")
        target = folder / POSTGRESQL
        self._server.dump(self._snapshot, target)
        return POSTGRESQL, target


# Waits for current writers, and makes later ones wait. Writers lock tables in their own order, so one of them
# may wait for this lock while this waits for that writer: then it releases all tables and begins again.
_LOCK_ALL = """
DO $$
DECLARE
    until timestamptz := clock_timestamp() + {seconds} * interval '1 second';
    patience integer := 100;
BEGIN
    LOOP
        PERFORM set_config('lock_timeout', patience || 'ms', true);
        BEGIN
            LOCK TABLE {tables} IN SHARE MODE;
            RETURN;
        EXCEPTION WHEN lock_not_available OR deadlock_detected THEN
            IF clock_timestamp() > until THEN
                RAISE;
            END IF;
        END;
        PERFORM pg_sleep(0.05);
        patience := least(patience * 2, 5000);
    END LOOP;
END
$$;"""


@contextmanager
def _postgresql(url: str) -> Iterator[_PostgreSQL]:
    server = Server(url)
    tables = server.ask(TABLES)
    if not tables:
        raise BackupFailed("The help desk's database has no tables. The first baton up makes them.")
    with server.session() as holding, server.session() as looking:
        holding.ask("BEGIN;", _LOCK_ALL.format(tables=tables, seconds=LOCK_SECONDS))
        schema = looking.ask(
            "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY;", "SELECT version_num FROM alembic_version;"
        )
        snapshot = looking.ask("SELECT pg_export_snapshot();")
        yield _PostgreSQL(server, snapshot, schema, lambda: holding.ask("ROLLBACK;"))
