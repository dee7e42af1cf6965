"""``baton notices``: what people were told."""

from __future__ import annotations

import click

from baton.cli.language import say, several, spoken
from baton.cli.shared import as_json, desk_client, print_json, run
from baton.cli.tables import print_table
from baton.cli.times import clock, heading, utc_option
from baton.desk.api import NoticeRow
from baton.phrases.notices import reason

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
    time, told, case = heading(say("Time"), (row.at for row in rows)), say("Told"), say("Case")
    print_table(
        (time, told, say("Reason"), say("Chat or ticket"), case),
        (
            (clock(row.at), _told(row), reason(row.reason, spoken()), _place(row), row.case_id or "–")
            for row in rows
        ),
        say("Nobody was told anything."),
        whole=(time, told, case),
    )


def _told(row: NoticeRow) -> str:
    if row.everyone:
        return say("everyone ({number:,})").format(number=row.count)
    # Whoever was asked about comes first.
    names = tuple(dict.fromkeys(name for name in (row.staff, *row.told) if name))
    if row.count <= NAMED:
        return ", ".join(names)
    if names:
        return say("{name} and {number:,} more").format(name=names[0], number=row.count - 1)
    return several("{number} person", "{number} people", row.count)


def _place(row: NoticeRow) -> str:
    if row.ticket_id:
        return f"ticket:{row.ticket_id}"
    return f"{row.channel}:{row.conversation}" if row.conversation else "–"
