"""``baton chat``: look at a chat, and send it an event."""

from __future__ import annotations

import click

from baton.cli.lazy import LazyGroup, Row

COMMANDS: dict[str, Row] = {
    "show": Row("baton.cli.cases.chatreading:show", "Who has a chat, since when, and why."),
    "send": Row("baton.cli.cases.chatsending:send", "Send one event, and say what came of it."),
    "to-ticket": Row("baton.cli.cases.chatsending:to_ticket", "Open a ticket from a chat."),
    "diagram": Row("baton.cli.cases.chatreading:diagram", "Print the lifecycle as a Mermaid diagram."),
}


@click.group("chat", cls=LazyGroup, rows=COMMANDS)
def command() -> None:
    """Look at a chat, and send it an event.

    A chat is named CHANNEL:CONVERSATION, such as telegram:42. Its workflow ID, chat:telegram:42, will
    do as well.
    """
