"""Answers that could be too long for Temporal: an activity's result has at most 2 MB."""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence

from baton.desk.api import NoticeRow
from baton.desk.said import MessageRow

NAMES_BYTES = 1_000_000
"""What the names of those who were told may take in one answer."""

MESSAGES_BYTES = 1_000_000
"""What messages may take in one answer. A single one is smaller: an event has at most 350,000 bytes."""


def with_names(notices: Iterable[NoticeRow]) -> list[NoticeRow]:
    """The notices, with the names of who was told as long as they fit: the latest, which come first."""
    rows: list[NoticeRow] = []
    left = NAMES_BYTES
    for row in notices:
        left -= len(json.dumps(row.told))
        rows.append(row if left >= 0 else row.model_copy(update={"told": ()}))
    return rows


def that_fit(messages: Sequence[MessageRow]) -> tuple[MessageRow, ...]:
    """The latest messages, as many as fit, in their order."""
    left = MESSAGES_BYTES
    for number, row in enumerate(reversed(messages)):
        left -= len(row.model_dump_json().encode())
        if left < 0:
            return tuple(messages[len(messages) - number :])
    return tuple(messages)
