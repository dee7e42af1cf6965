"""``baton keys``: the file of the keys with which payloads are encrypted."""

from __future__ import annotations

import os
import tempfile
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path

import click

from baton.cli.screen import echo
from baton.errors import SettingsError
from baton.temporal.keys import KeyRing, key_line, new_key, read_keys, with_key_first

_FILE = click.argument("file", type=click.Path(path_type=Path, dir_okay=False))


@click.group("keys")
def command() -> None:
    """Make and change the file of the keys that encrypt what Temporal keeps.

    BATON_ENCRYPTION_KEYS_FILE names that file to workers and clients. The first key in it writes
    (encrypts); all of them read (decrypt). No key is ever printed.
    """


@command.command()
@_FILE
@click.option("--id", "key_id", help="The key's ID. The default is the day and time in UTC.")
def add(file: Path, key_id: str | None) -> None:
    """Make a key and put it at the end of FILE, or into a new FILE.

    A key that is added to others only reads, until `baton keys use` puts it first. By then every process
    must have it.
    """
    keys = read_keys(file) if file.exists() else {}
    key_id = key_id or f"{datetime.now(UTC):%Y-%m-%d-%H%M%S}"
    if key_id in keys:
        raise SettingsError(f"{file} has a key {key_id!r} already; name another with --id")
    before = file.read_text(encoding="utf-8") if keys else ""
    if before and not before.endswith("\n"):
        before += "\n"
    _write(file, before + key_line(key_id, new_key()))
    _show(file)


@command.command()
@_FILE
@click.argument("key_id", metavar="ID")
def use(file: Path, key_id: str) -> None:
    """Put the key ID first in FILE: it writes from then on; the others still read."""
    keys = read_keys(file)
    if key_id not in keys:
        raise SettingsError(f"{file} has no key {key_id!r}; there are {', '.join(keys)}")
    _write(file, with_key_first(file.read_text(encoding="utf-8"), key_id))
    _show(file)


@command.command("list")
@_FILE
def list_(file: Path) -> None:
    """List the keys in FILE, beginning with the one that writes."""
    _show(file)


def _show(file: Path) -> None:
    for position, name in enumerate(KeyRing.read(file).names):
        echo(f"{name}  {'reads' if position else 'writes, reads'}")


def _write(file: Path, text: str) -> None:
    """Replace the file in one step: nobody reads half of it, and on a full disk the old one remains."""
    target = file.resolve()  # a link stays a link
    try:
        # Readable for its owner only, from the first moment.
        number, name = tempfile.mkstemp(dir=target.parent, prefix=f".{target.name}.")
        try:
            with os.fdopen(number, "w", encoding="utf-8") as new:
                new.write(text)
                new.flush()
                with suppress(FileNotFoundError):
                    _allow_the_same(target.stat(), number)
                os.fsync(number)
            Path(name).replace(target)
        except BaseException:
            Path(name).unlink()
            raise
    except OSError as error:
        raise SettingsError(f"the key file {file} cannot be written: {error.strerror}") from error


def _allow_the_same(before: os.stat_result, number: int) -> None:
    """Keep the file readable for those who could read it before, such as a worker of another user."""
    os.fchown(number, before.st_uid, before.st_gid)
    os.fchmod(number, before.st_mode & 0o777)
