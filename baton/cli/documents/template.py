"""``baton template``: look at templates, find the mistakes in them, and apply them."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from baton.cli.cases.eventoptions import author_of, author_option, id_option, timeout_option
from baton.cli.cases.tickets import apply_template, print_asked
from baton.cli.documents.templatetext import template_text, templates_text
from baton.cli.screen import echo
from baton.cli.shared import as_json, baton_client, print_json, run, ticket_name
from baton.cli.times import utc_option
from baton.documents.directory import Directory
from baton.documents.directoryfile import load_directory
from baton.settings import load_settings
from baton.templates import Templates, load_templates
from baton.templates.schema import templates_schema_text
from baton.wording import did_you_mean

_EXISTING = click.Path(path_type=Path, dir_okay=False, exists=True)
_FILE = click.option("--file", type=_EXISTING, help="The templates. The default is the file in the settings.")
_DIRECTORY = click.option(
    "--directory", type=_EXISTING, help="The directory in which the names in the templates must be."
)


@click.group("template")
def command() -> None:
    """Check and show templates, apply them, and print the schema of their language."""


@command.command("list")
@_FILE
def list_(file: Path | None) -> None:
    """Print the templates in the order in which dispatchers see them."""
    echo(templates_text(_templates(file, None)))


@command.command()
@click.argument("template_id", metavar="ID")
@_FILE
@_DIRECTORY
def show(template_id: str, file: Path | None, directory: Path | None) -> None:
    """Print one template, and its texts for an example ticket. With --directory, the names are real."""
    known = _directory(directory)
    templates = _templates(file, known)
    template = templates.get(template_id)
    if template is None:
        hint = did_you_mean(template_id, (one.id for one in templates), "there are none")
        raise click.ClickException(f"there is no template {template_id!r}: {hint}")
    echo(template_text(templates, template, known))


@command.command()
@click.argument("template")
@click.argument("ticket")
@author_option
@click.option("--customer", help="Whose ticket it is, if it does not exist yet.")
@click.option("--subject", default="", help="What the ticket is about, if it does not exist yet.")
@id_option
@timeout_option
@utc_option
@as_json
def apply(
    template: str,
    ticket: str,
    author: str,
    customer: str | None,
    subject: str,
    json_: bool,
    **options: Any,
) -> None:
    """Ask the departments of TEMPLATE about TICKET, and say when their answers are due.

    The templates are those of the workers. Departments that are asked already stay so.

    \b
      baton template apply three-departments T-1 --from staff:petra
    """
    if subject and not customer:
        raise click.UsageError("--subject opens a ticket: say with --customer whose it is.")
    options |= {"customer": customer, "subject": subject}
    run(_apply, template, ticket_name(ticket), author_of(author), json_, options)


async def _apply(
    template: str, ticket_id: str, author: dict[str, Any], json_: bool, options: dict[str, Any]
) -> None:
    async with baton_client() as client:
        outcome = await apply_template(client, ticket_id, template, author, **options)
        if json_:
            print_json(outcome)
        else:
            print_asked(outcome)


@command.command()
@click.argument("file", type=_EXISTING)
@_DIRECTORY
def check(file: Path, directory: Path | None) -> None:
    """Check the templates in FILE. Nothing is changed, and nothing needs to run."""
    templates = load_templates(file, _directory(directory))
    echo(f"{file} is fine: {len(templates)} {'template' if len(templates) == 1 else 'templates'}.")
    echo(f"digest {templates.digest}")
    if directory is None:
        echo("Names were not checked: say with --directory who works here.")


@command.command()
@click.option("--output", type=click.Path(path_type=Path, dir_okay=False), help="Write to this file.")
def schema(output: Path | None) -> None:
    """Print the JSON Schema of template files, which editors use to check and complete them."""
    if output is None:
        echo(templates_schema_text(), nl=False)
    else:
        output.write_text(templates_schema_text(), encoding="utf-8")
        echo(f"Written to {output}.")


def _templates(file: Path | None, directory: Directory | None) -> Templates:
    return load_templates(file or load_settings().templates_file, directory)


def _directory(path: Path | None) -> Directory | None:
    return load_directory(path) if path else None
