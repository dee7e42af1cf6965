"""``baton inbox``: chats, or tickets, as the help desk lists them."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from typing import Any

import click

from baton.cli.cases.ticketlist import PROSE, list_tickets, ticket_filters
from baton.cli.screen import echo
from baton.cli.shared import (
    as_json,
    count,
    desk_client,
    print_json,
    run,
    shortened,
)
from baton.cli.tables import print_table
from baton.cli.times import heading, minute, utc_option
from baton.contract import Tab
from baton.desk.api import InboxRow, TicketQuery

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
    since = heading("Waits since", (row.waiting_since for row in rows))
    columns = ("Chat", "Tab", "Status", "Who has it", since, *PROSE)
    whole = ("Chat", "Tab", since)
    print_table(columns, map(_row, rows), "No chats.", whole=whole, prose=PROSE)
    if len(rows) == limit:
        echo(f"\nThe first {count(limit, 'chat')}. There may be more: --limit")


def _row(chat: InboxRow) -> tuple[str, ...]:
    labels = "".join(f"[{label}] " for label in chat.labels)
    return (
        f"{chat.channel}:{chat.conversation}",
        chat.tab,
        chat.status,
        _who(chat),
        minute(chat.waiting_since),
        chat.waits_for,
        labels + shortened(chat.last_text),
    )


def _who(chat: InboxRow) -> str:
    if chat.pinned_to or chat.reserved_for or chat.assignee:
        return chat.pinned_to or chat.reserved_for or chat.assignee or ""
    return f"queue of {chat.line}" if chat.line else "everyone" if chat.tab is Tab.NEW else "–"
