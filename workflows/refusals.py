"""A refused event: a failure for its caller, a metric, and a line in the log."""

from __future__ import annotations

from temporalio import workflow
from temporalio.exceptions import ApplicationError

from baton.errors import Refused
from baton.temporal import metrics
from workflows.timeline import cut

REFUSAL_SIZE = 3_000
"""Bytes that a refusal may add to a task, at most: its message is cut (`as_failure`)."""
_LONGEST_REFUSAL = 2_000


def as_failure(refusal: Refused) -> ApplicationError:
    """The error that the caller of an update gets. Raised anywhere else, it fails the workflow."""
    message = cut(str(refusal), _LONGEST_REFUSAL)
    return ApplicationError(message, type=refusal.type, non_retryable=True)


def tell(event_id: str, kind: str, refusal: Refused) -> None:
    """Count a refusal and log it, but without its message, which may quote what was sent."""
    known = metrics.kind_label(kind)
    metrics.REFUSED_EVENTS.count(workflow.metric_meter(), kind=known, reason=refusal.type)
    workflow.logger.info(
        "event refused: %s", refusal.type, extra={"event": event_id, "kind": known, "reason": refusal.type}
    )
