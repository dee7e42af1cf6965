"""``baton restore``: restores a stack on this machine from a backup."""

from __future__ import annotations

from collections.abc import Set
from contextlib import suppress
from pathlib import Path
from shutil import move
from tempfile import TemporaryDirectory

import click

from baton.cli.screen import echo
from baton.databaseurl import sqlite_file
from baton.files import private_folder
from baton.settings import CHECKOUT, Settings, load_settings
from baton.temporal.keys import name_of, read_keys
from local.archive import (
    DIRECTORY,
    DOCUMENTS,
    POSTGRESQL,
    RULES,
    SQLITE,
    TEMPLATES,
    TEMPORAL,
    BackupFailed,
    Manifest,
    Say,
    digest,
    newer,
    now,
    opened,
    own_versions,
    unpack,
)
from local.backup import check_sqlite
from local.machine import data_folder
from local.postgresql import TABLES, Server

DOCUMENT_FOLDER = "from-backup"
"""The folder in the data folder for the rules, templates and directory of the backup."""
_ENDINGS = ("", "-wal", "-shm", "-journal")
"""What a SQLite database consists of."""


@click.command("restore")
@click.argument("file", type=click.Path(path_type=Path, dir_okay=False))
@click.option(
    "--data-dir", type=click.Path(path_type=Path, file_okay=False), help="Folder where baton up keeps data."
)
@click.option("--force", is_flag=True, help="Restore even if there is data already; it is put aside.")
@click.option("--check", "only_check", is_flag=True, help="Only check that FILE is whole and fits.")
def command(file: Path, data_dir: Path | None, force: bool, only_check: bool) -> None:
    """Put everything in a backup where the next baton up finds it.

    The stack must be stopped, and the data folder empty. The rules, templates and the directory file are put
    beside the databases, in the folder from-backup; the settings still say which ones are in force.
    """
    settings = load_settings(data_dir=data_dir)
    if only_check:
        manifest = check_backup(settings, file, say=_say)
        echo(f"{file} is whole, and fits. It is as of {manifest.made_at:%Y-%m-%d %H:%M:%S} UTC.")
        return
    keys = _own_keys(settings)  # a mistake in them is reported before anything is changed
    manifest = restore(settings, file, force=force, say=_say)
    echo(f"Restored into {settings.data_dir}, as of {manifest.made_at:%Y-%m-%d %H:%M:%S} UTC.")
    for line in _differences(settings, manifest, keys):
        echo(line)


def _say(line: str) -> None:
    echo(line, err=True)


def check_backup(settings: Settings, file: Path, say: Say) -> Manifest:
    """Unpack a backup only to check it. Raises ``BackupFailed`` if it is damaged, or does not fit."""
    with opened(file) as (tar, manifest), TemporaryDirectory(prefix="baton-check-") as name:
        _require_fitting(manifest, settings)
        _check(unpack(tar, manifest, Path(name), say))
    return manifest


def restore(settings: Settings, file: Path, *, force: bool, say: Say) -> Manifest:
    """Restore the stack that ``settings`` describe from the backup.

    Raises ``StackFailed`` if it is running, and ``BackupFailed`` if the backup is damaged, does not fit, or
    there is something already. Nothing has been changed then.
    """
    with opened(file) as (tar, manifest):
        _require_fitting(manifest, settings)
        # Unpack into the same folder, so that files can be moved, and before anything is changed.
        with (
            data_folder(settings.data_dir),
            TemporaryDirectory(prefix=".restoring-", dir=settings.data_dir) as name,
        ):
            present = _present(settings)
            if present and not force:
                raise BackupFailed(
                    f"There is something already: {', '.join(map(str, present))}. Choose another folder "
                    "with --data-dir, or put it aside with --force."
                )
            postgresql = _require_empty(settings, force) if POSTGRESQL in manifest.members else None
            files = unpack(tar, manifest, Path(name), say)
            _check(files)
            if postgresql is not None:
                say("Restoring the help desk's database, by pg_restore …")
                postgresql.restore(files[POSTGRESQL], clean=force)
            _put_aside(settings, present, say)
            _put_in_place(settings, files)
    return manifest


def _require_fitting(manifest: Manifest, settings: Settings) -> None:
    """Raise ``BackupFailed`` if what is installed here is too old for the backup, or of a different kind."""
    own = own_versions()
    for what, theirs, ours in (
        ("Baton", manifest.baton, own.baton),
        ("Temporal's server", manifest.temporal, own.temporal),
    ):
        if newer(theirs, ours):
            raise BackupFailed(
                f"The backup is of {what} {theirs}, and here it is {ours}: a database cannot be downgraded. "
                "Install that release, or a later one."
            )
    revisions = CHECKOUT / "helpdesks/migrations/versions"
    if not list(revisions.glob(f"r{manifest.schema_version}_*.py")):
        raise BackupFailed(
            f"The tables of the backup are of revision {manifest.schema_version}, which this release does "
            "not know. Install the release that made the backup, or a later one."
        )
    here = "postgresql" if sqlite_file(settings.database_url) is None else "sqlite"
    if here != manifest.helpdesk:
        wanted = "sqlite:///FILE, or unset" if manifest.helpdesk == "sqlite" else "postgresql://…"
        raise BackupFailed(
            f"The help desk of the backup is kept in {manifest.helpdesk}, and here it is {here}. "
            f"Set BATON_DATABASE_URL: {wanted}."
        )


def _check(files: dict[str, Path]) -> None:
    for name in (TEMPORAL, SQLITE):
        if name in files:
            check_sqlite(files[name])


def _present(settings: Settings) -> list[Path]:
    """Existing files that a restore would overwrite, or mix with."""
    databases = [settings.data_dir / TEMPORAL, sqlite_file(settings.database_url)]
    parts = [one.with_name(one.name + end) for one in databases if one is not None for end in _ENDINGS]
    return [path for path in (*parts, settings.data_dir / DOCUMENT_FOLDER) if path.exists()]


def _require_empty(settings: Settings, force: bool) -> Server:
    server = Server(settings.database_url)
    if server.ask(TABLES) and not force:
        raise BackupFailed(
            f"The database {settings.database_shown} has tables already. Choose an empty one with "
            "BATON_DATABASE_URL, or have them replaced with --force."
        )
    return server


def _put_aside(settings: Settings, present: list[Path], say: Say) -> None:
    if not present:
        return
    aside = settings.data_dir / f"replaced-{now():%Y%m%d-%H%M%S}"
    private_folder(aside)
    for path in present:
        move(path, aside / path.name)  # the help desk's file may be on another disk
    say(f"What was there is in {aside}.")


def _put_in_place(settings: Settings, files: dict[str, Path]) -> None:
    places = {TEMPORAL: settings.data_dir / TEMPORAL}
    database = sqlite_file(settings.database_url)
    if database is not None:
        places[SQLITE] = database
    folder = settings.data_dir / DOCUMENT_FOLDER
    private_folder(folder)
    places |= {name: folder / name for name in DOCUMENTS}
    for name, place in places.items():
        if name in files:
            private_folder(place.parent)
            move(files[name], place)


def _own_keys(settings: Settings) -> Set[str]:
    """The names of the keys that the settings name. Raises ``SettingsError``."""
    if settings.encryption_keys_file is None:
        return frozenset()
    return {name_of(key_id, key) for key_id, key in read_keys(settings.encryption_keys_file).items()}


def _differences(settings: Settings, manifest: Manifest, keys: Set[str]) -> list[str]:
    """What the next start would do differently from the stack that was backed up."""
    said = []
    configured = {
        RULES: ("BATON_RULES_FILE", settings.rules_file),
        TEMPLATES: ("BATON_TEMPLATES_FILE", settings.templates_file),
        DIRECTORY: ("BATON_DIRECTORY_FILE", settings.directory_file),
    }
    for name, (variable, path) in configured.items():
        member = manifest.members.get(name)
        with suppress(OSError):
            if member is not None and digest(path) == member.sha256:
                continue
        if member is not None:
            said.append(
                f"The backup has another {name}: {variable}={settings.data_dir / DOCUMENT_FOLDER / name}"
            )
    if settings.task_queue != manifest.task_queue:
        said.append(
            f"Its cases wait for workers on another task queue: BATON_TASK_QUEUE={manifest.task_queue}"
        )
    missing = [name for name in manifest.keys if name not in keys]
    if missing:
        said.append(
            "It is encrypted with keys that are not here, and its cases wait for them: "
            f"{', '.join(missing)}. BATON_ENCRYPTION_KEYS_FILE names the file that must have them."
        )
    return said
