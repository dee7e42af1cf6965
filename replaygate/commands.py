"""Commands in one form, whether they are recorded in a history or workflow code has just made them.

Commands are matched by their *key*: a timer, an activity and an update have an ID, and the others are
numbered in their order. Commands without content – a cancelled timer or activity, a patch – are left to
Temporal's replayer.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from google.protobuf.duration_pb2 import Duration
from temporalio.api.common.v1 import Payload, RetryPolicy
from temporalio.api.failure.v1 import Failure
from temporalio.api.history.v1 import HistoryEvent

Key = tuple[str, ...]
_QUEUE = "task_queue"
PATCHES = "TemporalChangeVersion"
"""The search attribute that the SDK itself sets where code is patched."""
HIDDEN = "encoded_attributes"
"""Where a failure converter that encrypts puts message and stack trace."""


@dataclass
class Command:
    """One command.

    Args:
        name: in words, such as ``activity notify`` or ``timer``.
        place: the event that records it in the history; or the event that began the task in which the code
            made it.
        content: all that code decides. `readable` turns payloads and failures into JSON values.
        options: what the server fills in where code says nothing: only what code says is compared.
    """

    key: Key
    name: str
    place: int
    content: dict[str, Any] = field(default_factory=dict)
    options: dict[str, Any] = field(default_factory=dict)


def activity(of: tuple[str, str], arguments: Iterable[Payload], queue: str, said: Any, place: int) -> Command:
    timeouts = ("schedule_to_close", "schedule_to_start", "start_to_close", "heartbeat")
    options = {f"{one}_seconds": _seconds(getattr(said, f"{one}_timeout")) for one in timeouts}
    return Command(
        ("activity", *of),
        f"activity {of[1]}",
        place,
        {"input": list(arguments), _QUEUE: queue},
        _given({**options, "retry": _retry(said.retry_policy)}),
    )


def local_activity(seq: int, name: str, place: int) -> Command:
    # Its arguments are not in the history.
    return Command(("local activity", str(seq), name), f"local activity {name}", place)


def timer(timer_id: str, length: Duration, place: int) -> Command:
    return Command(("timer", timer_id), "timer", place, {"seconds": _seconds(length)})


def upsert(values: Mapping[str, Payload], count: Counter[str], place: int) -> Command:
    count["upsert"] += 1
    content = {name: value for name, value in values.items() if name != PATCHES}
    return Command(("upsert", str(count["upsert"])), "search attributes", place, {"set": content})


def memo(values: Mapping[str, Payload], count: Counter[str], place: int) -> Command:
    count["memo"] += 1
    return Command(("memo", str(count["memo"])), "memo", place, {"set": dict(values)})


def update(update: str, what: str, place: int, **content: Any) -> Command:
    return Command(("update", update, what), f"update {what}", place, content)


def end(how: str, place: int, **content: Any) -> Command:
    return Command(("end", how), f"workflow {how}", place, content)


def continuation(
    to: tuple[str, str], arguments: Iterable[Payload], said: Any, memo: Mapping[str, Payload], place: int
) -> Command:
    # The event does not keep the version to which the next run goes.
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


def summary_of(said: HistoryEvent | Any) -> Payload | None:
    metadata = said.user_metadata
    return metadata.summary if metadata.HasField("summary") else None


def failure_of(said: Failure) -> dict[str, Any]:
    """What a failure says, without where it was raised, which any edit changes."""
    about = said.application_failure_info
    return _given(
        {
            "message": said.message,
            "type": about.type,
            "non_retryable": about.non_retryable,
            "details": list(about.details.payloads),
            HIDDEN: said.encoded_attributes if said.HasField("encoded_attributes") else None,
            "cause": failure_of(said.cause) if said.HasField("cause") else None,
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


def elsewhere(command: Command, own: str) -> Command:
    """The same command, with a task queue only where it differs from the workflow's."""
    if command.content.get(_QUEUE) == own:
        del command.content[_QUEUE]
    return command


def _given(values: Mapping[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in values.items() if value}


def _seconds(length: Duration) -> float:
    return length.seconds + length.nanos / 1e9
