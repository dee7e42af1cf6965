"""``baton ops``: the search attributes, filters for the Temporal UI, and repairs."""

from __future__ import annotations

import click

from baton.cli.ops import filters, poke, reassign, redecide, register, resend, reset


@click.group("ops")
def command() -> None:
    """Look after the cases in Temporal: filters for its UI, and repairs.

    A CASE is telegram:42 or T-7; their workflow IDs, chat:telegram:42 and ticket:T-7, will do as well.

    Every repair takes --dry-run, which only says what would be done.
    """


for _module in (register, filters, resend, poke, redecide, reset, reassign):
    command.add_command(_module.command)
