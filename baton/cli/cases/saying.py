"""What was said in a chat or about a ticket, on the terminal: ``--messages`` of ``show``."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from typing import Any

from baton.cli.language import say, several, spoken
from baton.cli.screen import echo
from baton.cli.shared import folded
from baton.cli.times import moment
from baton.desk.said import MessageRow, Messages
from baton.phrases import names
from baton.signs import one_line
from baton.texts import Phrase

_MARGIN = 4
_WHAT: Mapping[str, Phrase] = {
    "note": Phrase("said", "note"),
    "reply": Phrase("said", "reply"),
    "draft": Phrase("said", "draft"),
    "question": Phrase("said", "asks again"),
    "declined": Phrase("said", "declines"),
}
"""What is shown for each kind but a message, which needs no word."""


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
        echo(f"{moment(row.at)}  {one_line(_by(row))}", bold=True)
        for line in _lines(row):
            echo(line)


def _by(row: MessageRow) -> str:
    what = spoken().of(_WHAT[row.said]) if row.said in _WHAT else ""
    about = f"{what} ({', '.join(row.labels)})" if row.labels else what
    became = [say("deleted since")] * row.deleted + [say("not delivered")] * row.undelivered
    return ", ".join(filter(None, (names.author(row.author, spoken()), about.strip(), *became)))


def _lines(row: MessageRow) -> Iterator[str]:
    for line in row.text.splitlines():
        yield from folded(one_line(line), _MARGIN)
    for attachment in row.attachments:
        yield from folded(one_line(f"[{_name(attachment)}]"), _MARGIN)
    if not row.text and not row.attachments:
        yield " " * _MARGIN + say("(no text)")


def _name(attachment: Any) -> str:
    """What an attachment is called; its fields are up to whoever sent it."""
    if isinstance(attachment, dict):
        named = next((attachment[key] for key in ("name", "filename", "url") if attachment.get(key)), None)
        if named is not None:
            return str(named)
    return attachment if isinstance(attachment, str) else json.dumps(attachment, ensure_ascii=False)
