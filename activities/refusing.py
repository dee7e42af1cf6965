"""Refusals as errors of activities: they are not tried again, and the client recognises them."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from temporalio.exceptions import ApplicationError

from baton.errors import Refused


@contextmanager
def refusing() -> Iterator[None]:
    """Make refusals in this block final: the activity is not retried."""
    try:
        yield
    except Refused as refused:
        raise refusal(refused.type, str(refused)) from None


def refusal(kind: str, what: str) -> ApplicationError:
    """An error that is not retried; the client recognises it by ``kind``."""
    return ApplicationError(what, type=kind, non_retryable=True)
