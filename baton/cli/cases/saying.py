"""What was said in a chat or about a ticket, on the terminal: ``--messages`` of ``show``."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

from baton.cli.screen import echo
from baton.cli.shared import count, folded
from baton.cli.times import moment
from baton.desk.said import MessageRow, Messages
from baton.signs import one_line

_MARGIN = 4
_WHAT = {"message": "", "question": "asks again", "declined": "declines"}
"""What is shown for each kind, where it is another word, or none."""


def print_messages(said: Messages) -> None:
    """Who wrote what, and when, the oldest first."""
    if not said.messages:
        echo("Nobody has written anything yet.")
        return
    if said.earlier:
        echo(f"The latest {count(len(said.messages), 'message')}; for more: --limit")
    several = len({row.case_id for row in said.messages}) > 1
    case = None
    for row in said.messages:
        if several and row.case_id != case:
            echo(f"\n{'in ' + one_line(row.case_id) if row.case_id else 'in no case'}:")
            case = row.case_id
        echo(f"{moment(row.at)}  {one_line(_by(row))}", bold=True)
        for line in _lines(row):
            echo(line)


def _by(row: MessageRow) -> str:
    what = _WHAT.get(row.said, row.said)
    about = f"{what} ({', '.join(row.labels)})" if row.labels else what
    became = ["deleted since"] * row.deleted + ["not delivered"] * row.undelivered
    return ", ".join(filter(None, (row.author, about.strip(), *became)))


def _lines(row: MessageRow) -> Iterator[str]:
    for line in row.text.splitlines():
        yield from folded(one_line(line), _MARGIN)
    for attachment in row.attachments:
        yield from folded(one_line(f"[{_name(attachment)}]"), _MARGIN)
    if not row.text and not row.attachments:
        yield f"{'':{_MARGIN}}(no text)"


def _name(attachment: Any) -> str:
    """What an attachment is called; its fields are up to whoever sent it."""
    if isinstance(attachment, dict):
        named = next((attachment[key] for key in ("name", "filename", "url") if attachment.get(key)), None)
        if named is not None:
            return str(named)
    return attachment if isinstance(attachment, str) else json.dumps(attachment, ensure_ascii=False)
