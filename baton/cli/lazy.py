"""Groups of commands that are imported only when they are used, so that ``baton --help`` is quick."""

from __future__ import annotations

from collections.abc import Mapping
from importlib import import_module
from typing import Any, NamedTuple

import click

from baton.errors import BatonError

CHECKOUT_ROOMS = ("local", "replaygate")
"""The packages of a checkout that also have commands. The ``baton`` package alone comes without them."""


class Row(NamedTuple):
    """Where a command is, and its line of help.

    ``module`` has it as ``command``; where it has several, a name follows: ``baton.cli.keys:add``.
    """

    module: str
    help: str

    @property
    def command(self) -> click.Command:
        """The command. This imports its module."""
        module, _, name = self.module.partition(":")
        command = getattr(import_module(module), name or "command")
        assert isinstance(command, click.Command)
        return command

    @property
    def needs_checkout(self) -> bool:
        return self.module.partition(".")[0] in CHECKOUT_ROOMS


class LazyGroup(click.Group):
    """A group made from a table of commands.

    Args:
        rows: the commands by name, in the order in which the help lists them.
    """

    def __init__(self, *args: Any, rows: Mapping[str, Row], **options: Any) -> None:
        super().__init__(*args, **options)
        self.rows = rows

    def list_commands(self, ctx: click.Context) -> list[str]:
        return list(self.rows)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """See base class. Raises ``BatonError`` for a command of a checkout if there is no checkout."""
        if cmd_name not in self.rows:
            return None
        try:
            return self.rows[cmd_name].command
        except ModuleNotFoundError as error:
            if error.name not in CHECKOUT_ROOMS:
                raise
            raise BatonError(
                f"`{ctx.command_path} {cmd_name}` works from a checkout of Baton, or from its image; the "
                "package alone does not have it."
            ) from None

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        width = max(map(len, self.rows))
        own, others = list[tuple[str, str]](), list[tuple[str, str]]()
        for name, row in self.rows.items():
            (others if row.needs_checkout else own).append((name.ljust(width), row.help))
        for title, listed in (("Commands", own), ("Commands of a checkout, or of the image", others)):
            if listed:
                with formatter.section(title):
                    formatter.write_dl(listed)
