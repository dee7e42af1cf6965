"""What was said in a chat or about a ticket: the words for who wrote what kind of thing."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from baton.desk.said import MessageRow
from baton.phrases import names
from baton.texts import Phrase, Texts

KINDS: Mapping[str, Phrase] = {
    "note": Phrase("said", "note"),
    "reply": Phrase("said", "reply"),
    "draft": Phrase("said", "draft"),
    "question": Phrase("said", "asks again"),
    "declined": Phrase("said", "declines"),
}
"""What is shown for each kind but a message, which needs no word."""


def wrote(row: MessageRow, texts: Texts) -> str:
    """Who wrote it, what kind of thing it is, and what became of it."""
    return ", ".join(filter(None, (names.author(row.author, texts), about(row, texts))))


def about(row: MessageRow, texts: Texts) -> str:
    """What kind of thing it is, for which departments, and what became of it; empty for a plain message."""
    what = texts.of(KINDS[row.said]) if row.said in KINDS else ""
    kind = f"{what} ({', '.join(row.labels)})" if row.labels else what
    became = [texts("deleted since")] * row.deleted + [texts("not delivered")] * row.undelivered
    return ", ".join(filter(None, (kind.strip(), *became)))


def attachment(one: Any) -> str:
    """What an attachment is called; its fields are up to whoever sent it."""
    if isinstance(one, dict):
        named = next((one[key] for key in ("name", "filename", "url") if one.get(key)), None)
        if named is not None:
            return str(named)
    return one if isinstance(one, str) else json.dumps(one, ensure_ascii=False)
