"""``baton api-key``: the keys with which programs come in at the gateway."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import AbstractAsyncContextManager
from typing import TYPE_CHECKING

import click

from baton.cli.screen import echo
from baton.cli.shared import as_json, client_of, print_json, run
from baton.cli.tables import print_table
from baton.cli.times import clock, heading, moment, utc_option

if TYPE_CHECKING:
    from baton.desk.apikeys import ApiKeyRow
    from baton.desk.apikeysclient import ApiKeysClient

_SCOPES = ("events", "read", "desk", "admin")
_GRACE_HOURS = 24.0
_NAME = click.argument("name")


@click.group("api-key")
def command() -> None:
    """Make, list, rotate and revoke the keys of the HTTP API.

    A key is shown once, when it is made. Baton keeps its digest only.
    """


def _scopes(_: click.Context, __: click.Parameter, written: str) -> Sequence[str]:
    scopes = [one.strip() for one in written.split(",") if one.strip()]
    unknown = [one for one in scopes if one not in _SCOPES]
    if unknown or not scopes:
        what = f"there is no scope {unknown[0]!r}" if unknown else "a key needs a scope"
        raise click.BadParameter(f"{what}; there are {', '.join(_SCOPES)}")
    return list(dict.fromkeys(scopes))


@command.command()
@_NAME
@click.option(
    "--scope",
    "scopes",
    required=True,
    callback=_scopes,
    metavar="SCOPE,…",
    help="What it allows: events (send events), read, desk (presence, blocked customers), admin (the "
    "directory). None includes another.",
)
@as_json
def new(name: str, scopes: Sequence[str], json_: bool) -> None:
    """Make a key called NAME, and print it. It is shown this one time."""
    run(_new, name, scopes, json_)


async def _new(name: str, scopes: Sequence[str], json_: bool) -> None:
    from baton.desk.apikeys import Scope, new_key
    from baton.desk.tokens import digest_of

    key = new_key()
    async with _client() as desk:
        row = await desk.add(name, digest_of(key), [Scope(one) for one in scopes])
    _show_key(key, row, json_)


@command.command()
@_NAME
@click.option(
    "--grace-hours",
    type=click.FloatRange(min=0, max=8784),
    default=_GRACE_HOURS,
    show_default=True,
    help="For how long the present key is still good; 0 ends it at once.",
)
@as_json
def rotate(name: str, grace_hours: float, json_: bool) -> None:
    """Make another key in place of NAME, with its scopes, and print it."""
    run(_rotate, name, grace_hours, json_)


async def _rotate(name: str, grace_hours: float, json_: bool) -> None:
    from baton.desk.apikeys import new_key
    from baton.desk.tokens import digest_of

    key = new_key()
    async with _client() as desk:
        row = await desk.rotate(name, digest_of(key), grace=grace_hours * 3600)
    _show_key(key, row, json_)


@command.command()
@_NAME
@as_json
def revoke(name: str, json_: bool) -> None:
    """End all keys called NAME. Gateways refuse them within ten seconds."""
    run(_revoke, name, json_)


async def _revoke(name: str, json_: bool) -> None:
    async with _client() as desk:
        rows = await desk.revoke(name)
    if json_:
        print_json(rows)
    else:
        echo(f"{name} lets nobody in any more.")


@command.command("list")
@utc_option
@as_json
def list_(json_: bool) -> None:
    """List all keys, those that have ended included."""
    run(_list, json_)


async def _list(json_: bool) -> None:
    async with _client() as desk:
        rows = await desk.keys()
    if json_:
        print_json(rows)
        return
    made = heading("Made", (row.made_at for row in rows))
    print_table(
        ("Name", "Allows", made, "Ends"),
        ((row.name, ", ".join(row.scopes), clock(row.made_at), moment(row.ends_at)) for row in rows),
        "There are no API keys: `baton api-key new` makes one.",
        whole=("Name", made, "Ends"),
    )


def _show_key(key: str, row: ApiKeyRow, json_: bool) -> None:
    if json_:
        print_json({"key": key, **row.model_dump(mode="json")})
        return
    # The key alone goes to standard output, so that it can be put into a file or a variable.
    echo(f"{row.name} allows: {', '.join(row.scopes)}. The key is shown this one time:", err=True)
    echo(key)


def _client() -> AbstractAsyncContextManager[ApiKeysClient]:
    from baton.desk.apikeysclient import ApiKeysClient  # here, as in `baton.cli.shared`

    return client_of(ApiKeysClient)
