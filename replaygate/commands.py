"""Commands in one form, whether a history tells of them or workflow code has just made them.

Commands are known to each other by their *key*: a timer, an activity and an update have an ID, and the others
are numbered in their order. What has no content – a timer or an activity that is cancelled, a patch – is left
to Temporal's replayer.
"""

from __future__ import annotations

import hashlib
import json
from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from google.protobuf.duration_pb2 import Duration
from temporalio.api.common.v1 import Payload, RetryPolicy
from temporalio.api.enums.v1 import EventType
from temporalio.api.failure.v1 import Failure
from temporalio.api.history.v1 import HistoryEvent
from temporalio.client import WorkflowHistory
from temporalio.converter import (
    ActivitySerializationContext,
    DataConverter,
    SerializationContext,
    WorkflowSerializationContext,
)

from baton.temporal.payloads import readable
from replaygate.recorder import Recording

Key = tuple[str, ...]
_QUEUE = "task_queue"
_PATCHES = "TemporalChangeVersion"
"""The search attribute that the SDK itself sets where code is patched."""


@dataclass
class Command:
    """One command.

    Args:
        name: in words, such as ``activity notify`` or ``timer``.
        place: the event of the history in which it is; or the one that began the task in which the code
            made it.
        content: all that code decides. Payloads and failures become JSON values by `readable`.
        options: what the server fills in where code says nothing: only what code says is compared.
    """

    key: Key
    name: str
    place: int
    content: dict[str, Any] = field(default_factory=dict)
    options: dict[str, Any] = field(default_factory=dict)


# --- Those of a history ---------------------------------------------------------------------------


def commands_of(history: WorkflowHistory) -> list[Command]:
    """What the workflow tasks of a history decided, in order."""
    count: Counter[str] = Counter()
    updates: dict[str, str] = {}
    found = []
    for event in history.events:
        read = _READERS.get(event.event_type)
        command = read(event, count, updates) if read else None
        if command is not None:
            command.content["summary"] = _summary(event)
            found.append(_elsewhere(command, task_queue(history)))
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
    return _activity(
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
    return _local_activity(about["seq"], about["activity_type"], event.event_id)


def _timer_started(event: HistoryEvent, count: Counter[str], updates: dict[str, str]) -> Command:
    said = event.timer_started_event_attributes
    return _timer(said.timer_id, said.start_to_fire_timeout, event.event_id)


def _upserted(event: HistoryEvent, count: Counter[str], updates: dict[str, str]) -> Command | None:
    said = event.upsert_workflow_search_attributes_event_attributes.search_attributes.indexed_fields
    return None if set(said) == {_PATCHES} else _upsert(said, count, event.event_id)


def _modified(event: HistoryEvent, count: Counter[str], updates: dict[str, str]) -> Command:
    said = event.workflow_properties_modified_event_attributes.upserted_memo
    return _memo(said.fields, count, event.event_id)


def _accepted(event: HistoryEvent, count: Counter[str], updates: dict[str, str]) -> Command:
    said = event.workflow_execution_update_accepted_event_attributes
    updates[said.accepted_request.meta.update_id] = said.protocol_instance_id
    return _update(said.protocol_instance_id, "accepted", event.event_id)


def _answered(event: HistoryEvent, count: Counter[str], updates: dict[str, str]) -> Command:
    said = event.workflow_execution_update_completed_event_attributes
    update = updates.get(said.meta.update_id, said.meta.update_id)
    if said.outcome.HasField("failure"):
        return _update(update, "answered", event.event_id, failure=_failure(said.outcome.failure))
    return _update(update, "answered", event.event_id, result=list(said.outcome.success.payloads))


def _completed(event: HistoryEvent, count: Counter[str], updates: dict[str, str]) -> Command:
    said = event.workflow_execution_completed_event_attributes
    return _end("completed", event.event_id, result=list(said.result.payloads))


def _failed(event: HistoryEvent, count: Counter[str], updates: dict[str, str]) -> Command:
    said = event.workflow_execution_failed_event_attributes
    return _end("failed", event.event_id, failure=_failure(said.failure))


def _cancelled(event: HistoryEvent, count: Counter[str], updates: dict[str, str]) -> Command:
    return _end("cancelled", event.event_id)


def _continued(event: HistoryEvent, count: Counter[str], updates: dict[str, str]) -> Command:
    said = event.workflow_execution_continued_as_new_event_attributes
    return _continue(
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


# --- Those that code makes ------------------------------------------------------------------------

_WITHOUT_CONTENT = frozenset(
    {"cancel_timer", "request_cancel_activity", "request_cancel_local_activity"}
    | {"respond_to_query", "set_patch_marker"}
)


def commands_made(recording: Recording) -> list[Command]:
    """The commands of a recording.

    Raises ``NotImplementedError`` for a kind of command that Baton has not used so far.
    """
    count: Counter[str] = Counter()
    found: dict[Key, Command] = {}
    for place, command in recording.commands:
        kind = command.WhichOneof("variant")
        said = getattr(command, kind)
        if kind in ("cancel_timer", "request_cancel_activity"):
            _forget_unsent(found, kind, said.seq, place)
        if kind in _WITHOUT_CONTENT:
            continue
        read = _MAKERS.get(kind)
        if read is None:
            raise NotImplementedError(f"the replay gate does not know the command {kind}: teach it to")
        one = read(said, count, place)
        one.content["summary"] = _summary(command)
        found[one.key] = _elsewhere(one, recording.task_queue)
    return list(found.values())


def _forget_unsent(found: dict[Key, Command], kind: str, seq: int, place: int) -> None:
    """What is cancelled in the task in which it was made never reaches the server."""
    wanted = "timer" if kind == "cancel_timer" else "activity"
    for key, command in list(found.items()):
        if key[:2] == (wanted, str(seq)) and command.place == place:
            del found[key]


def _response(said: Any, count: Counter[str], place: int) -> Command:
    update = said.protocol_instance_id
    match said.WhichOneof("response"):
        case "accepted":
            return _update(update, "accepted", place)
        case "rejected":
            return _update(update, "answered", place, failure=_failure(said.rejected))
        case _:
            return _update(update, "answered", place, result=[said.completed])


_MAKERS: Mapping[str, Callable[[Any, Counter[str], int], Command]] = {
    "schedule_activity": lambda said, _, place: _activity(
        (said.activity_id, said.activity_type), said.arguments, said.task_queue, said, place
    ),
    "schedule_local_activity": lambda said, _, place: _local_activity(said.seq, said.activity_type, place),
    "start_timer": lambda said, _, place: _timer(str(said.seq), said.start_to_fire_timeout, place),
    "upsert_workflow_search_attributes": lambda said, count, place: _upsert(
        said.search_attributes.indexed_fields, count, place
    ),
    "modify_workflow_properties": lambda said, count, place: _memo(said.upserted_memo.fields, count, place),
    "update_response": _response,
    "complete_workflow_execution": lambda said, _, place: _end("completed", place, result=[said.result]),
    "fail_workflow_execution": lambda said, _, place: _end("failed", place, failure=_failure(said.failure)),
    "cancel_workflow_execution": lambda said, _, place: _end("cancelled", place),
    "continue_as_new_workflow_execution": lambda said, _, place: _continue(
        (said.workflow_type, said.task_queue), said.arguments, said, said.memo, place
    ),
}


# --- The form -------------------------------------------------------------------------------------


def _activity(
    of: tuple[str, str], arguments: Iterable[Payload], queue: str, said: Any, place: int
) -> Command:
    timeouts = ("schedule_to_close", "schedule_to_start", "start_to_close", "heartbeat")
    options = {f"{one}_seconds": _seconds(getattr(said, f"{one}_timeout")) for one in timeouts}
    return Command(
        ("activity", *of),
        f"activity {of[1]}",
        place,
        {"input": list(arguments), _QUEUE: queue},
        _given({**options, "retry": _retry(said.retry_policy)}),
    )


def _local_activity(seq: int, name: str, place: int) -> Command:
    # Its arguments are not in the history.
    return Command(("local activity", str(seq), name), f"local activity {name}", place)


def _timer(timer_id: str, length: Duration, place: int) -> Command:
    return Command(("timer", timer_id), "timer", place, {"seconds": _seconds(length)})


def _upsert(values: Mapping[str, Payload], count: Counter[str], place: int) -> Command:
    count["upsert"] += 1
    content = {name: value for name, value in values.items() if name != _PATCHES}
    return Command(("upsert", str(count["upsert"])), "search attributes", place, {"set": content})


def _memo(values: Mapping[str, Payload], count: Counter[str], place: int) -> Command:
    count["memo"] += 1
    return Command(("memo", str(count["memo"])), "memo", place, {"set": dict(values)})


def _update(update: str, what: str, place: int, **content: Any) -> Command:
    return Command(("update", update, what), f"update {what}", place, content)


def _end(how: str, place: int, **content: Any) -> Command:
    return Command(("end", how), f"workflow {how}", place, content)


def _continue(
    to: tuple[str, str], arguments: Iterable[Payload], said: Any, memo: Mapping[str, Payload], place: int
) -> Command:
    # The version to which the next run goes is not kept in the event.
    options = {
        "workflow_type": to[0],
        "memo": dict(memo),
        "search_attributes": dict(said.search_attributes.indexed_fields),
    }
    return Command(
        ("end", "continued"),
        "continue-as-new",
        place,
        {"input": list(arguments), _QUEUE: to[1]},
        _given(options),
    )


def _summary(said: HistoryEvent | Any) -> Payload | None:
    metadata = said.user_metadata
    return metadata.summary if metadata.HasField("summary") else None


def _failure(said: Failure) -> dict[str, Any]:
    """What a failure says; not where it was raised, which any edit changes."""
    about = said.application_failure_info
    return _given(
        {
            "message": said.message,
            "type": about.type,
            "non_retryable": about.non_retryable,
            "details": list(about.details.payloads),
            _HIDDEN: said.encoded_attributes if said.HasField("encoded_attributes") else None,
            "cause": _failure(said.cause) if said.HasField("cause") else None,
        }
    )


def _retry(said: RetryPolicy) -> dict[str, Any]:
    return _given(
        {
            "initial_interval": _seconds(said.initial_interval),
            "backoff": said.backoff_coefficient,
            "maximum_interval": _seconds(said.maximum_interval),
            "maximum_attempts": said.maximum_attempts,
            "non_retryable": list(said.non_retryable_error_types),
        }
    )


def _elsewhere(command: Command, own: str) -> Command:
    """The same command, with a task queue only where that is another one than the workflow's."""
    if command.content.get(_QUEUE) == own:
        del command.content[_QUEUE]
    return command


def _given(values: Mapping[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in values.items() if value}


def _seconds(length: Duration) -> float:
    return length.seconds + length.nanos / 1e9


# --- Payloads as values ---------------------------------------------------------------------------

_HIDDEN = "encoded_attributes"
"""Where a failure converter that encrypts puts message and stack trace."""


class Reader:
    """Reads the payloads of one workflow.

    Args:
        converter: that with which the history was written; none for what code has just made, which no codec
            has seen yet.
    """

    def __init__(self, converter: DataConverter | None, namespace: str, history: WorkflowHistory) -> None:
        self._converter = converter if converter is not None and converter.payload_codec else None
        self._namespace = namespace
        self._workflow_id = history.workflow_id
        self._workflow_type = workflow_type(history)

    async def read(self, command: Command) -> Command:
        """The same command, with values in place of payloads. Raises ``Unreadable``."""
        whole = WorkflowSerializationContext(namespace=self._namespace, workflow_id=self._workflow_id)
        context: SerializationContext = whole
        if command.key[0] == "activity":
            _, activity_id, name = command.key
            context = ActivitySerializationContext(
                namespace=self._namespace,
                activity_id=activity_id,
                activity_type=name,
                activity_task_queue=None,
                workflow_id=self._workflow_id,
                workflow_type=self._workflow_type,
                is_local=False,
            )
        content = {
            name: await self._value(value, context if name == "input" else whole)
            for name, value in command.content.items()
        }
        options = await self._value(command.options, whole)
        return Command(command.key, command.name, command.place, content, options)

    async def _value(self, value: Any, context: SerializationContext) -> Any:
        if isinstance(value, Payload):
            return await self._payload(value, context)
        if isinstance(value, list):
            return [await self._value(item, context) for item in value]
        if isinstance(value, dict):
            read = {name: await self._value(item, context) for name, item in value.items()}
            hidden = read.pop(_HIDDEN, None)
            return {**read, "message": hidden["message"]} if isinstance(hidden, dict) else read
        return value

    async def _payload(self, payload: Payload, context: SerializationContext) -> Any:
        # Search attributes and markers pass every codec by.
        if self._converter is not None and "type" not in payload.metadata:
            codec = self._converter.with_context(context).payload_codec
            assert codec is not None
            payload = readable(*await codec.decode([payload]))
        return plain(payload)


def plain(payload: Payload) -> Any:
    """The value in a payload that no codec has changed; a digest of what is not JSON."""
    encoding = payload.metadata.get("encoding", b"").decode()
    if encoding in ("binary/null", ""):
        return None
    if encoding.startswith("json/"):
        return json.loads(payload.data)
    return {"encoding": encoding, "sha256": hashlib.sha256(payload.data).hexdigest()}


def workflow_type(history: WorkflowHistory) -> str:
    """The type of a workflow, from the event that started it. Raises ``ValueError`` if that is missing."""
    first = history.events[0] if history.events else None
    if first is None or not _is_start(first):
        raise ValueError("the history does not begin with the event that starts a workflow")
    return first.workflow_execution_started_event_attributes.workflow_type.name


def task_queue(history: WorkflowHistory) -> str:
    return history.events[0].workflow_execution_started_event_attributes.task_queue.name


def with_its_own_id(history: WorkflowHistory) -> WorkflowHistory:
    """The history under the workflow ID that it names, rather than that of its file."""
    first = history.events[0] if history.events else None
    named = first.workflow_execution_started_event_attributes.workflow_id if first else ""
    return WorkflowHistory(named or history.workflow_id, history.events)


def _is_start(event: HistoryEvent) -> bool:
    return event.event_type == EventType.EVENT_TYPE_WORKFLOW_EXECUTION_STARTED
