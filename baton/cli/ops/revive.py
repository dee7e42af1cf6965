"""``baton ops revive``: continue a case whose workflow was closed by force."""

from __future__ import annotations

from collections.abc import Sequence

import click

from baton.cli.ops.cases import CaseVerdict, Result, dry_run_option, each, report, workflow_of
from baton.cli.screen import echo
from baton.cli.shared import as_json, count, desk_client, print_json, run
from baton.cli.tables import print_table
from baton.cli.times import clock, heading, utc_option
from baton.desk.api import LostCases
from baton.desk.client import DeskClient

DAYS = 30
_NOT_ALL = "More were closed by force than one run can check: revive these, then look again."


@click.command("revive")
@click.argument("cases", nargs=-1, metavar="[CASE]...")
@click.option("--all", "everything", is_flag=True, help="All lost cases.")
@click.option(
    "--days",
    type=click.IntRange(min=1, max=36_500),
    default=DAYS,
    show_default=True,
    help="How far back to look for lost cases.",
)
@dry_run_option
@utc_option
@as_json
def command(cases: tuple[str, ...], everything: bool, days: int, dry_run: bool, json_: bool) -> None:
    """Reopen cases whose workflow was closed by force: terminated, cancelled, timed out or failed.

    A case continues from what the help desk has kept: who has it, the departments asked, due times, notes,
    and what was not yet sent. Without a name, the command lists such cases. The next message revives a case
    by itself.

    \b
      baton ops revive
      baton ops revive telegram:42 T-7
      baton ops revive --all --dry-run
    """
    if cases and everything:
        raise click.UsageError("Name the cases, or give --all.")
    if cases or everything:
        report(run(_revive, cases, days, dry_run, json_), json_)
        return
    if dry_run:
        raise click.UsageError("Name the cases, or give --all: without either, they are only listed.")
    _show(run(_lost, days), json_)


async def _lost(days: int) -> LostCases:
    async with desk_client() as desk:
        return await desk.lost_cases(days=days)


def _show(found: LostCases, json_: bool) -> None:
    if json_:
        print_json([one.model_dump(mode="json") for one in found.cases])
    else:
        closed = heading("Closed", (one.at for one in found.cases))
        print_table(
            ("Case", closed, "How", "Reason"),
            [(one.workflow_id, clock(one.at), one.how, one.reason) for one in found.cases],
            "No case is lost.",
            whole=(closed, "How"),
        )
        if len(found.cases) > 1:
            echo(f"{count(len(found.cases), 'case')} lost; `baton ops revive --all` revives all")
    _warn(found)


def _warn(found: LostCases) -> None:
    if not found.all_looked_at:
        echo(_NOT_ALL, err=True)


async def _revive(cases: Sequence[str], days: int, dry_run: bool, quiet: bool) -> list[Result]:
    async with desk_client() as desk:
        named = list(dict.fromkeys(map(workflow_of, cases)))
        if not named:
            found = await desk.lost_cases(days=days)
            _warn(found)
            named = [one.workflow_id for one in found.cases]

        async def revive(case: str) -> Result:
            return await _revive_one(desk, case, dry_run)

        return await each(named, "Reviving", revive, quiet=quiet)


async def _revive_one(desk: DeskClient, case: str, dry_run: bool) -> Result:
    revived = await desk.revive(case, dry_run=dry_run)
    if not revived.goes_on:
        return Result(case, CaseVerdict.NOTHING, revived.what)
    return Result(case, CaseVerdict.WOULD if dry_run else CaseVerdict.DONE, revived.what)
