"""What the repairs share: choosing the cases, working on many at once, and reporting each result."""

from __future__ import annotations

import asyncio
import time
from collections import Counter
from collections.abc import Awaitable, Callable, Coroutine, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from enum import StrEnum
from functools import wraps
from typing import Any, TypeVar

import click
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn
from temporalio.client import Client
from temporalio.service import RPCError, RPCStatusCode

from baton.cli.console import Screen
from baton.cli.screen import echo
from baton.cli.shared import chat_id, count, print_json, ticket_name
from baton.cli.tables import print_table
from baton.contract import chat_workflow_id, ticket_workflow_id
from baton.errors import BatonError
from baton.temporal.executions import Execution, listed
from baton.temporal.failures import failure_of_operating
from baton.temporal.queries import without_bindings

AT_ONCE = 20
"""Cases that are worked on at the same time."""
PLAIN_SECONDS = 10.0

ItemT = TypeVar("ItemT")

dry_run_option = click.option("--dry-run", is_flag=True, help="Only say what would be done.")


class CaseVerdict(StrEnum):
    """What came of one case."""

    DONE = "done"
    WOULD = "would be done"
    NOTHING = "nothing to do"
    FAILED = "failed"


@dataclass(frozen=True)
class Result:
    """One case, what came of it, and details."""

    case: str
    verdict: CaseVerdict
    detail: str = ""


def case_arguments(command: Callable[..., None]) -> Callable[..., None]:
    """The arguments of a repair that may concern many cases: ``cases``, ``query``, ``dry_run``.

    Raises ``click.UsageError`` unless cases are either named or looked for.
    """

    @wraps(command)
    def checked(cases: Sequence[str], query: str | None, **others: Any) -> None:
        if bool(cases) == (query is not None):
            raise click.UsageError("Name the cases, or give a filter with --query.")
        command(cases=cases, query=query, **others)

    for option in (
        click.argument("cases", nargs=-1, metavar="[CASE]..."),
        click.option("--query", metavar="FILTER", help="The cases that this filter of the UI finds."),
        dry_run_option,
    ):
        checked = option(checked)
    return checked


def workflow_of(written: str) -> str:
    """The workflow ID of a case, from ``telegram:42``, ``T-7``, or the ID itself.

    Raises ``InvalidEvent`` or ``click.UsageError``, which say how to name a case.
    """
    ticket = ticket_name(written)
    if ticket == written and ":" in written:
        return chat_workflow_id(*chat_id([written]))
    return ticket_workflow_id(ticket)


async def chosen(client: Client, cases: Sequence[str], query: str | None) -> list[str]:
    """The workflow IDs of the cases that are named, or found."""
    if query is None:
        return list(dict.fromkeys(map(workflow_of, cases)))
    return [one.id for one in await found(client, query)]


async def found(client: Client, query: str) -> list[Execution]:
    """The cases that a filter finds: the latest run of each. Raises ``BatonError`` if it is none."""
    try:
        runs = [one async for one in listed(client, without_bindings(query))]
        return list({one.id: one for one in reversed(runs)}.values())[::-1]
    except RPCError as error:
        if error.status is not RPCStatusCode.INVALID_ARGUMENT:
            raise
        raise BatonError(f"Temporal does not take the filter {query!r}: {error.message}") from None


async def each(
    items: Sequence[str], what: str, do: Callable[[str], Awaitable[Result]], *, quiet: bool = False
) -> list[Result]:
    """Run ``do`` on every case, `AT_ONCE` at a time. One that fails does not hold up the others.

    Args:
        what: shown meanwhile on standard error.
        quiet: a program is reading; show nothing unless there is a terminal.
    """
    free = asyncio.Semaphore(AT_ONCE)

    async def one(case: str) -> Result:
        async with free:
            try:
                result = await do(case)
            except (BatonError, RPCError) as error:
                result = Result(case, CaseVerdict.FAILED, _reason(error))
            step()
            return result

    with _progress(what, len(items), quiet=quiet) as step:
        return await _gathered([one(case) for case in items])


async def _gathered(work: Sequence[Coroutine[Any, Any, Result]]) -> list[Result]:
    async with asyncio.TaskGroup() as group:
        tasks = [group.create_task(one) for one in work]
    return [task.result() for task in tasks]


@contextmanager
def _progress(what: str, total: int, *, quiet: bool) -> Any:
    """Yield a function to call after each case: it shows a bar in a terminal, else a line now and then."""
    console = Screen(stderr=True)
    if console.is_terminal:
        columns = (TextColumn("{task.description}"), BarColumn(24), MofNCompleteColumn(), TimeElapsedColumn())
        with Progress(*columns, console=console, transient=True) as progress:
            task = progress.add_task(what, total=total)
            yield lambda: progress.advance(task)
        return
    done, said = 0, time.monotonic()

    def step() -> None:
        nonlocal done, said
        done += 1
        if not quiet and time.monotonic() - said >= PLAIN_SECONDS:
            said = time.monotonic()
            echo(f"{what}: {done:,} of {total:,}", err=True)

    yield step


def _reason(error: Exception) -> str:
    if isinstance(error, RPCError):
        return str(failure_of_operating(error, "there is no such case, or it is closed"))
    return str(error)


def report(results: Sequence[Result], json_: bool) -> None:
    """Print what came of the cases. Exits with 1 if one of them failed."""
    if json_:
        print_json([asdict(result) for result in results])
    else:
        print_table(
            ("Case", "", "What"),
            [(one.case, one.verdict.value, one.detail) for one in results],
            "No case was found.",
            whole=("",),
        )
        if len(results) > 1:
            verdicts = Counter(one.verdict for one in results)
            said = ", ".join(
                f"{verdicts[verdict]:,} {verdict}" for verdict in CaseVerdict if verdicts[verdict]
            )
            echo(f"{count(len(results), 'case')}: {said}")
    if any(one.verdict is CaseVerdict.FAILED for one in results):
        raise SystemExit(1)
