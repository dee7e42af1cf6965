"""Which living cases a change of the directory concerns: said beforehand, and asked about."""

from __future__ import annotations

import sys
from typing import Any

import click

from baton.cli import language
from baton.cli.language import several, spoken
from baton.cli.screen import echo
from baton.cli.webui import namespace, ui_address
from baton.desk.api import Concern, Concerns
from baton.errors import BatonError
from baton.phrases.concerns import concern
from baton.signs import one_line
from baton.temporal.queries import among, quoted
from baton.temporal.webaddresses import list_address

_LONGEST_QUERY = 4_000
"""Characters of a query: it is part of an address."""

yes_option = click.option("--yes", is_flag=True, help="Do not ask, even if cases are concerned.")
ui_option = click.option("--ui", metavar="URL", help="The address of the Temporal UI, for links to cases.")


def say(concerns: Concerns, ui: str | None, *, err: bool = False) -> None:
    """Say how many cases are concerned, and why, with links to the lists in the Temporal UI."""
    if not _number(concerns):
        return
    echo(language.say("This concerns {cases}:").format(cases=_counted(concerns)), err=err)
    for one in concerns.reasons:
        shown = len(_shown(one))
        only = "" if shown == one.cases else " " + language.say("(the first {number:,})").format(number=shown)
        echo(f"{one.cases:>7,}  {one_line(concern(one.reason, spoken()))}", err=err)
        echo(f"         {_link(one, ui)}{only}", err=err)


def agree(concerns: Concerns, *, yes: bool) -> None:
    """Go on only if nobody is concerned, or somebody has agreed. Raises ``BatonError`` without a terminal."""
    if yes or not _number(concerns):
        return
    if not there_is_a_terminal():
        refused = language.say(
            "This would concern {cases}, so nothing was changed: there is no terminal to "
            "ask. Add --yes if it is meant."
        )
        raise BatonError(refused.format(cases=_counted(concerns)))
    click.confirm(language.say("Make it so, and tell them?"), abort=True, err=True)


def as_document(concerns: Concerns, ui: str | None) -> dict[str, Any]:
    """The same, for programs."""
    return {
        "chats": concerns.chats,
        "tickets": concerns.tickets,
        "reasons": [
            {"reason": one.reason, "cases": one.cases, "first": list(one.first), "link": _link(one, ui)}
            for one in concerns.reasons
        ],
    }


def told(concerns: Concerns, *, dry_run: bool) -> str:
    """What follows for cases."""
    if not _number(concerns):
        return language.say("No living case is concerned.")
    if dry_run:
        return language.say("Nothing was changed.")
    return language.say("Told of it: {cases}.").format(cases=_counted(concerns))


def there_is_a_terminal() -> bool:
    """Whether somebody can be asked."""
    return sys.stdin.isatty()


def _number(concerns: Concerns) -> int:
    return concerns.chats + concerns.tickets


def _counted(concerns: Concerns) -> str:
    chats = several("{number} chat", "{number} chats", concerns.chats)
    tickets = several("{number} ticket", "{number} tickets", concerns.tickets)
    counted = ((concerns.chats, chats), (concerns.tickets, tickets))
    return language.say(" and ").join(said for number, said in counted if number)


def _link(one: Concern, ui: str | None) -> str:
    return list_address(ui_address(ui), namespace(), among("WorkflowId", _shown(one)))


def _shown(one: Concern) -> list[str]:
    """As many of the cases as an address can name."""
    names: list[str] = []
    room = _LONGEST_QUERY
    for name in one.first:
        room -= len(quoted(name)) + 2
        if room < 0 and names:
            break
        names.append(name)
    return names
