"""``baton directory``: staff, lines, departments and labels, as a document."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import click

from baton.cli.desk import concerns
from baton.cli.desk.concerns import ui_option, yes_option
from baton.cli.desk.directorytext import as_yaml
from baton.cli.screen import echo
from baton.cli.shared import as_json, count, desk_client, print_json, run
from baton.contract.words import STORED
from baton.documents.directory import Directory
from baton.documents.directoryfile import load_directory

_file = click.argument("file", type=click.Path(path_type=Path, dir_okay=False, exists=True))


@click.group("directory")
def command() -> None:
    """Show, check and replace the directory: staff, lines, departments, labels."""


@command.command()
@as_json
def show(json_: bool) -> None:
    """Print the directory as YAML that `baton directory apply` accepts."""
    run(_show, json_)


async def _show(json_: bool) -> None:
    async with desk_client() as desk:
        shown = await desk.directory()
    if json_:
        print_json(shown)
    else:
        echo(f"# version {shown.version}")
        echo(as_yaml(Directory.model_validate(shown.directory, context=STORED)), nl=False)


@command.command()
@_file
@as_json
def check(file: Path, json_: bool) -> None:
    """Say whether FILE is a good directory. Nothing is changed, and nothing needs to run.

    Applying it also checks that the rules in force fit it.
    """
    directory = load_directory(file)
    if json_:
        print_json({"file": str(file), "directory": directory})
    else:
        echo(f"{file} is fine: {_size(directory)}.")


@command.command()
@_file
@click.option("--dry-run", is_flag=True, help="Only say which cases are concerned; change nothing.")
@yes_option
@ui_option
@as_json
def apply(file: Path, dry_run: bool, yes: bool, ui: str | None, json_: bool) -> None:
    """Make FILE the directory. It takes effect with the next event of every case.

    Cases that refer to somebody or something that is gone, or has another label, are told at once. Before
    that, the command says how many there are and why, and asks; without a terminal it wants --yes.

    A FILE that `baton directory show` wrote names its version in the first line, and is refused if
    somebody has changed the directory since.
    """
    run(_apply, load_directory(file), _version_of(file), dry_run, yes, ui, json_)


def _version_of(file: Path) -> int | None:
    """The version that the file was made from, if it says so."""
    first = file.read_text(encoding="utf-8").partition("\n")[0]
    found = re.fullmatch(r"# version (\d+)", first.strip())
    return int(found[1]) if found else None


async def _apply(
    directory: Directory, version: int | None, dry_run: bool, yes: bool, ui: str | None, json_: bool
) -> None:
    proposed = directory.model_dump(mode="json")
    async with desk_client() as desk:
        before = after = await desk.directory()
        based_on = before.version if version is None else version
        concerned = await desk.preview_directory(proposed, based_on=based_on)
        concerns.say(concerned, ui, err=json_)
        if not dry_run:
            concerns.agree(concerned, yes=yes)
            after = await desk.change_directory(proposed, based_on=based_on)
    if json_:
        shown = after.model_dump(mode="json")
        print_json({**shown, "dry_run": dry_run, "concerned": concerns.as_document(concerned, ui)})
        return
    echo(concerns.told(concerned, dry_run=dry_run))
    # Not as documents: in these, free days stand in any order.
    was = Directory.model_validate(before.directory, context=STORED).model_dump()
    changes = "\n".join(_changes(was, directory.model_dump()))
    if dry_run:
        what = "What would be new, gone or different:" if changes else "Nothing in it would change."
        echo(f"The directory stays at version {after.version}. {what}")
    else:
        echo(f"The directory is now version {after.version}: {_size(directory)}.")
        changes = changes or "Nothing in it has changed."
    if changes:
        echo(changes)


def _size(directory: Directory) -> str:
    return ", ".join(
        (
            f"{len(directory.staff):,} staff",
            count(len(directory.lines), "line"),
            count(len(directory.departments), "department"),
            count(len(directory.known_labels), "label"),
        )
    )


def _changes(before: dict[str, Any], after: dict[str, Any]) -> Iterator[str]:
    """What is new, gone or different, one line for each part of the directory."""
    for part in after:
        was, now = before.get(part) or {}, after[part] or {}
        signs = [
            *(f"+{key}" for key in now if key not in was),
            *(f"-{key}" for key in was if key not in now),
            *(f"~{key}" for key in now if isinstance(now, dict) and key in was and was[key] != now[key]),
        ]
        if signs:
            yield f"{part:<12} {' '.join(signs)}"
