"""``baton notices``: what people were told."""

from __future__ import annotations

import click

from baton.cli.shared import as_json, desk_client, print_json, run
from baton.cli.tables import print_table
from baton.cli.times import clock, heading, utc_option
from baton.desk.api import NoticeRow

NAMED = 2
"""How many are named in the table. If there are more, one is named, and the others are counted."""


@click.command("notices")
@click.option("--staff", metavar="NAME", help="Only what this person was told.")
@click.option("--limit", type=click.IntRange(min=1), default=50, show_default=True, help="The most to list.")
@utc_option
@as_json
def command(staff: str | None, limit: int, json_: bool) -> None:
    """List what people were told, latest first: one line for each notice, whoever and however many got it."""
    run(_notices, staff, limit, json_)


async def _notices(staff: str | None, limit: int, json_: bool) -> None:
    async with desk_client() as desk:
        rows = await desk.notices(staff=staff, limit=limit)
    if json_:
        print_json(rows)
        return
    time = heading("Time", (row.at for row in rows))
    print_table(
        (time, "Told", "Reason", "Chat or ticket", "Case"),
        ((clock(row.at), _told(row), row.reason, _place(row), row.case_id or "–") for row in rows),
        "Nobody was told anything.",
        whole=(time, "Told", "Case"),
    )


def _told(row: NoticeRow) -> str:
    if row.everyone:
        return f"everyone ({row.count:,})"
    # Whoever was asked about comes first.
    names = tuple(dict.fromkeys(name for name in (row.staff, *row.told) if name))
    if row.count <= NAMED:
        return ", ".join(names)
    return f"{names[0]} and {row.count - 1:,} more" if names else f"{row.count:,} people"


def _place(row: NoticeRow) -> str:
    if row.ticket_id:
        return f"ticket:{row.ticket_id}"
    return f"{row.channel}:{row.conversation}" if row.conversation else "–"
