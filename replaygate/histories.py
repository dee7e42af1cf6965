"""What the first event of a history says."""

from __future__ import annotations

from temporalio.api.enums.v1 import EventType
from temporalio.api.history.v1 import HistoryEvent
from temporalio.client import WorkflowHistory


def workflow_type(history: WorkflowHistory) -> str:
    """The type of a workflow, from the event that started it. Raises ``ValueError`` if that is missing."""
    first = history.events[0] if history.events else None
    if first is None or not _is_start(first):
        raise ValueError("the history does not begin with the event that starts a workflow")
    return first.workflow_execution_started_event_attributes.workflow_type.name


def task_queue(history: WorkflowHistory) -> str:
    return history.events[0].workflow_execution_started_event_attributes.task_queue.name


def with_its_own_id(history: WorkflowHistory) -> WorkflowHistory:
    """The history under the workflow ID that it names, rather than under its file's name."""
    first = history.events[0] if history.events else None
    named = first.workflow_execution_started_event_attributes.workflow_id if first else ""
    return WorkflowHistory(named or history.workflow_id, history.events)


def _is_start(event: HistoryEvent) -> bool:
    return event.event_type == EventType.EVENT_TYPE_WORKFLOW_EXECUTION_STARTED
