"""``baton ticket send`` and ``note``."""

from __future__ import annotations

from contextlib import suppress
from typing import TYPE_CHECKING, Any

import click

from baton.cli.cases import ticketview
from baton.cli.cases.caseview import print_answer, print_values
from baton.cli.cases.eventoptions import (
    author_of,
    author_option,
    event_options,
    id_option,
    payload_of,
    ticket_argument,
)
from baton.cli.language import say, spoken
from baton.cli.screen import echo
from baton.cli.shared import appears, as_json, baton_client, fresh_id, print_json, run, ticket_name
from baton.contract import AuthorType, TimelineEntry
from baton.errors import BatonError, IllegalTransition, Unanswered
from baton.phrases import stories
from baton.phrases.refusals import refusal
from baton.signs import one_line

if TYPE_CHECKING:
    from baton.client import BatonClient


@click.command("send")
@ticket_argument
@event_options("ticket")
@click.option("--reply", is_flag=True, help="TEXT is the one reply to the customer.")
@click.option("--decline", metavar="LABEL", help="Say that this is not the department's matter.")
@click.option("--to", metavar="LABEL", help="With --decline: whose matter it is.")
@click.option("--ask-again", metavar="LABEL", help="Ask a department once more.")
@click.option("--question", metavar="TEXT", help="With --ask-again: what it is asked.")
@click.option("--close", is_flag=True, help="Close the ticket.")
@click.option("--force", is_flag=True, help="With --close or --reply: pass over departments that are asked.")
@click.option("--reason", metavar="TEXT", help="With --decline, or with --close --force: why.")
@click.option("--customer", help="Whose ticket it is, if the event may open it.")
@click.option("--subject", default="", help="What it is about, if the event opens it.")
@click.option("--channel", help="The channel on which it came, if the event opens it.")
@as_json
def send(
    ticket: str,
    customer: str | None,
    subject: str,
    channel: str | None,
    timeout: float,
    json_: bool,
    **written: Any,
) -> None:
    """Send one event to a ticket, and say what came of it.

    Without another option TEXT is a message from the author given by --from. Adding a department's label asks
    the department; removing it withdraws the department. With --reply, --status gives the ticket a status
    other than pending. An event that was not answered may be sent again with the same --id.

    \b
      baton ticket send T-1 --from customer --customer c-7 "Three questions: …"
      baton ticket send T-1 --from staff:petra --label +billing --label +delivery
      baton ticket send T-1 --from staff:oleg --decline warranty --reason "…"
      baton ticket send T-1 --from staff:maria --reply "All answers: …"
      baton ticket send T-1 --from staff:petra --close --force --reason "…"
    """
    opening = {"customer": customer, "subject": subject, "channel": channel}
    run(_send, ticket_name(ticket), opening, timeout, json_, written)


async def _send(
    ticket_id: str, opening: dict[str, Any], timeout: float, json_: bool, written: dict[str, Any]
) -> None:
    payload = payload_of(**written)
    async with baton_client() as client:
        opening = await _opening(client, ticket_id, opening, payload)
        if payload.get("author") == {"type": AuthorType.CUSTOMER}:
            if not opening.get("customer"):
                raise click.UsageError("There is no such ticket yet: say with --customer whose it will be.")
            payload["author"] = {"type": AuthorType.CUSTOMER, "id": opening["customer"]}
        outcome = await client.ticket(ticket_id).send(payload, timeout=timeout, **opening)
        if json_:
            print_json(outcome)
        else:
            print_answer(outcome, ticketview.standing(outcome.snapshot))


async def _opening(
    client: BatonClient, ticket_id: str, opening: dict[str, Any], payload: dict[str, Any]
) -> dict[str, Any]:
    """The details with which the event opens the ticket, if it does."""
    given = {name: value for name, value in opening.items() if value}
    if payload.get("kind") == "customer_message" or payload.get("author") == {"type": AuthorType.CUSTOMER}:
        # A closed ticket is reopened as it was, in the chat to which it belongs.
        with suppress(IllegalTransition):
            known = (await client.ticket(ticket_id).snapshot()).model_dump(include=_OPENING)
            given = {name: value for name, value in known.items() if value} | given
    elif given and "customer" not in given:
        raise click.UsageError("--subject and --channel open a ticket: say with --customer whose it is.")
    return given


_OPENING = {"customer", "subject", "channel", "conversation"}


@click.command("note")
@ticket_argument
@click.argument("text")
@author_option
@click.option("--label", metavar="LABEL", help="The only department for which it answers.")
@click.option("--instruction", is_flag=True, help="It says what to do, and answers nothing.")
@click.option("--no-answer", is_flag=True, help="The department stays asked.")
@id_option
@click.option(
    "--timeout",
    type=click.FloatRange(min=0.1),
    default=10.0,
    show_default=True,
    help="Seconds to wait until the ticket has it.",
)
@as_json
def note(ticket: str, author: str, no_answer: bool, event_id: str | None, **options: Any) -> None:
    """Leave a note, such as a department's answer, by the same signal that a help desk sends.

    A note by a member of a department that is asked is its answer.

    \b
      baton ticket note T-1 --from staff:lena "It was charged twice; we pay one back."
    """
    fields = {name: options[name] for name in ("text", "label", "instruction")}
    payload = {"id": event_id or fresh_id(), "author": author_of(author), "answers": not no_answer, **fields}
    run(_note, ticket_name(ticket), payload, options["timeout"], options["json_"])


async def _note(ticket_id: str, payload: dict[str, Any], timeout: float, json_: bool) -> None:
    note_id = payload["id"]

    async with baton_client() as client:

        async def look() -> TimelineEntry | None:
            timeline = await client.ticket(ticket_id).timeline()
            return next((entry for entry in reversed(timeline) if entry.event_id == note_id), None)

        await client.ticket(ticket_id).note(payload)
        if not json_:
            handed = say("Note {id} was handed over to ticket {ticket}.")
            echo(handed.format(id=one_line(note_id), ticket=one_line(ticket_id)))
        entry = await appears(look, timeout)
        if entry is None:
            late = say(
                "The ticket has not taken the note within {seconds} s. It will, once a worker is there: "
                "{command}"
            )
            command = f"baton ticket show {ticket_id} --timeline"
            raise Unanswered(late.format(seconds=f"{timeout:g}", command=command))
        if entry.refused:
            refused = say("The note was refused: {why}")
            raise BatonError(refused.format(why=refusal(entry.refused, spoken())))
        found = await client.ticket(ticket_id).snapshot()
    if json_:
        print_json({"event_id": note_id, "entry": entry, "snapshot": found})
    else:
        what = stories.what_happened(entry.what, spoken()) or say("nothing that moves the ticket")
        print_values([(say("What happened"), what)])
        print_values(ticketview.standing(found))
