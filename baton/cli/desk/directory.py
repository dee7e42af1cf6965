"""``baton directory``: staff, lines, departments and labels, as a document."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import click

from baton.cli.desk import concerns
from baton.cli.desk.concerns import ui_option, yes_option
from baton.cli.desk.directorytext import as_yaml, remarks_text, size
from baton.cli.screen import echo
from baton.cli.shared import as_json, desk_client, print_json, run
from baton.company import check_together
from baton.contract.words import STORED
from baton.documents.calendarremarks import remarks
from baton.documents.directory import Directory
from baton.documents.directoryfile import load_directory
from baton.settings import load_settings

_existing = click.Path(path_type=Path, dir_okay=False, exists=True)
_file = click.argument("file", type=_existing)
_OTHERS = "Is it for other rules and templates? Name them with --rules and --templates, or by BATON_COMPANY."


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
@click.option("--rules", type=_existing, help="Rules that must fit it, other than those of the settings.")
@click.option("--templates", type=_existing, help="Templates that must fit it; likewise.")
@as_json
def check(file: Path, rules: Path | None, templates: Path | None, json_: bool) -> None:
    """Say whether FILE is a good directory, and whether rules and templates fit it.

    Of each calendar it says until when the holidays are known, and what in it may not be meant.

    Nothing is changed, and nothing needs to run. What a running Baton has in force may differ from the files
    of the settings: `baton directory apply --dry-run` asks it.
    """
    settings = load_settings()
    files = {"rules": rules or settings.rules_file, "templates": templates or settings.templates_file}
    there = {what: path if path.exists() else None for what, path in files.items()}
    directory, _, _ = check_together(file, there["rules"], there["templates"], remark=_OTHERS)
    if json_:
        checked = {what: str(path) if path else None for what, path in there.items()}
        found = [remark._asdict() for remark in remarks(directory, datetime.now(UTC))]
        print_json({"file": str(file), "directory": directory, **checked, "remarks": found})
        return
    echo(f"{file} is fine: {size(directory)}.")
    for what, path in files.items():
        fits = "fit it" if there[what] else f"are not there, and were not checked: name others with --{what}"
        echo(f"The {what} in {path} {fits}.")
    if said := remarks_text(remarks(directory, datetime.now(UTC))):
        echo(said)
    if (version := _version_of(file)) is not None:
        echo(f"It was made from version {version}: if there is a newer one by now, apply refuses it.")


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
        echo(f"The directory is now version {after.version}: {size(directory)}.")
        changes = changes or "Nothing in it has changed."
    if changes:
        echo(changes)
    if said := remarks_text(one for one in remarks(directory, datetime.now(UTC)) if one.hint):
        echo(said)


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
