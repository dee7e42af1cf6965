"""``baton notices``: what people were told."""

from __future__ import annotations

import click

from baton.cli.shared import as_json, clock, desk_client, print_json, print_table, run
from baton.desk.api import NoticeRow


@click.command("notices")
@click.option("--staff", metavar="NAME", help="Only what this person was told.")
@click.option("--limit", type=click.IntRange(min=1), default=50, show_default=True, help="The most to list.")
@as_json
def command(staff: str | None, limit: int, json_: bool) -> None:
    """List what people were told, latest first."""
    run(_notices, staff, limit, json_)


async def _notices(staff: str | None, limit: int, json_: bool) -> None:
    async with desk_client() as desk:
        rows = await desk.notices(staff=staff, limit=limit)
    if json_:
        print_json(rows)
        return
    print_table(
        ("Time (UTC)", "Staff", "Reason", "Chat or ticket", "Case"),
        ((clock(row.at), row.staff, row.reason, _place(row), row.case_id) for row in rows),
        "Nobody was told anything.",
    )


def _place(row: NoticeRow) -> str:
    return f"ticket:{row.ticket_id}" if row.ticket_id else f"{row.channel}:{row.conversation}"
