"""Refusals as errors of activities: not tried again, recognised by the client, and one line in the log."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta

from temporalio import activity
from temporalio.exceptions import ApplicationError, ApplicationErrorCategory

from baton.errors import DeskRefused, HelpDeskUnavailable, Refused


@contextmanager
def refusing() -> Iterator[None]:
    """Make refusals in this block final: the activity is not retried."""
    try:
        yield
    except Refused as refused:
        raise refusal(refused.type, str(refused)) from None


@contextmanager
def as_the_desk_says() -> Iterator[None]:
    """Try again what is in this block when the desk wants it, and never if it said no."""
    try:
        with when_the_desk_wants():
            yield
    except DeskRefused as refused:
        raise ApplicationError(str(refused), type=DeskRefused.__name__, non_retryable=True) from None


@contextmanager
def when_the_desk_wants() -> Iterator[None]:
    """Try again what is in this block, and not before the time for which the desk asks."""
    try:
        yield
    except HelpDeskUnavailable as away:
        if away.after is None:
            raise
        wait = timedelta(seconds=away.after)
        raise ApplicationError(str(away), type=type(away).__name__, next_retry_delay=wait) from None


def refusal(kind: str, what: str) -> ApplicationError:
    """An error that is not retried; the client recognises it by ``kind``.

    It is logged here, without its message, which may quote what was sent. The SDK would log it with a
    traceback, as a fault of the worker's, were it not for its category.
    """
    activity.logger.info("call refused: %s", kind, extra={"reason": kind})
    return ApplicationError(what, type=kind, non_retryable=True, category=ApplicationErrorCategory.BENIGN)
