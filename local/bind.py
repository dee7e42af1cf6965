"""``baton ops bind``: move a task queue to another database, on purpose."""

from __future__ import annotations

import asyncio
import os
import sys
from collections import Counter
from dataclasses import asdict

import click
from temporalio.client import Client

from baton.cli.desk.concerns import there_is_a_terminal
from baton.cli.ops.cases import dry_run_option
from baton.cli.screen import echo
from baton.cli.shared import as_json, baton_client, count, print_json, run
from baton.errors import BatonError
from baton.settings import CHECKOUT, Settings, load_settings
from baton.signs import one_line
from baton.temporal.binding import Bindable, Binding, binding_of, move
from baton.temporal.queries import LIVING, OURS, quoted
from baton.temporal.taskqueues import pollers


@click.command("bind")
@dry_run_option
@click.option("--yes", is_flag=True, help="Do not ask.")
@as_json
def command(dry_run: bool, yes: bool, json_: bool) -> None:
    """Make the database of the settings the one that belongs to the task queue.

    The first worker of a task queue does this by itself, and workers with another database refuse to start.
    So this is only for a task queue that shall go on with a really different database: one that was moved,
    copied or restored from a backup is still the same. Stop the workers first.

    Says what would follow, and asks; without a terminal it wants --yes.
    """
    run(_bind, load_settings(), dry_run, yes, json_)


async def _bind(settings: Settings, dry_run: bool, yes: bool, json_: bool) -> None:
    async with baton_client() as client:
        temporal, task_queue = client.temporal, client.task_queue
        before = await binding_of(temporal, task_queue)
        own = await _own(settings)
        is_bound = before is not None and before.to.database == own.database
        if not is_bound:
            await _say(temporal, task_queue, before, own, err=json_)
            if not dry_run:
                _agree(before, yes=yes)
                own = await _own(settings, make=True)
                await move(temporal, task_queue, own)
    if json_:
        was = None if before is None else {**asdict(before.to), "since": before.since.isoformat()}
        done = {"bound": not (is_bound or dry_run), "dry_run": dry_run}
        print_json({"task_queue": task_queue, "before": was, "database": asdict(own), **done})
    elif is_bound:
        echo(f"It belongs to the task queue {one_line(task_queue)} already: {one_line(str(before))}")
    else:
        echo("Nothing was changed." if dry_run else f"Bound: {one_line(str(own))}")


async def _say(client: Client, task_queue: str, before: Binding | None, own: Bindable, *, err: bool) -> None:
    running = f"{OURS} AND TaskQueue = {quoted(task_queue)} AND {LIVING}"
    cases = (await client.count_workflows(running)).count
    workers = await _polling(client, task_queue)
    said = [
        f"The task queue {task_queue} of the namespace {client.namespace} belongs to",
        f"    {before or 'no database yet'}",
        "and would belong to",
        f"    {own}",
        f"{count(cases, 'case')} running there would go on from what Temporal knows of them. Closed cases,",
        "texts, notices, presence and the directory stay in the database in which they are.",
    ]
    if workers:
        listed = ", ".join(f"{name} ({number})" for name, number in sorted(workers.items()))
        said += [
            "Workers have asked for work there within the last minutes. Those that still run go on",
            f"with the database that they have; stop them first: {listed}",
        ]
    for line in said:
        echo(one_line(line), err=err)


async def _polling(client: Client, task_queue: str) -> Counter[str]:
    """How many pollers each process has, by its name in Temporal."""
    return Counter(one.identity for one in await pollers(client, task_queue))


def _agree(before: Binding | None, *, yes: bool) -> None:
    """Go on only if nothing is bound, or somebody has agreed. Raises ``BatonError`` without a terminal."""
    if yes or before is None:
        return
    if not there_is_a_terminal():
        raise BatonError("Nothing was changed: there is no terminal to ask. Add --yes if it is meant.")
    click.confirm("Move the task queue to this database?", abort=True, err=True)


async def _own(settings: Settings, *, make: bool = False) -> Bindable:
    """The database of the settings. Raises ``BatonError`` if it cannot be used."""
    # As a program: no command imports the help desk. The URL may hold a password, so it goes by environment.
    asked = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "helpdesks", *(["--make"] if make else [])),
        cwd=CHECKOUT,
        env={**os.environ, **settings.as_environment()},
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
    )
    out, err = await asked.communicate()
    if asked.returncode:
        raise BatonError(err.decode(errors="replace").strip() or f"exit code {asked.returncode}")
    return Bindable.here(out.decode().strip(), settings.database_shown)
