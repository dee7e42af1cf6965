"""``baton staff ways``: how people are told elsewhere what Baton tells them."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import AbstractAsyncContextManager
from typing import TYPE_CHECKING, Any

import click

from baton.cli.shared import as_json, client_of, print_json, run
from baton.cli.tables import print_table
from baton.cli.times import moment, utc_option

if TYPE_CHECKING:
    from baton.desk.outgoingclient import OutgoingClient
    from baton.desk.ways import PersonsWay

_KINDS = ("new", "unanswered", "offered", "mine", "assigned", "prompt", "due_soon", "overdue", "other")


def _kinds(_: click.Context, __: click.Parameter, written: str | None) -> Sequence[str] | None:
    if written is None:
        return None
    kinds = [one.strip().replace("-", "_") for one in written.split(",") if one.strip()]
    unknown = [one for one in kinds if one not in _KINDS]
    if unknown:
        raise click.BadParameter(f"there is no kind {unknown[0]!r}; there are {', '.join(_KINDS)}")
    return list(dict.fromkeys(kinds))


@click.command("ways")
@click.argument("staff", required=False)
@click.option("--email", metavar="ADDRESS", help="Tell this person by e-mail, at this address.")
@click.option(
    "--kinds",
    callback=_kinds,
    metavar="KIND,…",
    help="With --email: of what. Otherwise of everything but new and unanswered.",
)
@click.option(
    "--digest",
    type=click.IntRange(0, 1440),
    default=0,
    metavar="MINUTES",
    help="With --email: gather notices for so long into one message.",
)
@click.option("--quiet", is_flag=True, help="With --email: wait until this person is on duty.")
@click.option(
    "--urgent",
    callback=_kinds,
    metavar="KIND,…",
    help="With --email: what waits neither for duty nor to be gathered.",
)
@click.option("--no-email", is_flag=True, help="Tell this person nothing by e-mail any more.")
@utc_option
@as_json
def ways(
    staff: str | None,
    email: str | None,
    kinds: Sequence[str] | None,
    digest: int,
    quiet: bool,
    urgent: Sequence[str] | None,
    no_email: bool,
    json_: bool,
) -> None:
    """Show how STAFF, or everybody, is told elsewhere; or set it.

    The address goes through Temporal, encrypted if payloads are: see docs/security.md. A chat tool's URL is
    set by the HTTP API only.
    """
    wishes = {"kinds": kinds, "digest_minutes": digest, "quiet": quiet, "urgent": urgent}
    given = {name: value for name, value in wishes.items() if value}
    if (email or no_email) and staff is None:
        raise click.UsageError("Say whose ways: baton staff ways STAFF …")
    if email and no_email:
        raise click.UsageError("Give --email or --no-email, and not both.")
    if given and not email:
        raise click.UsageError("What is told, and when, is given with --email ADDRESS.")
    found = run(_ways, staff, email, no_email, given)
    if json_:
        print_json(found)
    else:
        _show(found)


async def _ways(
    staff: str | None, email: str | None, no_email: bool, given: dict[str, Any]
) -> list[PersonsWay]:
    from pydantic import ValidationError

    from baton.desk.outgoing import Way
    from baton.desk.ways import MailWishes

    async with _client() as desk:
        if staff is not None and email:
            try:
                wishes = MailWishes(staff=staff, address=email, **given)
            except ValidationError:
                raise click.BadParameter(f"{email!r} is no address such as ivan@company.example") from None
            return await desk.set_mail(wishes)
        if staff is not None and no_email:
            return await desk.end_ways(staff, Way.EMAIL)
        return await desk.ways(staff)


def _show(found: Sequence[PersonsWay]) -> None:
    print_table(
        ("Staff", "Way", "Where", "Of what", "When", "Last error"),
        (
            (
                one.staff,
                one.way,
                one.address or one.place or "",
                ", ".join(one.kinds),
                _when(one),
                f"{moment(one.last_error_at)}: {one.last_error}" if one.last_error else "",
            )
            for one in found
        ),
        "Nobody is told anything elsewhere.",
        prose=("Of what", "When", "Last error"),
    )


def _when(way: PersonsWay) -> str:
    parts = [f"gathered for {way.digest_minutes} min" if way.digest_minutes else "at once"]
    if way.quiet:
        parts.append("on duty only")
    if way.urgent:
        parts.append(f"at any time: {', '.join(way.urgent)}")
    return "; ".join(parts)


def _client() -> AbstractAsyncContextManager[OutgoingClient]:
    from baton.desk.outgoingclient import OutgoingClient  # here, as in `baton.cli.shared`

    return client_of(OutgoingClient)
