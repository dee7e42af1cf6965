"""``baton desk``: the help desk that people work in, if it is not the embedded one."""

from __future__ import annotations

from contextlib import AbstractAsyncContextManager
from datetime import UTC, datetime
from typing import TYPE_CHECKING

import click

from baton.cli.screen import echo
from baton.cli.shared import as_json, client_of, count, print_json, run
from baton.cli.tables import print_table
from baton.cli.times import moment, utc_option
from baton.desk.beside import DeskFinding, DeskInUse, Imported

if TYPE_CHECKING:
    from baton.desk.besideclient import BesideClient, FeedHealth

MEANINGS = {
    "end_chat": "end a chat without closing it",
    "ends": "have chats that end without being closed",
    "pin": "pin a chat to somebody, or reserve it for somebody",
    "unassign": "take a case from everybody",
    "lines": "put a case into the queue of a line",
    "labels": "add and remove labels",
    "notes": "write notes that only staff see",
    "merge": "merge two cases",
    "presence": "see who is online",
    "author": "write in the name of any person",
}
"""What each capability is, in words."""
_LATE = 60.0
"""Seconds without a complete look after which `status` says that something is wrong."""


def beside_client() -> AbstractAsyncContextManager[BesideClient]:
    """The client for the desk beside the ledger, as the environment configures it."""
    from baton.desk.besideclient import BesideClient  # here, as in `baton.cli.shared`

    return client_of(BesideClient)


@click.group("desk")
def command() -> None:
    """The help desk that people work in: check it, see how far it was read, take over what is open.

    The workers know it by BATON_DESK_FILE, and only they have its password or key. See docs/desks.md.
    """


@command.command()
@as_json
def capabilities(json_: bool) -> None:
    """What the help desk can express, and what Baton says in notes instead."""

    async def asked() -> DeskInUse:
        async with beside_client() as desk:
            return await desk.in_use()

    found = run(asked)
    if json_:
        print_json(found)
        return
    echo(f"{found.name}{f' at {found.url}' if found.url else ''}")
    rows = [("yes", MEANINGS.get(one, one)) for one in found.can]
    rows += [("no", MEANINGS.get(one, one)) for one in found.cannot]
    print_table(("Can", "What"), rows, "Nothing.")


@command.command()
@as_json
def check(json_: bool) -> None:
    """Check credentials, rights, and whether all names of the mapping are there.

    Changes nothing. Exits with 1 if something is wrong.
    """

    async def asked() -> list[DeskFinding]:
        async with beside_client() as desk:
            return await desk.check()

    found = run(asked)
    wrong = sum(bool(one.wrong) for one in found)
    if json_:
        print_json([one.model_dump(mode="json") for one in found])
    else:
        rows = [("wrong" if one.wrong else "fine", one.what, one.wrong) for one in found]
        column = "What is wrong, and what to do"
        print_table(("", "What", column), rows, "There was nothing to check.", prose=(column,))
        if wrong:
            echo(f"{count(wrong, 'thing')} of {len(found)} wrong")
    if wrong:
        raise SystemExit(1)


@command.command()
@utc_option
@as_json
def status(json_: bool) -> None:
    """How far Baton has read what people do there, and what is in the way.

    Exits with 1 if the last complete look is too long ago.
    """

    async def asked() -> tuple[DeskInUse, FeedHealth]:
        async with beside_client() as desk:
            used = await desk.in_use()
            return used, await desk.feed(used.name)

    used, health = run(asked)
    known, now = health.status, datetime.now(UTC)
    late = known.looked_at is None or (now - known.looked_at).total_seconds() > max(_LATE, 6 * used.every)
    if json_:
        shown = {"desk": used.name, **known.model_dump(mode="json"), "late": late}
        print_json({**shown, "attempt": health.attempt, "last_error": health.last_error})
    else:
        rows = [
            ("Everything read until", moment(known.looked_at)),
            ("Last change there", moment(known.latest_at)),
            ("From there to its case", f"{known.lag:.1f} s"),
            ("Things that happened", f"{known.heard:,}"),
            ("Events told to cases", f"{known.told:,}"),
            ("Refused and put back", f"{known.refused:,}"),
            ("About no case of ours", f"{known.passed_over:,}"),
        ]
        if known.silent:
            rows.append(("Cases without an answer", ", ".join(known.silent)))
        if health.last_error:
            rows.append((f"Attempt {health.attempt - 1} failed", health.last_error))
        print_table((used.name, ""), rows, "")
    if late:
        raise SystemExit(1)


@command.command()
def look() -> None:
    """Have Baton look at once whether something is new there, as a hook does."""

    async def asked() -> str:
        async with beside_client() as desk:
            used = await desk.in_use()
            await desk.look(used.name)
            return used.name

    echo(f"Baton looks at {run(asked)} now.")


@command.command("setup")
@click.option("--dry-run", is_flag=True, help="Only say what would be made.")
@as_json
def set_up(dry_run: bool, json_: bool) -> None:
    """Make at the help desk what Baton needs there. Twice is as once."""

    async def asked() -> list[str]:
        async with beside_client() as desk:
            return await desk.set_up(dry_run=dry_run)

    said = run(asked)
    if json_:
        print_json(said)
        return
    for line in said or ["Everything that Baton needs is there."]:
        echo(line)


@command.command("import")
@click.option("--dry-run", is_flag=True, help="Only count what would be taken over.")
@as_json
def import_(dry_run: bool, json_: bool) -> None:
    """Take over what is open at the help desk now.

    A case comes as it is: the last message, who has it, its labels and status. Nobody is told of it again.
    Cases that Baton has already are left alone, so that an import that broke off is just started again.
    """
    done = run(_import, dry_run, json_)
    if json_:
        print_json(done)
    else:
        verb = "would be taken over" if dry_run else "taken over"
        echo(f"{count(done.taken_over, 'case')} {verb}, with {count(done.events, 'event')}")
        echo(f"{count(done.known, 'case')} known already")
        for line in done.refused:
            echo(f"not taken over: {line}")
    if done.refused:
        raise SystemExit(1)


async def _import(dry_run: bool, quiet: bool) -> Imported:
    done, after = Imported(), None
    async with beside_client() as desk:
        while True:
            page = await desk.import_page(after, dry_run=dry_run)
            done = Imported(
                total=page.total or done.total,
                seen=done.seen + page.seen,
                taken_over=done.taken_over + page.taken_over,
                known=done.known + page.known,
                events=done.events + page.events,
                refused=(*done.refused, *page.refused),
            )
            if not quiet:
                of = f" of {done.total:,}" if done.total else ""
                echo(f"{done.seen:,}{of} looked at", err=True)
            if page.after is None:
                return done
            after = page.after
