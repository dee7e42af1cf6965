"""``baton chat``: look at a chat, and send it an event."""

from __future__ import annotations

from contextlib import suppress
from typing import Any

import click

from baton.cli import chatview
from baton.cli.eventoptions import CURRENT, payload_of
from baton.cli.shared import as_json, baton_client, chat_id, print_json, print_table, printable, run
from baton.client import BatonClient
from baton.contract import MESSAGE_KINDS, AuthorType, ChatEvent, Outcome, Status, parse_chat_event
from baton.errors import BatonError, IllegalTransition
from baton.lifecycle import diagram as lifecycle_diagram

_STATUSES = [status.value for status in Status]


@click.group("chat")
def command() -> None:
    """Look at a chat, and send it an event.

    A chat is named CHANNEL:CONVERSATION, such as telegram:42. Its workflow ID, chat:telegram:42, will
    do as well.
    """


@command.command()
@click.argument("chat", nargs=-1, required=True, metavar="CHANNEL:CONVERSATION")
@click.option("--timeline", "with_timeline", is_flag=True, help="Show what happened, event by event.")
@as_json
def show(chat: tuple[str, ...], with_timeline: bool, json_: bool) -> None:
    """Who has a chat, since when, and why."""
    run(_show, *chat_id(chat), with_timeline, json_)


async def _show(channel: str, conversation: str, with_timeline: bool, json_: bool) -> None:
    async with baton_client() as client:
        snapshot = await client.snapshot(channel, conversation)
        timeline = await client.timeline(channel, conversation)
    if json_:
        print_json({"snapshot": snapshot, "timeline": timeline} if with_timeline else {"snapshot": snapshot})
        return
    for name, value in chatview.details(snapshot, timeline):
        click.echo(f"{name:<14} {printable(value)}")
    if with_timeline:
        click.echo()
        print_table(
            ("Time (UTC)", "Event", "By", "What happened"),
            map(chatview.row, timeline),
            "Nothing has happened yet.",
            whole=("Time (UTC)", "Event"),
        )


@command.command()
def diagram() -> None:
    """Print the lifecycle of a chat as a Mermaid diagram."""
    click.echo(lifecycle_diagram(), nl=False)


@command.command()
@click.argument("chat", metavar="CHANNEL:CONVERSATION")
@click.argument("text", required=False)
@click.option(
    "--from", "author", metavar="WHO", help="customer, staff:NAME or system; customer:ID, system:ID."
)
@click.option("--note", is_flag=True, help="TEXT is an internal note.")
@click.option("--take", is_flag=True, help="Take the chat.")
@click.option(
    "--end",
    is_flag=False,
    flag_value=CURRENT,
    type=click.Choice([CURRENT, *_STATUSES]),
    help="End the chat, with a status or the current one.",
)
@click.option("--status", type=click.Choice(_STATUSES), help="Set the status.")
@click.option("--assign", metavar="STAFF", help="Transfer the chat to a person.")
@click.option("--assign-line", metavar="LINE", help="Transfer the chat to a line.")
@click.option("--release", is_flag=True, help="Give the chat back to New.")
@click.option("--label", multiple=True, metavar="±LABEL", help="Add (+x) or remove (-x) a label.")
@click.option("--event", "document", metavar="JSON|@FILE|-", help="Any event, as JSON, from a file or stdin.")
@click.option("--id", "event_id", help="The event's ID. The default is a fresh one.")
@click.option("--customer", help="Whose chat it is, where the message may open it.")
@click.option(
    "--timeout", type=click.FloatRange(min=0.1), default=60.0, help="Seconds to wait for the answer."
)
@as_json
def send(chat: str, customer: str | None, timeout: float, json_: bool, **written: Any) -> None:
    """Send one event to a chat, and say what came of it.

    Without another option TEXT is a message of the one named by --from. An event that was not answered may be
    sent again with the same --id.

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
        whose = customer or await _customer(client, channel, conversation, payload)
        if payload.get("author") == {"type": AuthorType.CUSTOMER}:
            if whose is None:
                raise click.UsageError("There is no such chat yet: say with --customer whose it will be.")
            payload["author"] = {"type": AuthorType.CUSTOMER, "id": whose}
        event = parse_chat_event(payload)
        outcome = await client.send(channel, conversation, event, customer=whose, timeout=timeout)
        if json_:
            print_json(outcome)
        else:
            _print_outcome(outcome, await _what_happened(client, channel, conversation, event))


async def _customer(
    client: BatonClient, channel: str, conversation: str, payload: dict[str, Any]
) -> str | None:
    """Whose chat it is, if there is one and the event needs to know."""
    if payload.get("kind") not in MESSAGE_KINDS and payload.get("author") != {"type": AuthorType.CUSTOMER}:
        return None
    with suppress(IllegalTransition):
        return (await client.snapshot(channel, conversation)).customer
    return None


async def _what_happened(client: BatonClient, channel: str, conversation: str, event: ChatEvent) -> str:
    # The event is in, whatever becomes of this question about it.
    with suppress(BatonError):
        for entry in reversed(await client.timeline(channel, conversation)):
            if entry.event_id == event.id and not entry.refused:
                return entry.what
    return ""


def _print_outcome(outcome: Outcome, what: str) -> None:
    chat = outcome.snapshot
    verdict = "had been handled before" if outcome.duplicate else "was accepted"
    click.echo(f"Event {outcome.event_id} {verdict}.")
    click.echo(f"What happened  {printable(what) or 'nothing that moves the chat'}")
    for number, line in enumerate(chatview.fired(outcome.fired)):
        click.echo(f"{'' if number else 'Rules fired':<14} {printable(line)}")
    if not outcome.fired:
        click.echo("Rules fired    none")
    click.echo(f"State          {chatview.state(chat)}")
    click.echo(f"Who has it     {printable(chatview.holder(chat))}")
