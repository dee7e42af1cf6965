"""``baton template``: look at templates, and find the mistakes in them."""

from __future__ import annotations

from pathlib import Path

import click

from baton.cli.templatetext import template_text, templates_text
from baton.directory import Directory
from baton.directoryfile import load_directory
from baton.settings import load_settings
from baton.templates import Templates, load_templates
from baton.templates.schema import templates_schema_text
from baton.wording import did_you_mean

_EXISTING = click.Path(path_type=Path, dir_okay=False, exists=True)
_FILE = click.option("--file", type=_EXISTING, help="The templates; the file of the settings if left out.")
_DIRECTORY = click.option(
    "--directory", type=_EXISTING, help="The directory that must know the names in the templates."
)


@click.group("template")
def command() -> None:
    """Check and show templates, and print the schema of their language."""


@command.command("list")
@_FILE
def list_(file: Path | None) -> None:
    """Print the templates in the order in which dispatchers see them."""
    click.echo(templates_text(_templates(file, None)))


@command.command()
@click.argument("template_id", metavar="ID")
@_FILE
@_DIRECTORY
def show(template_id: str, file: Path | None, directory: Path | None) -> None:
    """Print one template, and what its texts are like for a ticket. With --directory, names are real ones."""
    known = _directory(directory)
    templates = _templates(file, known)
    template = templates.get(template_id)
    if template is None:
        hint = did_you_mean(template_id, (one.id for one in templates), "there are none")
        raise click.ClickException(f"there is no template {template_id!r}: {hint}")
    click.echo(template_text(templates, template, known))


@command.command()
@click.argument("file", type=_EXISTING)
@_DIRECTORY
def check(file: Path, directory: Path | None) -> None:
    """Say whether FILE has good templates. Nothing is changed, and nothing needs to run."""
    templates = load_templates(file, _directory(directory))
    click.echo(f"{file} is fine: {len(templates)} {'template' if len(templates) == 1 else 'templates'}.")
    click.echo(f"digest {templates.digest}")
    if directory is None:
        click.echo("Names were not checked: say with --directory who works here.")


@command.command()
@click.option("--output", type=click.Path(path_type=Path, dir_okay=False), help="Write to this file.")
def schema(output: Path | None) -> None:
    """Print the JSON Schema of template files, with which editors check and complete them."""
    if output is None:
        click.echo(templates_schema_text(), nl=False)
    else:
        output.write_text(templates_schema_text(), encoding="utf-8")
        click.echo(f"Written to {output}.")


def _templates(file: Path | None, directory: Directory | None) -> Templates:
    return load_templates(file or load_settings().templates_file, directory)


def _directory(path: Path | None) -> Directory | None:
    return load_directory(path) if path else None
