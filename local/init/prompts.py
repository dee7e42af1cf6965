"""Asks for lines, departments and people, one question after the other."""

from __future__ import annotations

import click

from baton.cli.screen import echo
from local.init.asked import Asked, asked_for, names_in

NONE = "-"


def ask() -> Asked:
    """What somebody at the terminal answers. Raises ``click.UsageError`` if nobody is there to answer."""
    try:
        return _ask()
    except click.Abort:
        raise click.UsageError(
            "Nobody answered. Give the answers as options: --line chats=ivan,petra --department billing=lena"
        ) from None


def _ask() -> Asked:
    echo("A line is a group of support staff: a tier, the phones, the chats.")
    echo("Name the one that works with chats first: the rules hand chats to it.")
    lines = [_with_people(line, "Who is in") for line in _names("Lines", "chats, experts")]
    echo()
    echo("A department answers tickets, side by side with others.")
    departments = [
        _with_people(department, "Who answers for")
        for department in _names("Departments", "billing, delivery")
    ]
    echo()
    return asked_for(lines, departments)


def _names(what: str, otherwise: str) -> list[str]:
    answer = click.prompt(f"{what}, with commas, or {NONE} for none", default=otherwise)
    return [] if answer.strip() == NONE else names_in(answer)


def _with_people(group: str, question: str) -> str:
    people = click.prompt(f"  {question} {group} (with commas; Enter: nobody yet)", "", show_default=False)
    return f"{group}={people}"
