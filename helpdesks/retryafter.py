"""When whoever was called by HTTP wants to be called again: the header ``Retry-After``."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime


def retry_after(headers: Mapping[str, str], longest: float) -> float | None:
    """The seconds for which the sender of these headers asks not to be called; None if it does not say.

    It is a number, or a time by the sender's clock, which need not agree with the one here.

    Args:
        headers: with names in small letters, or whatever their case is.
        longest: the most that is respected, in seconds.
    """
    asked = (headers.get("retry-after") or headers.get("retry_after") or "").strip()
    if asked.isascii() and asked.isdigit():
        return min(float(asked), longest)
    until = http_date(asked)
    if until is None:
        return None
    seconds = (until - (http_date(headers.get("date", "")) or datetime.now(UTC))).total_seconds()
    return min(max(seconds, 0.0), longest)


def http_date(text: str) -> datetime | None:
    """A time as headers have it; None if it is none."""
    try:
        at = parsedate_to_datetime(text)
    except (ValueError, OverflowError):
        return None
    return at.replace(tzinfo=UTC) if at.tzinfo is None else at.astimezone(UTC)
