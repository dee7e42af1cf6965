"""``baton replay``: do recorded histories still fit the workflow code of this checkout?"""

from __future__ import annotations

import asyncio
import base64
import os
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AsyncExitStack
from dataclasses import dataclass
from pathlib import Path

import click
from temporalio.api.history.v1 import History
from temporalio.client import Client
from temporalio.service import RPCError, RPCStatusCode

from baton.cli.screen import echo_json
from baton.cli.shared import as_json, baton_client, run
from baton.contract import CHAT_WORKFLOW, TICKET_WORKFLOW
from baton.errors import BatonError
from baton.settings import CHECKOUT
from baton.temporal.environment import connect_config
from baton.temporal.executions import Execution, listed
from baton.temporal.queries import without_bindings
from replaygate import forprograms
from replaygate import report as replayreport
from replaygate.pool import Pool, Request, replay_command, request_for
from replaygate.result import Accepted, HistoryVerdict, Result
from replaygate.tally import Tally

GOLDEN = CHECKOUT / "tests/replay/golden"
ACCEPTED = CHECKOUT / "tests/replay/accepted.toml"
_AHEAD = 2
"""Histories for each process that are fetched or waiting at the same time."""

Item = Callable[[], Awaitable[Request | Result]]
"""Fetches a history, or says why there is none."""


@dataclass(frozen=True)
class Options:
    """What the command line says."""

    folder: Path | None
    query: str | None
    limit: int | None
    processes: int
    quiet: bool


@click.command("replay")
@click.option("--golden", is_flag=True, help="The golden histories of this checkout. This is the default.")
@click.option(
    "--folder",
    type=click.Path(path_type=Path, exists=True, file_okay=False),
    help="Histories as JSON, as the Temporal UI and `temporal workflow show` export them.",
)
@click.option("--query", help="Histories of the namespace: a filter as in the Temporal UI; '' for all.")
@click.option("--limit", type=click.IntRange(min=1), help="Take so many from the namespace, at most.")
@click.option("--strict", is_flag=True, help="Exit with 1 also if the content of a command differs.")
@click.option(
    "--accept",
    type=click.Path(path_type=Path, exists=True, dir_okay=False),
    help="Differences that are known and meant. The default is tests/replay/accepted.toml.",
)
@click.option(
    "--processes", type=click.IntRange(0, 256), default=0, help="Processes; 0 means one for each core."
)
@click.option(
    "--junit",
    type=click.Path(path_type=Path, dir_okay=False),
    help="Write a report for CI here, as JUnit XML.",
)
@as_json
def command(
    golden: bool,
    folder: Path | None,
    query: str | None,
    limit: int | None,
    strict: bool,
    accept: Path | None,
    processes: int,
    junit: Path | None,
    json_: bool,
) -> None:
    """Replay histories against the workflow code of this checkout.

    \b
      baton replay                                     the golden histories
      baton replay --query "ExecutionStatus='Running'" the cases that run
      baton replay --folder exported                   what somebody sent

    A history is broken if the code no longer makes the commands that are recorded in it: a case in that
    situation would be stuck. It is different if the code makes them with other content, such as other
    arguments of an activity; --strict counts that as a failure, too.

    Exits with 1 if a history is broken or unreadable, or if there was none.
    """
    if golden + (folder is not None) + (query is not None) > 1:
        raise click.UsageError("Give one of --golden, --folder and --query.")
    if limit is not None and query is None:
        raise click.UsageError("--limit needs --query: it is for histories of the namespace.")
    tally = Tally(_accepted(accept), strict, keep=junit is not None)
    source = folder if folder is not None or query is not None else _golden()
    run(_replay, Options(source, query, limit, processes or os.cpu_count() or 1, quiet=json_), tally)
    if json_:
        echo_json(forprograms.as_dict(tally))
    else:
        replayreport.print_summary(tally)
    if junit is not None:
        forprograms.write_junit(tally, junit)
    if not tally.passed:
        raise SystemExit(1)


def _golden() -> Path:
    if not GOLDEN.is_dir():
        raise BatonError(f"There are no golden histories here ({GOLDEN}). They are in a checkout of Baton.")
    return GOLDEN


def _accepted(chosen: Path | None) -> Accepted:
    if chosen is None and not ACCEPTED.is_file():
        return Accepted()
    return Accepted.load(chosen or ACCEPTED)


async def _replay(options: Options, tally: Tally) -> None:
    async with AsyncExitStack() as stack:
        if options.folder is not None:
            config = connect_config()
            namespace, items = config.get("namespace") or "default", _in_folder(options.folder, tally)
        else:
            client = (await stack.enter_async_context(baton_client())).temporal
            namespace, items = client.namespace, _in_namespace(client, options, tally)
        command = replay_command(namespace)
        pool = await stack.enter_async_context(Pool.open(command, options.processes))
        showing = asyncio.create_task(replayreport.show_progress(tally, quiet=options.quiet))
        tally.begin()
        try:
            await _work_off(items, pool, tally)
        finally:
            tally.finish()
            showing.cancel()
            await asyncio.gather(showing, return_exceptions=True)


async def _work_off(items: AsyncIterator[Item], pool: Pool, tally: Tally) -> None:
    """Replay what comes, a bounded number at once."""
    places = asyncio.Semaphore(pool.size * _AHEAD)

    async def replay(item: Item) -> None:
        try:
            got = await item()
            tally.add(got if isinstance(got, Result) else await pool.replay(got))
        finally:
            places.release()

    running: set[asyncio.Task[None]] = set()
    try:
        async for item in items:
            await places.acquire()
            for task in [task for task in running if task.done()]:
                running.remove(task)
                task.result()
            running.add(asyncio.create_task(replay(item)))
        await asyncio.gather(*running)
    finally:
        for task in running:
            task.cancel()
        await asyncio.gather(*running, return_exceptions=True)


# --- Where histories come from --------------------------------------------------------------------


async def _in_folder(folder: Path, tally: Tally) -> AsyncIterator[Item]:
    paths = sorted(folder.rglob("*.json"))
    tally.total = len(paths)
    for path in paths:
        yield _ready(request_for(path, str(path.relative_to(folder))))


async def _in_namespace(client: Client, options: Options, tally: Tally) -> AsyncIterator[Item]:
    query = without_bindings(options.query or "")
    found = (await client.count_workflows(query)).count
    tally.total = min(found, options.limit or found)
    async for execution in listed(client, query, limit=options.limit):
        if execution.workflow_type not in (CHAT_WORKFLOW, TICKET_WORKFLOW):
            yield _ready(_skipped(execution, f"another workflow type: {execution.workflow_type}"))
        else:
            yield _fetched(client, execution)


def _ready(got: Request | Result) -> Item:
    async def give() -> Request | Result:
        return got

    return give


def _fetched(client: Client, execution: Execution) -> Item:
    async def fetch() -> Request | Result:
        handle = client.get_workflow_handle(execution.id, run_id=execution.run_id)
        try:
            history = await handle.fetch_history()
        except RPCError as error:
            if error.status is RPCStatusCode.NOT_FOUND:
                return _skipped(execution, "the server no longer keeps it")
            return _result(execution, HistoryVerdict.UNREADABLE, f"It could not be fetched: {error.message}")
        written = History(events=history.events).SerializeToString()
        encoded = base64.b64encode(written).decode()
        return {"name": execution.id, "run": execution.run_id, "history": encoded}

    return fetch


def _skipped(execution: Execution, why: str) -> Result:
    return _result(execution, HistoryVerdict.SKIPPED, why)


def _result(execution: Execution, verdict: HistoryVerdict, what: str) -> Result:
    return Result(
        name=execution.id,
        workflow_id=execution.id,
        run_id=execution.run_id,
        workflow_type=execution.workflow_type,
        verdict=verdict,
        what=what,
    )
