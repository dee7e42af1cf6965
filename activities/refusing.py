"""Refusals as errors of activities: not tried again, recognised by the client, and one line in the log."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from temporalio import activity
from temporalio.exceptions import ApplicationError, ApplicationErrorCategory

from baton.errors import Refused


@contextmanager
def refusing() -> Iterator[None]:
    """Make refusals in this block final: the activity is not retried."""
    try:
        yield
    except Refused as refused:
        raise refusal(refused.type, str(refused)) from None


def refusal(kind: str, what: str) -> ApplicationError:
    """An error that is not retried; the client recognises it by ``kind``.

    It is logged here, without its message, which may quote what was sent. The SDK would log it with a
    traceback, as a fault of the worker's, were it not for its category.
    """
    activity.logger.info("call refused: %s", kind, extra={"reason": kind})
    return ApplicationError(what, type=kind, non_retryable=True, category=ApplicationErrorCategory.BENIGN)
