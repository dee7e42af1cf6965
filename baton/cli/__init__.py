"""The ``baton`` command.

Each command is a module that holds a click command or group named ``command``, and has a row in `COMMANDS`. A
module is imported when its command is run; that is why its line of help is here. Those of ``local`` and
``replaygate`` come with a checkout and with the image, but not with the package alone.
"""

from __future__ import annotations

import traceback
from typing import Any, NoReturn

import click

from baton.cli.lazy import LazyGroup, Row
from baton.cli.screen import echo, errors_shown, guard_warnings
from baton.temporal.ending import leave

COMMANDS: dict[str, Row] = {
    "up": Row("local.up", "Start Temporal and the worker on this machine."),
    "demo": Row("local.demo", "Play a support team's everyday situations."),
    "init": Row("local.init", "Write the files of your own company."),
    "chat": Row("baton.cli.cases.chat", "Look at a chat, and send it an event."),
    "ticket": Row("baton.cli.cases.ticket", "Look at a ticket, and send it an event."),
    "inbox": Row("baton.cli.desk.inbox", "List chats or tickets, as the help desk shows them."),
    "notices": Row("baton.cli.desk.notices", "List what people were told."),
    "report": Row("baton.cli.desk.report", "Handoffs, waiting times, who is late, replies, busiest hours."),
    "staff": Row("baton.cli.desk.staff", "Who works here, and what they are doing."),
    "directory": Row("baton.cli.desk.directory", "Show, check and replace the directory."),
    "desk": Row("baton.cli.desk.beside", "Check and read another help desk, and take over what is open."),
    "hooks": Row("baton.cli.desk.hooks", "Hooks of another help desk that could not be used."),
    "customer": Row("baton.cli.desk.customer", "Block and unblock customers."),
    "rules": Row("baton.cli.documents.rules", "Check and list rules, and print their schema."),
    "template": Row("baton.cli.documents.template", "Check, show and apply templates."),
    "ops": Row("baton.cli.ops", "Filters for the Temporal UI, and repairs."),
    "backup": Row("local.backup", "Back up everything while it runs."),
    "restore": Row("local.restore", "Restore a backup."),
    "keys": Row("baton.cli.keys", "Make and change the keys that encrypt what Temporal keeps."),
    "account": Row("baton.cli.accounts", "Who logs in to the console: invite, shut out, roles."),
    "api-key": Row("baton.cli.apikeys", "Make, rotate and revoke the keys of the HTTP API."),
    "webhooks": Row("baton.cli.desk.webhooks", "Who is told elsewhere, and what did not arrive."),
    "feed": Row("baton.cli.feed", "Send events from a file, in order and each once."),
    "replay": Row("replaygate.command", "Replay recorded histories against this checkout."),
}


class Program(LazyGroup):
    """The whole command: it shows Baton's errors without a traceback."""

    def invoke(self, ctx: click.Context) -> object:
        with errors_shown():
            return super().invoke(ctx)

    def make_context(self, *args: Any, **extra: Any) -> click.Context:
        with errors_shown():
            return super().make_context(*args, **extra)


@click.group(cls=Program, rows=COMMANDS, context_settings={"help_option_names": ["-h", "--help"]})
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
