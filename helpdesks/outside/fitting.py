"""What of a desk's message fits into an event. The desk has the rest."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from pydantic_core import to_json

from baton.contract.names import MAX_ATTACHMENTS_SIZE, MAX_TEXT_LENGTH

_LONGEST_TEXT = 250_000
"""Bytes of a text. An event may have 350,000."""


def cut(text: str, desk: str) -> str:
    """As much of a text as an event takes, and where the whole is."""
    written = text.encode()
    if len(text) <= MAX_TEXT_LENGTH and len(written) <= _LONGEST_TEXT:
        return text
    remark = f" [… cut: {desk} has the whole text]"
    kept = written[:_LONGEST_TEXT].decode(errors="ignore")[: MAX_TEXT_LENGTH - len(remark)]
    return kept + remark


def files_that_fit(files: Iterable[dict[str, Any]]) -> tuple[dict[str, Any], ...]:
    """The files of a message that an event has room for."""
    kept: list[dict[str, Any]] = []
    for file in files:
        if len(to_json([*kept, file])) <= MAX_ATTACHMENTS_SIZE:
            kept.append(file)
    return tuple(kept)
