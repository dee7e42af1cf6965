"""``baton hooks``: deliveries of hooks that could not be used, and are kept with the reason."""

from __future__ import annotations

import click

from baton.cli.desk.beside import beside_client
from baton.cli.screen import echo
from baton.cli.shared import as_json, count, print_json, run
from baton.cli.tables import print_table
from baton.cli.times import clock, heading, moment, utc_option
from baton.desk.hooks import HooksReplayed, KeptHook


@click.group("hooks")
def command() -> None:
    """Hooks of another help desk that the gateway could not use.

    They are kept for 30 days, at most 10,000. Nothing is lost with them: what happened at the help desk is
    read by the feed. See docs/desks.md.
    """


@command.command("list")
@click.option("--limit", type=click.IntRange(min=1), default=50, show_default=True, help="The most to list.")
@utc_option
@as_json
def list_(limit: int, json_: bool) -> None:
    """List the deliveries that are kept, the latest first."""

    async def asked() -> list[KeptHook]:
        async with beside_client() as desk:
            return await desk.hooks(limit)

    rows = run(asked)
    if json_:
        print_json(rows)
        return
    time = heading("Time", (row.at for row in rows))
    print_table(
        ("ID", time, "Desk", "Bytes", "Reason"),
        ((str(row.id), clock(row.at), row.desk, f"{row.size:,}", row.reason) for row in rows),
        "No delivery of a hook is kept: all could be used.",
        whole=("ID", time),
        prose=("Reason",),
    )


@command.command()
@click.argument("number", metavar="ID", type=int)
@utc_option
@as_json
def show(number: int, json_: bool) -> None:
    """Show one delivery, with the beginning of its body."""

    async def asked() -> KeptHook:
        async with beside_client() as desk:
            return await desk.hook(number)

    found = run(asked)
    if json_:
        print_json(found)
        return
    rows = [
        ("Time", moment(found.at)),
        ("Reason", found.reason),
        ("Content type", found.content_type or "–"),
        ("Bytes", f"{found.size:,}"),
    ]
    print_table((found.desk, ""), rows, "")
    echo()
    echo(found.body)


@command.command()
@click.argument("number", metavar="[ID]", type=int, required=False)
@as_json
def replay(number: int | None, json_: bool) -> None:
    """Read deliveries again, one or all, as the present release does.

    Those that can be used now are kept no longer, and Baton looks at once whether something is new there.
    """

    async def asked() -> HooksReplayed:
        async with beside_client() as desk:
            return await desk.replay_hooks(number)

    done = run(asked)
    if json_:
        print_json(done)
        return
    again = "can be used now, and is" if done.usable == 1 else "can be used now, and are"
    echo(f"{count(done.usable, 'delivery', 'deliveries')} {again} kept no longer")
    echo(f"{done.left:,} still cannot")
    for desk in done.desks:
        echo(f"Baton looks at {desk} now.")
