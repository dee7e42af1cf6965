"""What several commands do with tickets: open one from a chat, and ask its departments."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, NamedTuple

from baton.cli.cases import ticketview
from baton.cli.cases.caseview import print_answer
from baton.cli.language import say
from baton.cli.screen import echo
from baton.cli.shared import appears, fresh_id
from baton.cli.tables import print_table
from baton.cli.times import heading, minute
from baton.contract import ChatSnapshot, DepartmentState, Status, TicketOutcome, derived_id
from baton.errors import IllegalTransition

if TYPE_CHECKING:
    from baton.client import BatonClient

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
    asked = [one for one in ticket.departments if one.state is DepartmentState.ASKED]
    print_table(
        (say("Asked now"), heading(say("Due"), (one.due_at for one in asked))),
        ((one.label, minute(one.due_at) if one.due_at else say("no due time")) for one in asked),
        say("Nobody is asked now."),
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
