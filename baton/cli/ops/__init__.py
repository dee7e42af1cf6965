"""``baton ops``: the search attributes, filters for the Temporal UI, and repairs."""

from __future__ import annotations

import click

from baton.cli.lazy import LazyGroup, Row

COMMANDS: dict[str, Row] = {
    "bind": Row("local.bind", "Move a task queue to another database."),
    "filters": Row("baton.cli.ops.filters", "Print filters for the Temporal UI, each with a link."),
    "move": Row("baton.cli.ops.move", "Take cases from a task queue that no worker polls."),
    "poke": Row("baton.cli.ops.poke", "Have a case check what has come due."),
    "reassign": Row("baton.cli.ops.reassign", "Give everything that somebody has to somebody else."),
    "redecide": Row("replaygate.redecide", "Decide an event again, by other rules."),
    "register": Row("baton.cli.ops.register", "Register the search attributes."),
    "resend": Row("baton.cli.ops.resend", "Try a pending write again at once."),
    "reset": Row("baton.cli.ops.reset", "Reset cases that a bad release has stopped."),
    "revive": Row("baton.cli.ops.revive", "Open cases again whose workflow was closed by force."),
}


@click.group("ops", cls=LazyGroup, rows=COMMANDS)
def command() -> None:
    """Look after the cases in Temporal: filters for its UI, and repairs.

    A CASE is telegram:42 or T-7; their workflow IDs, chat:telegram:42 and ticket:T-7, will do as well.

    Every repair takes --dry-run, which only says what would be done.
    """
