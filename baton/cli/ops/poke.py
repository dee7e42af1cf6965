"""``baton ops poke``: have a case look again at the time, the rules and who is present."""

from __future__ import annotations

from collections.abc import Sequence

import click

from baton.cli.ops.cases import CaseVerdict, Result, case_arguments, chosen, each, report
from baton.cli.shared import as_json, baton_client, run
from baton.contract import POKE
from baton.temporal.executions import unpaused


@click.command("poke")
@case_arguments
@as_json
def command(cases: tuple[str, ...], query: str | None, dry_run: bool, json_: bool) -> None:
    """Have a case look at its timed rules, offers and absences now, by the rules now in force.

    A case does so by itself at every event and whenever something comes due. But a case learns of a new
    timed rule only at its next event. Poking is that event: it moves nothing that is not due.

    \b
      baton ops poke telegram:42 T-7
      baton ops poke --query "Tab = 'unanswered' AND ExecutionStatus = 'Running'"
    """
    report(run(_poke, cases, query, dry_run, json_), json_)


async def _poke(cases: Sequence[str], query: str | None, dry_run: bool, quiet: bool) -> list[Result]:
    async with baton_client() as client:

        async def poke(case: str) -> Result:
            # A paused case would take the signal, and nobody would hear that nothing comes of it.
            described = await unpaused(client.temporal, case)
            if dry_run:
                if not described.living:
                    return Result(case, CaseVerdict.NOTHING, "it is closed")
                return Result(case, CaseVerdict.WOULD)
            await client.temporal.get_workflow_handle(case).signal(POKE)
            return Result(case, CaseVerdict.DONE)

        return await each(await chosen(client.temporal, cases, query), "Poking", poke, quiet=quiet)
