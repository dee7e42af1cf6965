"""``baton ticket``: look at a ticket, and send it an event."""

from __future__ import annotations

import click

from baton.cli.lazy import LazyGroup, Row

COMMANDS: dict[str, Row] = {
    "show": Row("baton.cli.cases.ticketreading:show", "Who must act, and how far each department is."),
    "draft": Row("baton.cli.cases.ticketreading:draft", "The reply as it is drafted from the notes."),
    "list": Row("baton.cli.cases.ticketreading:list_", "List the tickets that are not closed."),
    "send": Row("baton.cli.cases.ticketsending:send", "Send one event, and say what came of it."),
    "note": Row("baton.cli.cases.ticketsending:note", "Leave a note, such as a department's answer."),
    "diagram": Row("baton.cli.cases.ticketreading:diagram", "Print the stages as a Mermaid diagram."),
}


@click.group("ticket", cls=LazyGroup, rows=COMMANDS)
def command() -> None:
    """Look at a ticket, and send it an event.

    A ticket is named by its ID, such as T-1. Its workflow ID, ticket:T-1, will do as well.
    """
