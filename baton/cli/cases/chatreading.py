"""``baton chat show`` and ``diagram``."""

from __future__ import annotations

import click

from baton.cli.cases import chatview
from baton.cli.cases.caseview import print_timeline, print_values
from baton.cli.screen import echo
from baton.cli.shared import as_json, baton_client, chat_id, print_json, run
from baton.cli.times import utc_option
from baton.model.chat.lifecycle import diagram as lifecycle_diagram


@click.command("show")
@click.argument("chat", nargs=-1, required=True, metavar="CHANNEL:CONVERSATION")
@click.option("--timeline", "with_timeline", is_flag=True, help="Show what happened, event by event.")
@utc_option
@as_json
def show(chat: tuple[str, ...], with_timeline: bool, json_: bool) -> None:
    """Who has a chat, since when, and why."""
    run(_show, *chat_id(chat), with_timeline, json_)


async def _show(channel: str, conversation: str, with_timeline: bool, json_: bool) -> None:
    async with baton_client() as client:
        snapshot = await client.chat(channel, conversation).snapshot()
        timeline = await client.chat(channel, conversation).timeline()
    if json_:
        print_json({"snapshot": snapshot, "timeline": timeline} if with_timeline else {"snapshot": snapshot})
        return
    print_values(chatview.details(snapshot, timeline))
    if with_timeline:
        echo()
        print_timeline(timeline)


@click.command("diagram")
def diagram() -> None:
    """Print the lifecycle of a chat as a Mermaid diagram."""
    echo(lifecycle_diagram(), nl=False)
