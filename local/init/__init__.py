"""``baton init``: the files of a new company, with comments, checked before they are written."""

from __future__ import annotations

import shlex
from collections.abc import Mapping, Sequence
from pathlib import Path

import click

from baton.cli.desk.directorytext import size
from baton.cli.documents.rulestext import counted
from baton.cli.language import spoken
from baton.cli.screen import echo
from baton.cli.shared import count
from baton.company import Company
from baton.documents.directory import Directory
from baton.documents.yaml import parse_yaml
from baton.documents.zones import known_zone
from baton.errors import BatonError
from baton.rules.loading import parse_rules
from baton.templates.loading import parse_templates
from baton.texts import Language
from local.init.asked import asked_for
from local.init.directorytext import directory_text
from local.init.prompts import ask
from local.init.rulestext import rules_text
from local.init.samples import samples_in
from local.init.templatestext import templates_text

_HERE = Path("/etc/localtime")
"""A link to the rules of the machine's time zone, in a folder called zoneinfo."""


def _zone(context: click.Context, parameter: click.Parameter, value: str | None) -> str:
    try:
        return known_zone(value or _zone_here())
    except ValueError as error:
        raise click.BadParameter(str(error)) from None


@click.command("init")
@click.argument("folder", type=click.Path(path_type=Path, file_okay=False))
@click.option(
    "--line",
    "lines",
    metavar="NAME[=WHO,WHO]",
    multiple=True,
    help="A line, and who is in it; may be repeated. The first one works with chats.",
)
@click.option(
    "--department",
    "departments",
    metavar="NAME[=WHO,WHO]",
    multiple=True,
    help="A department, and who answers for it; may be repeated.",
)
@click.option("--timezone", callback=_zone, help="Where the office is; where this machine is, if left out.")
@click.option(
    "--language",
    type=click.Choice([language.value for language in Language]),
    help="The language of comments, names of rules, and texts of templates; Baton's own, if left out.",
)
def command(
    folder: Path, lines: Sequence[str], departments: Sequence[str], timezone: str, language: str | None
) -> None:
    """Write the files of your own company into FOLDER: directory, rules, templates.

    Asks for lines, departments and people unless they are given. The files are commented, and pass the checks
    as they are. Nothing needs to run, and nothing that is there is changed.

    \b
      baton init acme --line chats=ivan,petra --line experts=lena \\
        --department billing=lena --department delivery=maria
    """
    files = {name: folder / f"{name}.yaml" for name in ("directory", "rules", "templates")}
    for file in files.values():
        if file.exists():
            raise BatonError(f"{file} is there already, so nothing was written. Name another folder.")
    asked = asked_for(lines, departments) if lines or departments else ask()
    samples = samples_in(Language(language) if language else spoken().language)
    documents = {
        "directory": directory_text(asked, timezone, samples.directory),
        "rules": rules_text(asked, samples.rules),
        "templates": templates_text(asked, samples.templates),
    }
    company = _checked(documents)
    _write(folder, files, documents)
    _say(folder, company)


def _checked(documents: Mapping[str, str]) -> Company:
    directory = parse_yaml(documents["directory"], "directory.yaml").load(Directory)
    return Company(
        directory,
        parse_rules(documents["rules"], "rules.yaml", directory),
        parse_templates(documents["templates"], "templates.yaml", directory),
    )


def _write(folder: Path, files: Mapping[str, Path], documents: Mapping[str, str]) -> None:
    try:
        folder.mkdir(parents=True, exist_ok=True)
        for name, file in files.items():
            with file.open("x", encoding="utf-8") as stream:
                stream.write(documents[name])
    except OSError as error:
        raise BatonError(f"{error.filename} cannot be written: {error.strerror}.") from None


def _say(folder: Path, company: Company) -> None:
    """What was written, and what to do next."""
    echo(f"Written to {folder}, and checked together:")
    echo(f"  directory.yaml   {size(company.directory)}")
    echo(f"  rules.yaml       {counted(company.rules)}")
    echo(f"  templates.yaml   {count(len(company.templates), 'template')}")
    echo()
    if not company.directory.staff:
        echo("Nobody works there yet: add your people to directory.yaml, as its comments say.")
    echo("Comments in them say what else is possible. To start Baton with them:")
    echo()
    echo(f"  export BATON_COMPANY={shlex.quote(str(folder.absolute()))}")
    echo("  baton up")


def _zone_here() -> str:
    """The time zone of this machine; UTC if that is not known."""
    name = str(_HERE.resolve()).rpartition("/zoneinfo/")[2]
    try:
        return known_zone(name)
    except ValueError:
        return "UTC"
