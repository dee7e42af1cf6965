"""The commands that a history records."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Callable, Mapping

from temporalio.api.enums.v1 import EventType
from temporalio.api.history.v1 import HistoryEvent
from temporalio.client import WorkflowHistory

from replaygate import commands
from replaygate.commands import PATCHES, Command
from replaygate.histories import task_queue


def commands_of(history: WorkflowHistory) -> list[Command]:
    """What the workflow tasks of a history decided, in order."""
    count: Counter[str] = Counter()
    updates: dict[str, str] = {}
    found = []
    for event in history.events:
        read = _READERS.get(event.event_type)
        command = read(event, count, updates) if read else None
        if command is not None:
            command.content["summary"] = commands.summary_of(event)
            found.append(commands.elsewhere(command, task_queue(history)))
    return found


def completed_tasks(history: WorkflowHistory) -> set[int]:
    """The first events of the workflow tasks that were completed: only these left commands in the history."""
    return {
        event.workflow_task_completed_event_attributes.started_event_id
        for event in history.events
        if event.event_type == EventType.EVENT_TYPE_WORKFLOW_TASK_COMPLETED
    }


def _scheduled(event: HistoryEvent, count: Counter[str], updates: dict[str, str]) -> Command:
    said = event.activity_task_scheduled_event_attributes
    return commands.activity(
        (said.activity_id, said.activity_type.name),
        said.input.payloads,
        said.task_queue.name,
        said,
        event.event_id,
    )


def _marked(event: HistoryEvent, count: Counter[str], updates: dict[str, str]) -> Command | None:
    said = event.marker_recorded_event_attributes
    if said.marker_name != "core_local_activity":
        return None
    # Written by the SDK's core, which knows of no codec.
    about = json.loads(said.details["data"].payloads[0].data)
    return commands.local_activity(about["seq"], about["activity_type"], event.event_id)


def _timer_started(event: HistoryEvent, count: Counter[str], updates: dict[str, str]) -> Command:
    said = event.timer_started_event_attributes
    return commands.timer(said.timer_id, said.start_to_fire_timeout, event.event_id)


def _upserted(event: HistoryEvent, count: Counter[str], updates: dict[str, str]) -> Command | None:
    said = event.upsert_workflow_search_attributes_event_attributes.search_attributes.indexed_fields
    return None if set(said) == {PATCHES} else commands.upsert(said, count, event.event_id)


def _modified(event: HistoryEvent, count: Counter[str], updates: dict[str, str]) -> Command:
    said = event.workflow_properties_modified_event_attributes.upserted_memo
    return commands.memo(said.fields, count, event.event_id)


def _accepted(event: HistoryEvent, count: Counter[str], updates: dict[str, str]) -> Command:
    said = event.workflow_execution_update_accepted_event_attributes
    updates[said.accepted_request.meta.update_id] = said.protocol_instance_id
    return commands.update(said.protocol_instance_id, "accepted", event.event_id)


def _answered(event: HistoryEvent, count: Counter[str], updates: dict[str, str]) -> Command:
    said = event.workflow_execution_update_completed_event_attributes
    update = updates.get(said.meta.update_id, said.meta.update_id)
    if said.outcome.HasField("failure"):
        return commands.update(
            update, "answered", event.event_id, failure=commands.failure_of(said.outcome.failure)
        )
    return commands.update(update, "answered", event.event_id, result=list(said.outcome.success.payloads))


def _completed(event: HistoryEvent, count: Counter[str], updates: dict[str, str]) -> Command:
    said = event.workflow_execution_completed_event_attributes
    return commands.end("completed", event.event_id, result=list(said.result.payloads))


def _failed(event: HistoryEvent, count: Counter[str], updates: dict[str, str]) -> Command:
    said = event.workflow_execution_failed_event_attributes
    return commands.end("failed", event.event_id, failure=commands.failure_of(said.failure))


def _cancelled(event: HistoryEvent, count: Counter[str], updates: dict[str, str]) -> Command:
    return commands.end("cancelled", event.event_id)


def _continued(event: HistoryEvent, count: Counter[str], updates: dict[str, str]) -> Command:
    said = event.workflow_execution_continued_as_new_event_attributes
    return commands.continuation(
        (said.workflow_type.name, said.task_queue.name),
        said.input.payloads,
        said,
        said.memo.fields,
        event.event_id,
    )


_READERS: Mapping[int, Callable[[HistoryEvent, Counter[str], dict[str, str]], Command | None]] = {
    EventType.EVENT_TYPE_ACTIVITY_TASK_SCHEDULED: _scheduled,
    EventType.EVENT_TYPE_MARKER_RECORDED: _marked,
    EventType.EVENT_TYPE_TIMER_STARTED: _timer_started,
    EventType.EVENT_TYPE_UPSERT_WORKFLOW_SEARCH_ATTRIBUTES: _upserted,
    EventType.EVENT_TYPE_WORKFLOW_PROPERTIES_MODIFIED: _modified,
    EventType.EVENT_TYPE_WORKFLOW_EXECUTION_UPDATE_ACCEPTED: _accepted,
    EventType.EVENT_TYPE_WORKFLOW_EXECUTION_UPDATE_COMPLETED: _answered,
    EventType.EVENT_TYPE_WORKFLOW_EXECUTION_COMPLETED: _completed,
    EventType.EVENT_TYPE_WORKFLOW_EXECUTION_FAILED: _failed,
    EventType.EVENT_TYPE_WORKFLOW_EXECUTION_CANCELED: _cancelled,
    EventType.EVENT_TYPE_WORKFLOW_EXECUTION_CONTINUED_AS_NEW: _continued,
}
