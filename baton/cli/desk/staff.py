"""``baton staff``: who works here, and what they are doing."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any

import click

from baton.cli.desk import concerns
from baton.cli.desk.concerns import yes_option
from baton.cli.desk.staffways import ways
from baton.cli.language import say, several, spoken
from baton.cli.screen import echo
from baton.cli.shared import as_json, desk_client, print_json, run
from baton.cli.tables import print_table
from baton.cli.times import clock, heading, moment, utc_option
from baton.contract import Presence
from baton.desk.api import PresenceRow, ShownDirectory
from baton.documents.directory import unknown_staff
from baton.errors import BatonError, NotAllowed
from baton.phrases import names
from baton.signs import one_line

if TYPE_CHECKING:
    from baton.desk.client import DeskClient

ATTEMPTS = 5
"""How often a change is repeated because somebody else changed the directory in between."""

PRESENCES = click.Choice([presence.value for presence in Presence])
"""As the contract writes them."""

Staff = dict[str, dict[str, Any]]


def _member_options(function: Callable[..., None]) -> Callable[..., None]:
    for option in (
        click.option("--department", "departments", multiple=True, help="A department; may be repeated."),
        click.option("--role", "roles", multiple=True, help="A role; may be repeated."),
        click.option("--max-chats", type=click.IntRange(1, 1000), help="How many active chats at a time."),
        click.option(
            "--max-tickets",
            type=click.IntRange(1, 1000),
            help="How many open tickets at a time, to be looked at or answered.",
        ),
        click.option(
            "--chats/--no-chats", default=None, help="Whether this person works with chats by habit."
        ),
        click.option(
            "--shared/--no-shared",
            default=None,
            help="Whether several people use the account; a shared account never composes a reply.",
        ),
        click.option("--name", help="The name, for people."),
    ):
        function = option(function)
    return function


@click.group("staff")
def command() -> None:
    """Who works here, and what they are doing."""


@command.command("list")
@click.argument("staff", nargs=-1)
@click.option("--line", help="Only the members of this line.")
@click.option("--department", help="Only those who answer for this department.")
@click.option("--role", help="Only those with this role.")
@click.option("--presence", type=PRESENCES, help="Only those who are doing this.")
@utc_option
@as_json
def list_(staff: Sequence[str], presence: str | None, json_: bool, **filters: str | None) -> None:
    """List everybody, or these STAFF, with presence, line, habit, and how much they have to do.

    "Off duty" is who is outside the hours of the line, "full" who gets nothing more, and "in the grace" who
    went offline just now and still keeps everything.
    """
    run(_list, json_, staff=staff, presence=Presence(presence) if presence else None, **filters)


async def _list(json_: bool, **filters: Any) -> None:
    async with desk_client() as desk:
        rows, shown = await asyncio.gather(desk.presence(**filters), desk.directory())
    members: Staff = shown.directory.get("staff") or {}
    shared = {staff for staff, member in members.items() if member.get("shared")}
    if json_:
        print_json([{**row.model_dump(mode="json"), "shared": row.staff in shared} for row in rows])
        return
    since = heading(say("Since"), (row.since for row in rows))
    nobody = say("Nobody works here yet: {command}").format(command="baton staff add NAME --line LINE")
    print_table(
        (say("Staff"), say("Presence"), since, say("Line"), say("Works with chats"), say("Tickets")),
        (_row(row, row.staff in shared) for row in rows),
        say("Nobody is like that.") if members else nobody,
        whole=(since,),
    )


def _row(row: PresenceRow, shared: bool) -> tuple[str, ...]:
    habit = say("yes") if row.chats else say("rarely")
    habit += f", {_load(row, 'chats', row.has_chats, row.max_chats)}"
    habit += "; " + say("shared account") if shared else ""
    tickets = _load(row, "tickets", row.has_tickets, row.max_tickets)
    return row.staff, _shown(row.presence) + _remarks(row), clock(row.since), row.line or "–", habit, tickets


def _load(row: PresenceRow, kind: str, number: int, most: int) -> str:
    load = say("{number} of {most}").format(number=number, most=most)
    return load + ", " + spoken().of_kind("load", "full") if kind in row.full else load


def _shown(presence: Presence) -> str:
    return spoken().of(names.PRESENCES[presence])


def _remarks(row: PresenceRow) -> str:
    remarks = [say("off duty")] * row.off_duty + [say("in the grace")] * bool(row.grace_until)
    return "".join(f", {remark}" for remark in remarks)


@command.command("set-status")
@click.argument("staff", nargs=-1)
@click.argument("presence", type=PRESENCES)
@click.option("--line", "lines", multiple=True, help="The members of this line; may be repeated.")
@click.option("--all", "everyone", is_flag=True, help="Everybody in the directory.")
@utc_option
@as_json
def set_status(
    staff: Sequence[str], presence: str, lines: Sequence[str], everyone: bool, json_: bool
) -> None:
    """Say what STAFF are doing from now on: one person, several, a line, or all, in one call.

    "offline" takes effect after a grace period; coming back within it undoes it.

    \b
      baton staff set-status ivan online
      baton staff set-status ivan petra without_chats
      baton staff set-status --line line-1 online
    """
    if not (staff or lines or everyone) or (everyone and (staff or lines)):
        raise click.UsageError("Say whose status it is: names and lines (--line LINE), or --all.")
    if len(staff) == 1 and not lines:
        run(_set_status, staff[0], Presence(presence), json_)
    else:
        run(_set_several, Presence(presence), json_, staff=staff, lines=lines, everyone=everyone)


async def _set_status(staff: str, presence: Presence, json_: bool) -> None:
    async with desk_client() as desk:
        row = await desk.set_presence(staff, presence)
    if json_:
        print_json(row)
    else:
        done = say("{name} is {presence} since {time}.")
        presence_now = _shown(row.presence)
        since = f"{moment(row.since)}{_remarks(row)}"
        echo(done.format(name=row.staff, presence=presence_now, time=since))


async def _set_several(presence: Presence, json_: bool, **whom: Any) -> None:
    async with desk_client() as desk:
        done = await desk.set_presences(presence, **whom)
    if json_:
        print_json(done)
        return
    are = several("{number} person is", "{number} people are", len(done.staff))
    already = ""
    if done.already:
        already = several(
            "; {number} of them was already", "; {number} of them were already", len(done.already)
        )
    echo(f"{are} {_shown(presence)}{already}.")


@command.command()
@click.argument("staff")
@click.option("--line", required=True, help="The home line.")
@_member_options
@yes_option
@as_json
def add(staff: str, yes: bool, json_: bool, **fields: Any) -> None:
    """Add STAFF to the directory."""

    def change(members: Staff) -> None:
        if staff in members:
            raise BatonError(f"{staff!r} is in the directory already; `baton staff set` changes a member")
        members[staff] = _given(fields)

    run(_change, change, say("{name} was added.").format(name=staff), yes, json_)


@command.command("set")
@click.argument("staff")
@click.option("--line", help="The home line; '' for none.")
@_member_options
@yes_option
@as_json
def set_(staff: str, yes: bool, json_: bool, **fields: Any) -> None:
    """Change what the directory says about STAFF.

    Given roles and departments replace the earlier ones; '' means none.
    """
    given = _given(fields)
    if not given:
        raise click.UsageError("Nothing to change: name at least one option.")

    def change(members: Staff) -> None:
        members[staff] = _member(members, staff) | given

    run(_change, change, say("{name} was changed.").format(name=staff), yes, json_)


@command.command()
@click.argument("staff")
@yes_option
@as_json
def remove(staff: str, yes: bool, json_: bool) -> None:
    """Take STAFF out of the directory. What they had goes to others.

    Says beforehand how many cases that concerns, and asks; without a terminal it wants --yes.
    """

    def change(members: Staff) -> None:
        _member(members, staff)
        del members[staff]

    run(_change, change, say("{name} was removed.").format(name=staff), yes, json_)


def _given(fields: dict[str, Any]) -> dict[str, Any]:
    """The fields of a member that the options name. An empty string unsets a line, or empties a list."""
    given = {name: value for name, value in fields.items() if value is not None and value != ()}
    for name in given.keys() & {"roles", "departments"}:
        given[name] = [item for item in given[name] if item]
    if "line" in given:
        given["line"] = given["line"] or None
    return given


def _member(members: Staff, staff: str) -> dict[str, Any]:
    if staff not in members:
        raise unknown_staff([staff], members)
    return members[staff]


async def _change(change: Callable[[Staff], None], said: str, yes: bool, json_: bool) -> None:
    async with desk_client() as desk:
        concerned = await desk.preview_directory(_changed(await desk.directory(), change))
        concerns.say(concerned, None, err=json_)
        concerns.agree(concerned, yes=yes)
        shown = await change_staff(desk, change)
    if json_:
        print_json(shown)
    else:
        version = say("The directory is now version {version}.").format(version=shown.version)
        echo(f"{one_line(said)} {version}")


async def change_staff(desk: DeskClient, change: Callable[[Staff], None]) -> ShownDirectory:
    """Change the staff in the current directory, and try again if somebody else was quicker.

    Raises ``DirectoryRefused`` if the changed directory is wrong or the rules would not fit it.
    """
    attempt = 0
    while True:
        present = await desk.directory()
        try:
            return await desk.change_directory(_changed(present, change), based_on=present.version)
        except NotAllowed:
            attempt += 1
            if attempt == ATTEMPTS:
                raise


def _changed(present: ShownDirectory, change: Callable[[Staff], None]) -> dict[str, Any]:
    """The directory with other staff."""
    members: Staff = dict(present.directory.get("staff") or {})
    change(members)
    return {**present.directory, "staff": members}


command.add_command(ways)
