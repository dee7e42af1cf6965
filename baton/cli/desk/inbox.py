"""``baton inbox``: chats, or tickets, as the help desk lists them."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from typing import Any

import click

from baton.cli.cases.ticketlist import list_tickets, prose, ticket_filters
from baton.cli.language import say, several, spoken
from baton.cli.screen import echo
from baton.cli.shared import (
    as_json,
    desk_client,
    print_json,
    run,
    shortened,
)
from baton.cli.tables import print_table
from baton.cli.times import heading, minute, utc_option
from baton.contract import Tab
from baton.desk.api import InboxRow, TicketQuery
from baton.phrases import listed, names
from baton.phrases.waits import waits_for

UNFINISHED = (Tab.NEW, Tab.MINE, Tab.RESERVED, Tab.UNANSWERED)


@click.command("inbox")
@click.option("--tab", type=click.Choice([tab.value for tab in Tab]), help="Only the chats in this tab.")
@click.option("--tickets", "of_tickets", is_flag=True, help="List tickets rather than chats.")
@ticket_filters
@utc_option
@as_json
def command(tab: str | None, of_tickets: bool, with_query: bool, json_: bool, **filters: Any) -> None:
    """List the chats, those that have waited longest first; or the tickets, those that are due first.

    Without --tab this lists the chats in all tabs but "ended", one tab after the other. The tickets are those
    that are not closed; --department, --stage and --status are about tickets.

    \b
      baton inbox --staff ivan
      baton inbox --department billing
    """
    if of_tickets or any(filters[name] for name in ("department", "stage", "status")):
        if tab is not None:
            raise click.UsageError("--tab is about chats; tickets have stages: --stage")
        run(list_tickets, TicketQuery.model_validate(filters), with_query, json_)
        return
    if with_query:
        raise click.UsageError("--query is about tickets: add --tickets, or --department KEY.")
    run(_inbox, [Tab(tab)] if tab else UNFINISHED, filters["staff"], filters["limit"], json_)


async def _inbox(tabs: Sequence[Tab], staff: str | None, limit: int, json_: bool) -> None:
    async with desk_client() as desk:
        lists = await asyncio.gather(*(desk.inbox(tab, staff=staff, limit=limit) for tab in tabs))
    rows = [row for list_ in lists for row in list_][:limit]
    if json_:
        print_json(rows)
        return
    chat, tab = say("Chat"), say("Tab")
    since = heading(say("Waits since"), (row.waiting_since for row in rows))
    columns = (chat, tab, say("Status"), say("Who has it"), since, *prose())
    print_table(columns, map(_row, rows), say("No chats."), whole=(chat, tab, since), prose=prose())
    if len(rows) == limit:
        more = several(
            "The first {number} chat. There may be more: --limit",
            "The first {number} chats. There may be more: --limit",
            limit,
        )
        echo(f"\n{more}")


def _row(chat: InboxRow) -> tuple[str, ...]:
    labels = "".join(f"[{label}] " for label in chat.labels)
    texts = spoken()
    return (
        f"{chat.channel}:{chat.conversation}",
        texts.of(names.TABS[chat.tab]),
        texts.of(names.STATUSES[chat.status]),
        listed.holder(chat, texts),
        minute(chat.waiting_since),
        waits_for(chat.waits_for, texts),
        labels + shortened(chat.last_text),
    )
