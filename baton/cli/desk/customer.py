"""``baton customer``: block and unblock customers."""

from __future__ import annotations

import click

from baton.cli.language import say
from baton.cli.screen import echo
from baton.cli.shared import as_json, desk_client, print_json, run
from baton.signs import one_line


@click.group("customer")
def command() -> None:
    """Block and unblock customers.

    A blocked customer's messages are recorded, but open no chat and notify nobody.
    """


@command.command()
@click.argument("customer")
@as_json
def block(customer: str, json_: bool) -> None:
    """Keep messages from CUSTOMER from opening a chat."""
    run(_block, customer, True, json_)


@command.command()
@click.argument("customer")
@as_json
def unblock(customer: str, json_: bool) -> None:
    """Let messages from CUSTOMER open chats again."""
    run(_block, customer, False, json_)


async def _block(customer: str, blocked: bool, json_: bool) -> None:
    async with desk_client() as desk:
        await desk.block_customer(customer, blocked=blocked)
    if json_:
        print_json({"customer": customer, "blocked": blocked})
    else:
        said = say("{customer} is blocked.") if blocked else say("{customer} is not blocked.")
        echo(said.format(customer=one_line(customer)))
