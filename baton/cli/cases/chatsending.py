"""``baton chat send`` and ``to-ticket``."""

from __future__ import annotations

from contextlib import suppress
from typing import TYPE_CHECKING, Any

import click

from baton.cli.cases import chatview, ticketview
from baton.cli.cases.caseview import print_answer, print_values
from baton.cli.cases.eventoptions import (
    CURRENT,
    STATUSES,
    author_of,
    author_option,
    event_options,
    payload_of,
    timeout_option,
)
from baton.cli.cases.tickets import apply_template, open_ticket, print_asked
from baton.cli.language import say
from baton.cli.screen import echo
from baton.cli.shared import as_json, baton_client, chat_id, fresh_id, print_json, run, ticket_name
from baton.cli.times import utc_option
from baton.contract import AuthorType
from baton.errors import IllegalTransition
from baton.signs import one_line

if TYPE_CHECKING:
    from baton.client import Chat


@click.command("send")
@click.argument("chat", metavar="CHANNEL:CONVERSATION")
@event_options("chat")
@click.option(
    "--end",
    is_flag=False,
    flag_value=CURRENT,
    type=click.Choice([CURRENT, *STATUSES]),
    help="End the chat, with a status or the current one.",
)
@click.option("--customer", help="Whose chat it is, if the message opens it.")
@as_json
def send(chat: str, customer: str | None, timeout: float, json_: bool, **written: Any) -> None:
    """Send one event to a chat, and say what came of it.

    Without another option TEXT is a message from the author given by --from. An event that was not answered
    may be sent again with the same --id.

    \b
      baton chat send telegram:42 --from customer --customer c-7 "Hello?"
      baton chat send telegram:42 --from staff:ivan "Good morning!"
      baton chat send telegram:42 --from staff:ivan --end pending
      baton chat send telegram:42 --from staff:ivan --label +refund --label -new
    """
    run(_send, *chat_id([chat]), customer, timeout, json_, written)


async def _send(
    channel: str,
    conversation: str,
    customer: str | None,
    timeout: float,
    json_: bool,
    written: dict[str, Any],
) -> None:
    payload = payload_of(**written)
    async with baton_client() as client:
        chat = client.chat(channel, conversation)
        if payload.get("author") == {"type": AuthorType.CUSTOMER}:
            whose = customer or await _customer(chat)
            if whose is None:
                raise click.UsageError("There is no such chat yet: say with --customer whose it will be.")
            payload["author"] = {"type": AuthorType.CUSTOMER, "id": whose}
        outcome = await chat.send(payload, customer=customer, timeout=timeout)
        if json_:
            print_json(outcome)
        else:
            print_answer(outcome, chatview.standing(outcome.snapshot))


async def _customer(chat: Chat) -> str | None:
    """Whose chat it is, if there is one."""
    with suppress(IllegalTransition):
        return (await chat.snapshot()).customer
    return None


@click.command("to-ticket")
@click.argument("chat", metavar="CHANNEL:CONVERSATION")
@author_option
@click.option("--ticket", metavar="ID", help="The ticket's ID. The default is a fresh one.")
@click.option("--template", metavar="ID", help="Ask the departments of this template at once.")
@click.option("--subject", default="", help="What the ticket is about.")
@timeout_option
@utc_option
@as_json
def to_ticket(
    chat: str,
    author: str,
    ticket: str | None,
    template: str | None,
    subject: str,
    timeout: float,
    json_: bool,
) -> None:
    """Open a ticket from a chat, for a matter that needs several departments.

    What the customer has written in the chat, and will write, is copied to the ticket. The consolidated reply
    goes out in the chat.

    \b
      baton chat to-ticket telegram:42 --from staff:petra --template three-departments
    """
    ticket_id = ticket_name(ticket) if ticket else fresh_id("t")
    run(_to_ticket, *chat_id([chat]), author_of(author), ticket_id, template, subject, timeout, json_)


async def _to_ticket(
    channel: str,
    conversation: str,
    author: dict[str, Any],
    ticket_id: str,
    template: str | None,
    subject: str,
    timeout: float,
    json_: bool,
) -> None:
    async with baton_client() as client:
        opened = await open_ticket(
            client, await client.chat(channel, conversation).snapshot(), author, ticket_id, subject, timeout
        )
        if not json_:
            place = f"{channel}:{conversation}"
            belongs = say("Ticket {ticket} belongs to the chat {place} now.")
            echo(belongs.format(ticket=one_line(ticket_id), place=place))
            if opened.instead_of:
                before = say("What its customer writes no longer goes to ticket {ticket}.")
                echo(before.format(ticket=opened.instead_of))
        outcome = opened.outcome
        if template is not None:
            outcome = await apply_template(client, ticket_id, template, author, timeout=timeout)
        if json_:
            print_json(outcome)
        elif template is not None:
            print_asked(outcome)
        else:
            print_values(ticketview.standing(outcome.snapshot))
            command = f"baton template apply TEMPLATE {ticket_id} --from …"
            echo(say("Ask its departments: {command}").format(command=command))
