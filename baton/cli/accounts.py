"""``baton account``: the accounts with which people log in to the console."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from contextlib import AbstractAsyncContextManager
from typing import TYPE_CHECKING

import click

from baton.cli.screen import echo
from baton.cli.shared import as_json, client_of, print_json, run
from baton.cli.tables import print_table
from baton.cli.times import moment, utc_option

if TYPE_CHECKING:
    from baton.desk.accounts import AccountRow
    from baton.desk.accountsclient import AccountsClient

_ROLE = click.Choice(("agent", "dispatcher", "lead", "admin"))
_STAFF = click.argument("staff")


@click.group("account")
def command() -> None:
    """Who logs in to the console: invite people, change roles, shut out.

    An account belongs to one person of the directory. A link is printed once; Baton keeps its digest only.
    """


@command.command()
@_STAFF
@click.option("--role", type=_ROLE, help="What a new account may do. The default is agent.")
@as_json
def invite(staff: str, role: str | None, json_: bool) -> None:
    """Make an account for STAFF, and print a link to choose a password.

    The link works once, within seven days. Another one takes its place.
    """
    run(_invite, staff, role, json_)


async def _invite(staff: str, role: str | None, json_: bool) -> None:
    from baton.desk.accounts import Role

    wanted = Role(role) if role else None
    await _link(lambda client, digest: client.invite(staff, digest, wanted), json_)


@command.command()
@_STAFF
@as_json
def reset(staff: str, json_: bool) -> None:
    """End the password and all sessions of STAFF, and print a new link."""
    run(_reset, staff, json_)


async def _reset(staff: str, json_: bool) -> None:
    await _link(lambda client, digest: client.reset(staff, digest), json_)


@command.command()
@_STAFF
@click.argument("role", type=_ROLE)
@as_json
def role(staff: str, role: str, json_: bool) -> None:
    """Change what STAFF may do to ROLE. The sessions of STAFF end."""
    run(_role, staff, role, json_)


async def _role(staff: str, role: str, json_: bool) -> None:
    from baton.desk.accounts import Role

    async with _client() as client:
        row = await client.set_role(staff, Role(role))
    _show(row, f"{row.staff} has the role {row.role}.", json_)


@command.command()
@_STAFF
@as_json
def disable(staff: str, json_: bool) -> None:
    """Shut STAFF out, at once and everywhere."""
    run(_disable, staff, True, json_)


@command.command()
@_STAFF
@as_json
def enable(staff: str, json_: bool) -> None:
    """Let STAFF in again, with the password from before."""
    run(_disable, staff, False, json_)


async def _disable(staff: str, disabled: bool, json_: bool) -> None:
    async with _client() as client:
        row = await client.disable(staff, disabled=disabled)
    _show(row, f"{row.staff} {'is shut out' if disabled else 'may log in again'}.", json_)


@command.command("list")
@utc_option
@as_json
def list_(json_: bool) -> None:
    """List all accounts, with the roles, and who has not come in yet."""
    run(_list, json_)


async def _list(json_: bool) -> None:
    async with _client() as client:
        rows = await client.accounts()
    if json_:
        print_json(rows)
        return
    print_table(
        ("Staff", "Role", "State", "Sessions"),
        ((row.staff, row.role, _state(row), str(row.sessions)) for row in rows),
        "Nobody has an account: `baton account invite STAFF` makes one.",
        whole=("Staff", "Role"),
    )


def _state(row: AccountRow) -> str:
    if row.disabled_at:
        return f"disabled since {moment(row.disabled_at)}"
    if row.invited_until:
        return f"invited until {moment(row.invited_until)}"
    return f"logged in last {moment(row.signed_in_at)}" if row.signed_in_at else "never logged in"


async def _link(ask: Callable[[AccountsClient, str], Awaitable[AccountRow]], json_: bool) -> None:
    from baton.desk.accounts import INVITATION_DAYS, INVITATION_PATH
    from baton.desk.tokens import digest_of, new_token
    from baton.settings import load_settings

    token = new_token()
    async with _client() as client:
        row = await ask(client, digest_of(token))
    link = f"{load_settings().console_url}{INVITATION_PATH}{token}"
    if json_:
        print_json({"link": link, **row.model_dump(mode="json")})
        return
    # The link alone goes to standard output, so that it can be handed on.
    within = f"works once, within {INVITATION_DAYS} days, and is shown this one time"
    echo(f"{row.staff} has the role {row.role}. The link {within}:", err=True)
    echo(link)


def _show(row: AccountRow, said: str, json_: bool) -> None:
    if json_:
        print_json(row)
    else:
        echo(said)


def _client() -> AbstractAsyncContextManager[AccountsClient]:
    from baton.desk.accountsclient import AccountsClient  # here, as in `baton.cli.shared`

    return client_of(AccountsClient)
