"""Runs the named measurements, or all of them."""

from __future__ import annotations

import sys
from collections.abc import Iterable
from importlib import import_module
from typing import Any

import click

BENCHES = (
    "decide",
    "chat",
    "api",
    "hot",
    "races",
    "queues",
    "capacity",
    "handover",
    "deploy",
    "encryption",
    "telemetry",
    "reports",
)
"""Each module has a ``main`` that prints a table, and returns 1 where something is wrong: a function, or a
command with options of its own.

Imported only when named: some need a server.
"""


class Benches(click.Group):
    """The measurements as commands, of which several can be named; all of them if none is."""

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        return super().parse_args(ctx, args or list(BENCHES))

    def list_commands(self, ctx: click.Context) -> list[str]:
        return list(BENCHES)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        if cmd_name not in BENCHES:
            return None
        module = import_module(f"{__package__}.{cmd_name}")
        main = module.main
        own = main if isinstance(main, click.Command) else click.Command(cmd_name, callback=main)

        def titled(**options: Any) -> Any:
            click.echo(f"\n== {cmd_name} ==\n")
            assert own.callback is not None
            return own.callback(**options)

        return click.Command(cmd_name, callback=titled, params=own.params, help=module.__doc__)


@click.command(cls=Benches, chain=True, context_settings={"help_option_names": ["-h", "--help"]})
def main() -> None:
    """Measure Baton. Without the name of a measurement everything is measured, which takes a while."""


@main.result_callback()
def end(statuses: Iterable[int | None]) -> None:
    """Exit with 1 if one of them found something wrong."""
    sys.exit(max(status or 0 for status in statuses))


if __name__ == "__main__":
    main(prog_name="python -m lab.bench")
