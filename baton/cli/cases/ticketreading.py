"""``baton ticket show``, ``draft``, ``list`` and ``diagram``."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import click

from baton.cli.cases import ticketview
from baton.cli.cases.caseview import print_values
from baton.cli.cases.eventoptions import ticket_argument
from baton.cli.cases.showing import Wanted, show_case, wanted_options
from baton.cli.cases.ticketlist import list_tickets, ticket_filters
from baton.cli.language import say
from baton.cli.screen import echo
from baton.cli.shared import as_json, baton_client, print_json, run, ticket_name
from baton.cli.times import utc_option
from baton.contract import TicketSnapshot, TimelineEntry
from baton.desk.api import TicketQuery
from baton.model.ticket.lifecycle import diagram as stage_diagram
from baton.signs import one_line


@click.command("show")
@ticket_argument
@wanted_options
def show(ticket: str, wanted: Wanted) -> None:
    """Who must act on a ticket, and how far each department is; with --messages, all that was said."""
    with_notes = wanted.messages is None  # they are among the messages
    run(
        show_case,
        lambda client: client.ticket(ticket_name(ticket)),
        wanted,
        lambda snapshot, timeline: _print(snapshot, timeline, with_notes),
    )


def _print(ticket: TicketSnapshot, timeline: Sequence[TimelineEntry], with_notes: bool) -> None:
    print_values(ticketview.details(ticket, timeline))
    echo()
    ticketview.print_departments(ticket.departments)
    notes = list(ticketview.notes(ticket.departments)) if with_notes else []
    if notes:
        echo("\n" + "\n".join(notes))


@click.command("draft")
@ticket_argument
@utc_option
@as_json
def draft(ticket: str, json_: bool) -> None:
    """The reply as it is drafted from the departments' notes, to be read and edited.

    Nothing is sent: `baton ticket send TICKET --reply TEXT` sends what the composer has made of it.
    """
    run(_draft, ticket_name(ticket), json_)


async def _draft(ticket_id: str, json_: bool) -> None:
    async with baton_client() as client:
        found = await client.ticket(ticket_id).draft()
        ticket = await client.ticket(ticket_id).snapshot()
    if json_:
        print_json(found)
    elif not found.round:
        echo(say("There is no draft. {acting}").format(acting=ticketview.acting(ticket)))
    else:
        print_values(ticketview.about_draft(found, ticket))
        echo()
        for line in found.text.splitlines():
            echo(one_line(line))


@click.command("list")
@ticket_filters
@utc_option
@as_json
def list_(with_query: bool, json_: bool, **filters: Any) -> None:
    """List the tickets that are not closed, those that are due first."""
    run(list_tickets, TicketQuery.model_validate(filters), with_query, json_)


@click.command("diagram")
def diagram() -> None:
    """Print the stages of a ticket as a Mermaid diagram."""
    echo(stage_diagram(), nl=False)
