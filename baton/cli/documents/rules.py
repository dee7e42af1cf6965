"""``baton rules``: look at rules, and find the mistakes in them."""

from __future__ import annotations

from pathlib import Path

import click

from baton.cli.documents.rulestext import counted, rules_text
from baton.cli.screen import echo
from baton.documents.directoryfile import load_directory
from baton.rules.loading import load_rules
from baton.rules.schema import rules_schema_text

_RULES = click.argument("file", type=click.Path(path_type=Path, dir_okay=False, exists=True))


@click.group("rules")
def command() -> None:
    """Check and list rules, and print the schema of their language."""


@command.command()
@_RULES
@click.option(
    "--directory",
    type=click.Path(path_type=Path, dir_okay=False, exists=True),
    help="The directory in which the names in the rules must be.",
)
def check(file: Path, directory: Path | None) -> None:
    """Check the rules in FILE. Nothing is changed, and nothing needs to run."""
    rules = load_rules(file, load_directory(directory) if directory else None)
    echo(f"{file} is fine: {counted(rules)}.")
    echo(f"digest {rules.digest}")
    if directory is None:
        echo("Names were not checked: say with --directory who works here.")


@command.command("list")
@_RULES
def list_(file: Path) -> None:
    """Print the rules in FILE in the order in which they are asked."""
    echo(rules_text(load_rules(file, None)))


@command.command()
@click.option("--output", type=click.Path(path_type=Path, dir_okay=False), help="Write to this file.")
def schema(output: Path | None) -> None:
    """Print the JSON Schema of rule files, which editors use to check and complete them."""
    if output is None:
        echo(rules_schema_text(), nl=False)
    else:
        output.write_text(rules_schema_text(), encoding="utf-8")
        echo(f"Written to {output}.")
