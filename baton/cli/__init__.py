"""The ``baton`` command.

Each command is a module of this package that holds a click command or group named ``command``, and has a row
in `COMMANDS`. A module is imported when its command is run, so that ``baton --help`` is quick; that is why
the line of help stands here.
"""

from __future__ import annotations

import traceback
from importlib import import_module
from typing import Any, NamedTuple, NoReturn

import click

from baton.cli.screen import echo, errors_shown, guard_warnings
from baton.process import leave


class Row(NamedTuple):
    """Where a command is, and its line in ``baton --help``."""

    module: str
    help: str


COMMANDS: dict[str, Row] = {
    "up": Row("baton.cli.up", "Start Temporal and the worker on this machine."),
    "demo": Row("baton.cli.demo", "Play a support team's everyday situations."),
    "chat": Row("baton.cli.chat", "Look at a chat, and send it an event."),
    "ticket": Row("baton.cli.ticket", "Look at a ticket, and send it an event."),
    "inbox": Row("baton.cli.inbox", "List chats or tickets, as the help desk shows them."),
    "notices": Row("baton.cli.notices", "List what people were told."),
    "staff": Row("baton.cli.staff", "Who works here, and what they are doing."),
    "directory": Row("baton.cli.directory", "Show, check and replace the directory."),
    "customer": Row("baton.cli.customer", "Block and unblock customers."),
    "rules": Row("baton.cli.rules", "Check and list rules, and print their schema."),
    "template": Row("baton.cli.template", "Check, show and apply templates."),
    "ops": Row("baton.cli.ops", "Filters for the Temporal UI, and repairs."),
    "backup": Row("baton.cli.backup", "Keep a copy of everything, while it runs."),
    "restore": Row("baton.cli.restore", "Restore what a backup has."),
    "keys": Row("baton.cli.keys", "Make and change the keys that encrypt what Temporal keeps."),
    "feed": Row("baton.cli.feed", "Send events from a file, in order and each once."),
    "replay": Row("baton.cli.replay", "Replay recorded histories against this checkout."),
}


class LazyGroup(click.Group):
    """A group that imports a command only when it is used, and shows Baton's errors without a traceback."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        if cmd_name not in COMMANDS:
            return None
        command = import_module(COMMANDS[cmd_name].module).command
        assert isinstance(command, click.Command)
        return command

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        with formatter.section("Commands"):
            formatter.write_dl([(name, row.help) for name, row in COMMANDS.items()])

    def invoke(self, ctx: click.Context) -> object:
        with errors_shown():
            return super().invoke(ctx)

    def make_context(self, *args: Any, **extra: Any) -> click.Context:
        with errors_shown():
            return super().make_context(*args, **extra)


@click.group(cls=LazyGroup, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(package_name="baton-desk", prog_name="baton")
def baton() -> None:
    """Baton keeps every support case in exactly one pair of hands."""


def main() -> NoReturn:
    """The program ``baton``: run the command and leave with its exit code."""
    code: str | int | None
    guard_warnings()
    try:
        code = baton.main(prog_name="baton")
    except SystemExit as end:
        code = end.code
    except BaseException:
        echo(traceback.format_exc(), err=True, nl=False)
        code = 1
    leave(code)
