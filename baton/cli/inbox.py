"""``baton inbox``: the chats as the help desk lists them."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence

import click

from baton.cli.shared import as_json, clock, count, desk_client, print_json, print_table, run
from baton.contract import Tab
from baton.effects import InboxRow

UNFINISHED = (Tab.NEW, Tab.MINE, Tab.RESERVED, Tab.UNANSWERED)
SHOWN_TEXT = 60


@click.command("inbox")
@click.option("--tab", type=click.Choice([tab.value for tab in Tab]), help="Only the chats in this tab.")
@click.option("--staff", metavar="NAME", help="Only what this person sees.")
@click.option("--limit", type=click.IntRange(min=1), default=50, show_default=True, help="At most so many.")
@as_json
def command(tab: str | None, staff: str | None, limit: int, json_: bool) -> None:
    """List the chats, those that have waited longest first.

    Without --tab these are the chats in all tabs but "ended", one tab after the other.
    """
    run(_inbox, [Tab(tab)] if tab else UNFINISHED, staff, limit, json_)


async def _inbox(tabs: Sequence[Tab], staff: str | None, limit: int, json_: bool) -> None:
    async with desk_client() as desk:
        lists = await asyncio.gather(*(desk.inbox(tab, staff=staff, limit=limit) for tab in tabs))
    rows = [row for list_ in lists for row in list_][:limit]
    if json_:
        print_json(rows)
        return
    columns = ("Chat", "Tab", "Status", "Who has it", "Last message (UTC)", "Text")
    print_table(columns, map(_row, rows), "No chats.", whole=("Chat", "Last message (UTC)"))
    if len(rows) == limit:
        click.echo(f"\nThe first {count(limit, 'chat')}. There may be more: --limit")


def _row(chat: InboxRow) -> tuple[str, ...]:
    text = chat.last_text if len(chat.last_text) <= SHOWN_TEXT else chat.last_text[:SHOWN_TEXT] + "…"
    labels = "".join(f"[{label}] " for label in chat.labels)
    return (
        f"{chat.channel}:{chat.conversation}",
        chat.tab,
        chat.status,
        _who(chat),
        clock(chat.last_message_at)[:-3],
        labels + text,
    )


def _who(chat: InboxRow) -> str:
    if chat.pinned_to or chat.reserved_for or chat.assignee:
        return chat.pinned_to or chat.reserved_for or chat.assignee or ""
    return f"queue of {chat.line}" if chat.line else "everyone" if chat.tab is Tab.NEW else "–"
