"""What was said in a chat or about a ticket, on the terminal: ``--messages`` of ``show``."""

from __future__ import annotations

from collections.abc import Iterator

from baton.cli.language import say, several, spoken
from baton.cli.screen import echo
from baton.cli.shared import folded
from baton.cli.times import moment
from baton.desk.said import MessageRow, Messages
from baton.phrases.said import attachment, wrote
from baton.signs import one_line

_MARGIN = 4


def print_messages(said: Messages) -> None:
    """Who wrote what, and when, the oldest first."""
    if not said.messages:
        echo(say("Nobody has written anything yet."))
        return
    if said.earlier:
        latest = several(
            "The latest {number} message; for more: --limit",
            "The latest {number} messages; for more: --limit",
            len(said.messages),
        )
        echo(latest)
    of_several = len({row.case_id for row in said.messages}) > 1
    case = None
    for row in said.messages:
        if of_several and row.case_id != case:
            where = (
                say("in {case}:").format(case=one_line(row.case_id)) if row.case_id else say("in no case:")
            )
            echo(f"\n{where}")
            case = row.case_id
        echo(f"{moment(row.at)}  {one_line(wrote(row, spoken()))}", bold=True)
        for line in _lines(row):
            echo(line)


def _lines(row: MessageRow) -> Iterator[str]:
    for line in row.text.splitlines():
        yield from folded(one_line(line), _MARGIN)
    for one in row.attachments:
        yield from folded(one_line(f"[{attachment(one)}]"), _MARGIN)
    if not row.text and not row.attachments:
        yield " " * _MARGIN + say("(no text)")
