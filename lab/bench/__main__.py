"""Runs the named measurements, or all of them."""

from __future__ import annotations

import sys
from importlib import import_module

import click

BENCHES = ("decide", "chat", "races", "queues", "capacity", "handover", "deploy", "encryption", "telemetry")
"""Each module has a ``main()`` that prints a table, and returns 1 where something is wrong.

Imported only when run: some need a server.
"""


@click.command(context_settings={"help_option_names": ["-h", "--help"]})
@click.argument("names", nargs=-1, type=click.Choice(BENCHES), metavar="[NAME]...")
def main(names: tuple[str, ...]) -> None:
    """Measure Baton. Without a NAME everything is measured, which takes a while.

    A NAME is decide, chat, races, queues, capacity, handover, deploy, encryption or telemetry.
    """
    status = 0
    for position, name in enumerate(names or BENCHES):
        click.echo("\n" * bool(position) + f"== {name} ==\n")
        status = import_module(f"{__package__}.{name}").main() or status
    sys.exit(status)


if __name__ == "__main__":
    main(prog_name="python -m lab.bench")
