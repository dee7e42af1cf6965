"""What several commands do with tickets: open one from a chat, ask its departments, list them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, NamedTuple

import click

from baton.cli.cases import ticketview
from baton.cli.cases.caseview import print_answer
from baton.cli.cases.eventoptions import FunctionT
from baton.cli.screen import echo
from baton.cli.shared import (
    appears,
    count,
    desk_client,
    fresh_id,
    minute,
    print_json,
    print_table,
    shortened,
)
from baton.client import BatonClient
from baton.contract import (
    TICKET_WORKFLOW,
    ChatSnapshot,
    DepartmentState,
    Status,
    TicketOutcome,
    TicketStage,
    derived_id,
)
from baton.desk.api import TicketQuery, TicketRow
from baton.documents.directory import unknown_department
from baton.errors import IllegalTransition
from baton.temporal.searchattributes import quoted

BENEATH = ("Why it waits", "Text")
"""The last columns of a list of cases, which need more room than others."""
COPIED_WITHIN = 10.0
"""Seconds to wait until what the customer wrote in a chat is in its ticket."""


# --- Asking departments -------------------------------------------------------------------------


async def apply_template(
    client: BatonClient, ticket_id: str, template: str, author: Mapping[str, Any], **options: Any
) -> TicketOutcome:
    """Ask the departments of a template. ``options`` are those of ``Ticket.send``."""
    event_id = options.pop("event_id", None) or fresh_id()
    event = {"kind": "template_applied", "id": event_id, "author": author, "template": template}
    return await client.ticket(ticket_id).send(event, **options)


def print_asked(outcome: TicketOutcome) -> None:
    """The outcome of asking, and when each answer is due."""
    ticket = outcome.snapshot
    print_answer(outcome, ticketview.standing(ticket))
    echo()
    asked = (one for one in ticket.departments if one.state is DepartmentState.ASKED)
    print_table(
        ("Asked now", "Due (UTC)"),
        ((one.label, minute(one.due_at) if one.due_at else "no due time") for one in asked),
        "Nobody is asked now.",
    )


# --- From a chat to a ticket --------------------------------------------------------------------


class Opened(NamedTuple):
    """A ticket that a chat has opened."""

    outcome: TicketOutcome
    instead_of: str | None
    """The ticket that the chat belonged to before."""


async def open_ticket(
    client: BatonClient,
    chat: ChatSnapshot,
    author: Mapping[str, Any],
    ticket_id: str,
    subject: str,
    timeout: float,
) -> Opened:
    """Open a ticket that is linked to a chat, and wait until what its customer wrote is there.

    The ticket is opened before the chat is told: a worker that hears of it from the chat would not know
    the subject. Opening it twice changes nothing.

    Raises ``IllegalTransition`` if there is no such chat, or the ticket exists and is not this chat's.
    """
    place = f"{chat.channel}:{chat.conversation}"
    if chat.case_id is None or chat.status is Status.CLOSED:
        raise IllegalTransition(
            f"{place} is closed, so it can open no ticket; a message to the ticket itself opens it: "
            f"baton ticket send {ticket_id}"
        )
    await _check_free(client, ticket_id, chat)
    event_id = fresh_id()
    told = {"kind": "ticket_opened", "id": event_id, "author": author, "ticket_id": ticket_id}
    # With the ID that the worker gives to the same event when it learns of it from the chat.
    opening = {**told, "id": derived_id("opened", chat.case_id, event_id)}
    outcome = await client.ticket(ticket_id).send(
        opening,
        customer=chat.customer,
        subject=subject,
        channel=chat.channel,
        conversation=chat.conversation,
        timeout=timeout,
    )
    await client.chat(chat.channel, chat.conversation).send(told, timeout=timeout)
    await _copied(client, chat, ticket_id)
    before = chat.ticket_id if chat.ticket_id != ticket_id else None
    return Opened(outcome, before)


async def _check_free(client: BatonClient, ticket_id: str, chat: ChatSnapshot) -> None:
    try:
        found = await client.ticket(ticket_id).snapshot()
    except IllegalTransition:
        return
    if (found.channel, found.conversation) != (chat.channel, chat.conversation):
        whose = f"to the chat {found.channel}:{found.conversation}" if found.conversation else "to no chat"
        raise IllegalTransition(
            f"there is a ticket {ticket_id!r} already, and it belongs {whose}: choose another ID"
        )


async def _copied(client: BatonClient, chat: ChatSnapshot, ticket_id: str) -> None:
    """Wait until the customer's last message is in the ticket.

    Otherwise it would come after the question, and the departments would be told that the customer wrote
    again. If it does not come in time, nothing worse than that happens.
    """
    timeline = await client.chat(chat.channel, chat.conversation).timeline()
    written = [entry for entry in timeline if entry.kind == "customer_message" and not entry.refused]
    if not written:
        return
    last = derived_id("chat", written[-1].event_id)

    async def look() -> bool | None:
        there = await client.ticket(ticket_id).timeline()
        return any(entry.event_id == last for entry in there) or None

    await appears(look, COPIED_WITHIN)


# --- Lists --------------------------------------------------------------------------------------


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
    columns = ("Ticket", "Stage", "Due (UTC)", "Who", "Waits since (UTC)", *BENEATH)
    whole = ("Ticket", "Due (UTC)", "Waits since (UTC)")
    print_table(columns, map(_row, rows), "No tickets.", whole=whole, beneath=BENEATH)
    if len(rows) == query.limit:
        echo(f"\nThe first {count(query.limit, 'ticket')}. There may be more: --limit")
    if with_query:
        echo(f"\nIn the Temporal UI: {searched}")


def _row(ticket: TicketRow) -> tuple[str, ...]:
    said = " – ".join(filter(None, (ticket.subject, ticket.last_text)))
    labels = "".join(f"[{label}] " for label in ticket.labels if label not in ticket.asked)
    return (
        ticket.ticket_id,
        ticket.stage if ticket.status is Status.OPEN else f"{ticket.stage} ({ticket.status})",
        minute(ticket.due_at),
        _who(ticket),
        minute(ticket.waiting_since),
        ticket.waits_for,
        labels + shortened(said),
    )


def _who(ticket: TicketRow) -> str:
    if ticket.stage is TicketStage.COLLECTING:
        return ", ".join(ticket.asked) or ticket.dispatcher or "the dispatcher"
    if ticket.stage is TicketStage.COMPOSING:
        return ticket.composer or "nobody yet"
    return ticket.assignee or (f"queue of {ticket.line}" if ticket.line else "everyone")


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
    return " AND ".join(f"{name} = {quoted(value)}" for name, value in _conditions(query, label))


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
