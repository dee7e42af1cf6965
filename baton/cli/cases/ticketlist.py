"""Lists of tickets, which ``baton inbox`` and ``baton ticket list`` print."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

import click

from baton.cli.cases.eventoptions import FunctionT
from baton.cli.language import say, several, spoken
from baton.cli.screen import echo
from baton.cli.shared import desk_client, print_json, shortened
from baton.cli.tables import print_table
from baton.cli.times import heading, minute
from baton.contract import TICKET_WORKFLOW, Status, TicketStage
from baton.desk.api import TicketQuery, TicketRow
from baton.documents.directory import unknown_department
from baton.phrases import listed
from baton.phrases.waits import waits_for
from baton.temporal.queries import equals


def prose() -> tuple[str, str]:
    """The last columns of a list of cases."""
    return say("Why it waits"), say("Text")


def ticket_filters(function: FunctionT) -> FunctionT:
    """The options that say which tickets to list."""
    for option in reversed(
        (
            click.option("--department", metavar="KEY", help="Only open tickets with its label."),
            click.option("--staff", metavar="NAME", help="Only what this person sees, has or composes."),
            click.option(
                "--stage",
                type=click.Choice([stage.value for stage in TicketStage if stage is not TicketStage.CLOSED]),
                help="Only tickets in this stage.",
            ),
            click.option(
                "--status",
                type=click.Choice([Status.OPEN.value, Status.PENDING.value]),
                help="Only tickets with this status.",
            ),
            click.option(
                "--query", "with_query", is_flag=True, help="Also print how the Temporal UI finds them."
            ),
            click.option(
                "--limit", type=click.IntRange(min=1), default=50, show_default=True, help="The most to list."
            ),
        )
    ):
        function = option(function)
    return function


async def list_tickets(query: TicketQuery, with_query: bool, json_: bool) -> None:
    """Print the living tickets, and how the Temporal UI finds the same."""
    async with desk_client() as desk:
        rows = await desk.tickets(**dict(query))
        label = None
        if with_query and query.department is not None:
            label = _label_of(query.department, (await desk.directory()).directory)
    searched = visibility_query(query, label)
    if json_:
        print_json({"query": searched, "tickets": rows} if with_query else rows)
        return
    ticket, due = say("Ticket"), heading(say("Due"), (row.due_at for row in rows))
    since = heading(say("Waits since"), (row.waiting_since for row in rows))
    columns = (ticket, say("Stage"), due, say("Who"), since, *prose())
    whole = (ticket, due, since)
    print_table(columns, map(_row, rows), say("No tickets."), whole=whole, prose=prose())
    if len(rows) == query.limit:
        more = several(
            "The first {number} ticket. There may be more: --limit",
            "The first {number} tickets. There may be more: --limit",
            query.limit,
        )
        echo(f"\n{more}")
    if with_query:
        echo("\n" + say("In the Temporal UI: {query}").format(query=searched))


def _row(ticket: TicketRow) -> tuple[str, ...]:
    said = " – ".join(filter(None, (ticket.subject, ticket.last_text)))
    labels = "".join(f"[{label}] " for label in ticket.labels if label not in ticket.asked)
    return (
        ticket.ticket_id,
        listed.stage(ticket, spoken()),
        minute(ticket.due_at),
        listed.acting(ticket, spoken()),
        minute(ticket.waiting_since),
        waits_for(ticket.waits_for, spoken()),
        labels + shortened(said),
    )


def _label_of(department: str, directory: Mapping[str, Any]) -> str:
    known = directory.get("departments") or {}
    if department not in known:
        raise unknown_department(department, known)
    label: str = known[department]["label"]
    return label


def visibility_query(query: TicketQuery, label: str | None) -> str:
    """The query by which Temporal lists the same tickets, from their search attributes.

    There is none for the composer, who is also the assignee.
    """
    return " AND ".join(equals(name, value) for name, value in _conditions(query, label))


def _conditions(query: TicketQuery, label: str | None) -> Iterator[tuple[str, str]]:
    yield "WorkflowType", TICKET_WORKFLOW
    yield "ExecutionStatus", "Running"
    if label is not None:
        yield "CaseStatus", Status.OPEN
    if query.status is not None and not (label is not None and query.status is Status.OPEN):
        yield "CaseStatus", query.status
    if label is not None:
        yield "Labels", label
    if query.stage is not None:
        yield "TicketStage", query.stage
    if query.staff is not None:
        yield "Assignee", query.staff
