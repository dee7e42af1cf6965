"""The commands that workflow code has just made."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping
from typing import Any

from replaygate import commands
from replaygate.commands import Command, Key
from replaygate.recorder import Recording

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
        one.content["summary"] = commands.summary_of(command)
        found[one.key] = commands.elsewhere(one, recording.task_queue)
    return list(found.values())


def _forget_unsent(found: dict[Key, Command], kind: str, seq: int, place: int) -> None:
    """A command that is cancelled in the task in which it was made never reaches the server."""
    wanted = "timer" if kind == "cancel_timer" else "activity"
    for key, command in list(found.items()):
        if key[:2] == (wanted, str(seq)) and command.place == place:
            del found[key]


def _response(said: Any, count: Counter[str], place: int) -> Command:
    update = said.protocol_instance_id
    match said.WhichOneof("response"):
        case "accepted":
            return commands.update(update, "accepted", place)
        case "rejected":
            return commands.update(update, "answered", place, failure=commands.failure_of(said.rejected))
        case _:
            return commands.update(update, "answered", place, result=[said.completed])


_MAKERS: Mapping[str, Callable[[Any, Counter[str], int], Command]] = {
    "schedule_activity": lambda said, _, place: commands.activity(
        (said.activity_id, said.activity_type), said.arguments, said.task_queue, said, place
    ),
    "schedule_local_activity": lambda said, _, place: commands.local_activity(
        said.seq, said.activity_type, place
    ),
    "start_timer": lambda said, _, place: commands.timer(str(said.seq), said.start_to_fire_timeout, place),
    "upsert_workflow_search_attributes": lambda said, count, place: commands.upsert(
        said.search_attributes.indexed_fields, count, place
    ),
    "modify_workflow_properties": lambda said, count, place: commands.memo(
        said.upserted_memo.fields, count, place
    ),
    "update_response": _response,
    "complete_workflow_execution": lambda said, _, place: commands.end(
        "completed", place, result=[said.result]
    ),
    "fail_workflow_execution": lambda said, _, place: commands.end(
        "failed", place, failure=commands.failure_of(said.failure)
    ),
    "cancel_workflow_execution": lambda said, _, place: commands.end("cancelled", place),
    "continue_as_new_workflow_execution": lambda said, _, place: commands.continuation(
        (said.workflow_type, said.task_queue), said.arguments, said, said.memo, place
    ),
}
