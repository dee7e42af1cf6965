"""``baton webhooks``: who is told elsewhere what happens, and what did not arrive."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import AbstractAsyncContextManager
from typing import TYPE_CHECKING

import click

from baton.cli.screen import echo
from baton.cli.shared import as_json, client_of, count, print_json, run
from baton.cli.tables import print_table
from baton.cli.times import as_typed, clock, heading, moment, utc_option

if TYPE_CHECKING:
    from datetime import datetime

    from baton.desk.outgoingclient import OutgoingClient

_ID = click.argument("webhook")


@click.group("webhooks")
def command() -> None:
    """Who is told elsewhere what happens, and letters that did not arrive.

    Webhooks are made and changed by the HTTP API: a secret must not pass through Temporal. See
    docs/webhooks.md.
    """


@command.command("list")
@utc_option
@as_json
def list_(json_: bool) -> None:
    """List all subscribers, with what waits for each and its last error."""
    run(_list, json_)


async def _list(json_: bool) -> None:
    async with _client() as desk:
        found = await desk.subscribers()
    if json_:
        print_json(found)
        return
    print_table(
        ("ID", "Name", "Way", "State", "Waiting", "Dead", "Last error"),
        (
            (
                one.id,
                one.name,
                one.way,
                one.state if not one.failures else f"{one.state}, fails",
                f"{one.waiting:,}",
                f"{one.dead:,}",
                f"{moment(one.last_error_at)}: {one.last_error}" if one.last_error else "",
            )
            for one in found
        ),
        "Nobody is told anything: `POST /v1/webhooks` makes a webhook.",
        whole=("ID",),
        prose=("Last error",),
    )


@command.command()
@_ID
@click.option("--limit", type=click.IntRange(1, 1000), default=50, show_default=True, help="At most so many.")
@utc_option
@as_json
def dead(webhook: str, limit: int, json_: bool) -> None:
    """List letters that did not arrive and are not tried any more, the latest first."""
    run(_dead, webhook, limit, json_)


async def _dead(webhook: str, limit: int, json_: bool) -> None:
    async with _client() as desk:
        found = await desk.dead(webhook, limit=limit)
    if json_:
        print_json(found)
        return
    happened = heading("Happened", (one.at for one in found))
    print_table(
        ("ID", "What", "About", happened, "Why it did not arrive"),
        (
            (str(one.id), one.type, one.about, clock(one.at), f"{one.why} (attempts: {one.attempts})")
            for one in found
        ),
        "Everything arrived, or is still tried.",
        whole=("ID", happened),
        prose=("Why it did not arrive",),
    )


@command.command()
@_ID
@click.argument("letters", nargs=-1, type=click.IntRange(min=1), metavar="[LETTER]…")
@click.option(
    "--since",
    type=click.DateTime(["%Y-%m-%d", "%Y-%m-%dT%H:%M", "%Y-%m-%dT%H:%M:%S", "%Y-%m-%dT%H:%M:%S%z"]),
    metavar="TIME",
    help="Those that died then or later, such as 2026-03-02T13:00.",
)
@utc_option
@as_json
def replay(webhook: str, letters: Sequence[int], since: datetime | None, json_: bool) -> None:
    """Try dead letters again: these, or all of them."""
    run(_replay, webhook, letters, since and as_typed(since), json_)


async def _replay(webhook: str, letters: Sequence[int], since: datetime | None, json_: bool) -> None:
    async with _client() as desk:
        number = await desk.replay(webhook, ids=letters, since=since)
    if json_:
        print_json({"letters": number})
    else:
        echo(f"{count(number, 'letter')} tried again")


@command.command()
@_ID
def pause(webhook: str) -> None:
    """Let the letters of a subscriber wait."""
    run(_set, webhook, False)


@command.command()
@_ID
def resume(webhook: str) -> None:
    """Deliver again, at once: also after its target was switched off, or failed."""
    run(_set, webhook, True)


async def _set(webhook: str, active: bool) -> None:
    async with _client() as desk:
        now = await (desk.resume(webhook) if active else desk.pause(webhook))
    echo(f"{now.id} is {now.state}, and {count(now.waiting, 'letter')} wait for it.")


def _client() -> AbstractAsyncContextManager[OutgoingClient]:
    from baton.desk.outgoingclient import OutgoingClient  # here, as in `baton.cli.shared`

    return client_of(OutgoingClient)
