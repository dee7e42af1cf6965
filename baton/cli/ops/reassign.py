"""``baton ops reassign``: everything that somebody has goes to somebody else."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import click
from temporalio.client import Client

from baton.cli.ops.cases import CaseVerdict, Result, dry_run_option, each, found, report
from baton.cli.screen import echo
from baton.cli.shared import as_json, baton_client, count, fresh_id, run
from baton.client import BatonClient
from baton.contract import ChatSnapshot, TicketSnapshot, derived_id
from baton.desk.client import DeskClient
from baton.documents.directory import unknown_line, unknown_staff
from baton.errors import Refused
from baton.temporal.queries import LIVING, OURS, can_be_asked_for, equals

SECONDS = 60.0


@click.command("reassign")
@click.option("--from", "leaving", required=True, metavar="staff:ID", help="Who has the cases now.")
@click.option("--to", "to", required=True, metavar="staff:ID|line:ID", help="Who gets them.")
@click.option("--query", metavar="FILTER", help="Only those that this filter of the UI also finds.")
@click.option("--by", default="system:operations", show_default=True, help="Who does it: staff:ID.")
@click.option("--id", "name", help="The ID of an earlier, interrupted run, to resume it.")
@dry_run_option
@as_json
def command(
    leaving: str, to: str, query: str | None, by: str, name: str | None, dry_run: bool, json_: bool
) -> None:
    """Hand over every chat and ticket that somebody has, such as a colleague who leaves.

    These are the cases assigned or pinned to that person, including ended chats that are not closed. If the
    person composes the reply of a ticket, that is handed over, too. Departments stay asked as before.

    A line gives each case to another of its members who is available, or to its queue; none comes back to
    the person whose it was.

    \b
      baton ops reassign --from staff:lena --to line:line-1 --dry-run
    """
    staff = _named("--from", leaving, "staff")["staff"]
    target = _named("--to", to, "staff", "line")
    if target.get("staff") == staff:
        raise click.UsageError("--from and --to are the same person.")
    author = _named("--by", by, "staff", "system")
    run_id = name or fresh_id("reassign")
    results = run(_reassign, staff, target, author, query, run_id, dry_run, json_)
    if not dry_run and not json_ and any(one.verdict is CaseVerdict.FAILED for one in results):
        echo(f"To try the failed ones again, use the same command with --id {run_id}", err=True)
    report(results, json_)


def _named(option: str, written: str, *kinds: str) -> dict[str, str]:
    kind, colon, name = written.partition(":")
    if kind not in kinds or not colon or not name:
        wanted = " or ".join(f"{one}:ID" for one in kinds)
        raise click.UsageError(f"{option} is {written!r}; give {wanted}, such as {kinds[0]}:lena.")
    return {kind: name}


async def _reassign(
    staff: str,
    target: Mapping[str, str],
    author: Mapping[str, str],
    query: str | None,
    run_id: str,
    dry_run: bool,
    quiet: bool,
) -> list[Result]:
    async with baton_client() as client:
        await _require_known(client, "--to", target)
        ((author_type, author_id),) = author.items()

        async def reassign(case: str) -> Result:
            event = {
                "kind": "assigned",
                "id": derived_id(run_id, case),
                "author": {"type": author_type, "id": author_id},
                **target,
                **({"not_to": staff} if "line" in target else {}),
            }
            return await _hand_over(client, case, staff, event, dry_run)

        cases = await _cases_of(client.temporal, staff, query)
        if not cases:
            # Removed people may still have cases, but an unknown person without cases is a typing error.
            await _require_known(client, "--from", {"staff": staff})
        if not quiet:
            echo(f"{count(len(cases), 'case')} of {staff}", err=True)
        return await each(cases, "Reassigning", reassign, quiet=quiet)


def held_by(staff: str, query: str | None) -> str:
    """The query for the living cases that somebody has, the paused ones with them."""
    held = f"{OURS} AND {LIVING} AND ({equals('Assignee', staff)} OR {equals('PinnedTo', staff)})"
    return f"{held} AND ({query})" if query else held


async def _cases_of(client: Client, staff: str, query: str | None) -> list[str]:
    cases = await found(client, held_by(staff, query))
    if can_be_asked_for("Assignee", staff):
        return [one.id for one in cases]
    return [one.id for one in cases if staff in (one.value_of("Assignee"), one.value_of("PinnedTo"))]


async def _require_known(client: BatonClient, option: str, target: Mapping[str, str]) -> None:
    """Report an unknown name once, now: else each of a thousand cases refuses it, or nothing reports it."""
    desk = DeskClient(client.temporal, task_queue=client.task_queue)
    directory = (await desk.directory()).directory
    ((kind, name),) = target.items()
    known = directory["staff" if kind == "staff" else "lines"]
    if name not in known:
        unknown = unknown_staff([name], known) if kind == "staff" else unknown_line(name, known)
        raise click.UsageError(f"{option}: {unknown}")


async def _hand_over(
    client: BatonClient, case: str, staff: str, event: Mapping[str, Any], dry_run: bool
) -> Result:
    kind, _, rest = case.partition(":")
    channel, _, conversation = rest.partition(":")
    before: ChatSnapshot | TicketSnapshot
    if kind == "ticket":
        before = await client.ticket(rest).snapshot()
    else:
        before = await client.chat(channel, conversation).snapshot()
    # The list lags slightly behind, and whoever has the case by now keeps it.
    if staff not in _hands(before):
        return Result(case, CaseVerdict.NOTHING, "somebody else has it by now")
    if dry_run:
        return Result(case, CaseVerdict.WOULD, _standing(before))
    after: ChatSnapshot | TicketSnapshot
    try:
        if kind == "ticket":
            after = (await client.ticket(rest).send(event, timeout=SECONDS)).snapshot
        else:
            after = (await client.chat(channel, conversation).send(event, timeout=SECONDS)).snapshot
    except Refused as refusal:
        return Result(case, CaseVerdict.FAILED, f"{refusal.type}: {refusal}")
    return Result(case, CaseVerdict.DONE, _standing(after))


def _hands(case: ChatSnapshot | TicketSnapshot) -> tuple[str | None, ...]:
    if isinstance(case, TicketSnapshot):
        return case.assignee, case.composer
    return case.assignee, case.pinned_to, case.reserved_for


def _standing(case: ChatSnapshot | TicketSnapshot) -> str:
    who = case.assignee or (f"the queue of {case.line}" if case.line else "nobody")
    how = case.stage if isinstance(case, TicketSnapshot) else case.tab
    return f"{who} ({how})"
