"""``baton ops filters``: ready-made filters for the Temporal UI, with links."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

import click
from temporalio.client import Client

from baton.cli.screen import echo
from baton.cli.shared import as_json, baton_client, print_json, run
from baton.cli.webui import namespace as configured_namespace
from baton.cli.webui import ui_address
from baton.contract import CHAT_WORKFLOW, TASK_QUEUE, TICKET_WORKFLOW, TicketStage
from baton.settings import load_settings
from baton.signs import one_line
from baton.temporal.queries import OURS, can_be_asked_for, equals, moment, quoted
from baton.temporal.visibility import FORCED
from baton.temporal.webaddresses import list_address

LONG_DAYS = 30


RUNNING = "ExecutionStatus = 'Running'"
_CHAT = f"WorkflowType = '{CHAT_WORKFLOW}'"
_TICKET = f"WorkflowType = '{TICKET_WORKFLOW}'"


@dataclass(frozen=True)
class Filter:
    """A list of cases: what it is called, what is in it, and how the UI finds it."""

    name: str
    meaning: str
    query: str

    def link(self, ui: str, namespace: str) -> str:
        """The address of the list in the UI."""
        return list_address(ui, namespace, self.query)


def filters(
    now: datetime,
    *,
    task_queue: str = TASK_QUEUE,
    line: str | None = None,
    staff: str | None = None,
    label: str | None = None,
    days: int = LONG_DAYS,
) -> Iterator[Filter]:
    """The filters. Those about a line, a person or a label are included if it is named.

    Args:
        now: the time from which "overdue" and "running long" are counted.
        task_queue: that of the workers.
        label: the label of a department.
        days: what counts as running long.
    """
    yield Filter("new", "new chats that nobody has", f"{_CHAT} AND Tab = 'new' AND {RUNNING}")
    yield Filter(
        "unanswered", "ended, and the customer waits", f"{_CHAT} AND Tab = 'unanswered' AND {RUNNING}"
    )
    yield Filter(
        "reserved", "waiting for the customer's answer", f"{_CHAT} AND Tab = 'reserved' AND {RUNNING}"
    )
    if line is not None:
        yield Filter(
            "queue",
            f"the queue of {line}{_and_others('Line', line)}",
            # A chat in Unanswered keeps its place, even if it has an assignee.
            f"{equals('Line', line)} AND (Tab = 'unanswered' OR (Assignee IS NULL AND "
            f"(Tab = 'new' OR {_TICKET}))) AND {RUNNING}",
        )
    if staff is not None:
        yield Filter(
            "mine",
            f"the Mine tab of {staff}{_and_others('PinnedTo', staff)}",
            f"{_CHAT} AND Tab = 'mine' AND {equals('PinnedTo', staff)} AND {RUNNING}",
        )
        yield Filter(
            "assigned",
            f"all cases that {staff} has{_and_others('Assignee', staff)}",
            f"{equals('Assignee', staff)} AND {RUNNING}",
        )
    for stage in TicketStage:
        if stage is not TicketStage.CLOSED:
            yield Filter(
                stage.value, f"tickets in {stage}", f"{_TICKET} AND TicketStage = '{stage}' AND {RUNNING}"
            )
    if label is not None:
        yield Filter(
            "department",
            f"open tickets with the label {label}{_and_others('Labels', label)}",
            f"{_TICKET} AND CaseStatus = 'open' AND {equals('Labels', label)} AND {RUNNING}",
        )
    yield Filter("overdue", "an answer is overdue", f"{_TICKET} AND DueAt < '{moment(now)}' AND {RUNNING}")
    yield Filter(
        "stuck",
        f"the worker cannot go on: see its log; or it is not on {task_queue}: see `baton ops move`",
        f"{OURS} AND (TemporalReportedProblems IS NOT NULL OR TaskQueue != {quoted(task_queue)}) "
        f"AND {RUNNING}",
    )
    yield Filter(
        "paused",
        "nothing happens in them until somebody unpauses them",
        f"{OURS} AND ExecutionStatus = 'Paused'",
    )
    yield Filter(
        "failed",
        "ended by an error, or by force; some have continued since: see `baton ops revive`",
        FORCED,
    )
    yield Filter(
        "long",
        f"running for more than {days} days",
        f"{OURS} AND StartTime < '{moment(now - timedelta(days=days))}' AND {RUNNING}",
    )


def _and_others(name: str, value: str) -> str:
    """What to add to the meaning of a filter that finds too much."""
    return "" if can_be_asked_for(name, value) else ", and others: Temporal cannot look for such signs"


@click.command("filters")
@click.argument("names", nargs=-1, metavar="[NAME]...")
@click.option("--line", help="Also the queue of this line.")
@click.option("--staff", help="Also what this person has.")
@click.option("--label", help="Also the open tickets of the department with this label.")
@click.option(
    "--days",
    type=click.IntRange(min=1, max=36_500),
    default=LONG_DAYS,
    show_default=True,
    help="What counts as running long.",
)
@click.option("--ui", metavar="URL", help="The address of the Temporal UI. The default is that of baton up.")
@click.option("--count", "with_count", is_flag=True, help="Ask Temporal how many cases each finds now.")
@as_json
def command(names: tuple[str, ...], ui: str | None, with_count: bool, json_: bool, **about: Any) -> None:
    """Print filters for the Temporal UI, each with a link; all, or those that are named.

    \b
      baton ops filters overdue stuck failed --count
      baton ops filters department --label billing --ui https://ui.example.org
    """
    known = {
        one.name: one for one in filters(datetime.now(UTC), task_queue=load_settings().task_queue, **about)
    }
    for name in names:
        if name not in known:
            raise click.UsageError(
                f"There is no filter {name!r}. The filters are: {', '.join(known)}. With --line there is "
                "queue, with --staff mine and assigned, with --label department."
            )
    chosen = [known[name] for name in dict.fromkeys(names)] if names else list(known.values())
    namespace, counts = run(_counted, chosen, with_count)
    address = ui_address(ui)
    if json_:
        print_json(
            [
                {
                    "name": one.name,
                    "meaning": one.meaning,
                    "query": one.query,
                    "link": one.link(address, namespace),
                    **({"cases": number} if number is not None else {}),
                }
                for one, number in zip(chosen, counts, strict=True)
            ]
        )
        return
    for one, number in zip(chosen, counts, strict=True):
        found = "" if number is None else f" ({number:,} now)"
        echo(f"{one_line(one.name)}: {one_line(one.meaning)}{found}")
        echo(f"    {one_line(one.query)}")
        echo(f"    {one.link(address, namespace)}")


async def _counted(chosen: Sequence[Filter], with_count: bool) -> tuple[str, list[int | None]]:
    """The namespace, and how many cases each filter finds if counts are wanted."""
    if not with_count:
        return configured_namespace(), [None] * len(chosen)
    async with baton_client() as client:
        return client.temporal.namespace, [await _number(client.temporal, one.query) for one in chosen]


async def _number(client: Client, query: str) -> int:
    return (await client.count_workflows(query)).count
