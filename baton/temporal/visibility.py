"""Queries for cases in Temporal's lists, and for those that did not end by themselves."""

from __future__ import annotations

from datetime import UTC, datetime

from temporalio.client import WorkflowExecutionStatus

from baton.contract import CHAT_WORKFLOW, TICKET_WORKFLOW
from baton.temporal.searchattributes import quoted

CLOSED_BY_FORCE = {
    WorkflowExecutionStatus.FAILED: "Failed",
    WorkflowExecutionStatus.TIMED_OUT: "TimedOut",
    WorkflowExecutionStatus.TERMINATED: "Terminated",
    WorkflowExecutionStatus.CANCELED: "Canceled",
}
"""How workflows end that do not end by themselves, in the words of Temporal's lists."""


def one_of(name: str, *values: str) -> str:
    """A condition on a search attribute, without IN: the UI's editor breaks that when it changes it."""
    return "(" + " OR ".join(f"{name} = {quoted(value)}" for value in values) + ")"


def moment(at: datetime) -> str:
    """A time in a query, without quotation marks."""
    return at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


OURS = one_of("WorkflowType", CHAT_WORKFLOW, TICKET_WORKFLOW)
FORCED = f"{OURS} AND {one_of('ExecutionStatus', *CLOSED_BY_FORCE.values())}"
"""Runs of cases that were closed by force, whatever has become of the case since."""


def how_closed(status: WorkflowExecutionStatus) -> str:
    """The word for how a workflow was closed: ``terminated``, ``timed out``."""
    return status.name.lower().replace("_", " ").replace("canceled", "cancelled")
