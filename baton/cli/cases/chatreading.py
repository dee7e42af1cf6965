"""``baton chat show`` and ``diagram``."""

from __future__ import annotations

from collections.abc import Sequence

import click

from baton.cli.cases import chatview
from baton.cli.cases.caseview import print_values
from baton.cli.cases.showing import Wanted, show_case, wanted_options
from baton.cli.screen import echo
from baton.cli.shared import chat_id, run
from baton.contract import ChatSnapshot, TimelineEntry
from baton.model.chat.lifecycle import diagram as lifecycle_diagram


@click.command("show")
@click.argument("chat", nargs=-1, required=True, metavar="CHANNEL:CONVERSATION")
@wanted_options
def show(chat: tuple[str, ...], wanted: Wanted) -> None:
    """Who has a chat, since when, and why; with --messages, what was said in the whole conversation."""
    channel, conversation = chat_id(chat)
    run(show_case, lambda client: client.chat(channel, conversation), wanted, _print)


def _print(chat: ChatSnapshot, timeline: Sequence[TimelineEntry]) -> None:
    print_values(chatview.details(chat, timeline))


@click.command("diagram")
def diagram() -> None:
    """Print the lifecycle of a chat as a Mermaid diagram."""
    echo(lifecycle_diagram(), nl=False)
