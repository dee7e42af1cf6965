"""Cases that did not end by themselves, in Temporal's lists."""

from __future__ import annotations

from temporalio.client import WorkflowExecutionStatus

from baton.temporal.queries import OURS, one_of

CLOSED_BY_FORCE = {
    WorkflowExecutionStatus.FAILED: "Failed",
    WorkflowExecutionStatus.TIMED_OUT: "TimedOut",
    WorkflowExecutionStatus.TERMINATED: "Terminated",
    WorkflowExecutionStatus.CANCELED: "Canceled",
}
"""How workflows end that do not end by themselves, in the words of Temporal's lists."""


FORCED = f"{OURS} AND {one_of('ExecutionStatus', *CLOSED_BY_FORCE.values())}"
"""Runs of cases that were closed by force, whatever has become of the case since."""


def how_closed(status: WorkflowExecutionStatus) -> str:
    """The word for how a workflow was closed: ``terminated``, ``timed out``."""
    return status.name.lower().replace("_", " ").replace("canceled", "cancelled")
