"""Answers that could be too long for Temporal: an activity's result has at most 2 MB."""

from __future__ import annotations

import json
from collections.abc import Iterable

from baton.desk.api import NoticeRow

NAMES_BYTES = 1_000_000
"""What the names of those who were told may take in one answer."""


def with_names(notices: Iterable[NoticeRow]) -> list[NoticeRow]:
    """The notices, with the names of who was told as long as they fit: the latest, which come first."""
    rows: list[NoticeRow] = []
    left = NAMES_BYTES
    for row in notices:
        left -= len(json.dumps(row.told))
        rows.append(row if left >= 0 else row.model_copy(update={"told": ()}))
    return rows
