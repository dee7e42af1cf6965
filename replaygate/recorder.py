"""Keeps the commands that workflow code makes while it is replayed."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from temporalio.plugin import SimplePlugin
from temporalio.worker import WorkflowInstance, WorkflowInstanceDetails, WorkflowRunner
from temporalio.workflow import Info


@dataclass
class Recording:
    """What one replay made."""

    commands: list[tuple[int, Any]] = field(default_factory=list)
    """Each command (of the SDK's bridge), after the number of the event that began its workflow task."""
    failure: str = ""
    """The exception with which a workflow task failed, if one did."""
    task_queue: str = ""
    """The run ID of the replay, which is not the history's."""


class Recorder:
    """The recordings of a replayer, by run ID."""

    def __init__(self) -> None:
        self._recordings: dict[str, Recording] = {}

    def begin(self, run: Info) -> Recording:
        self._recordings[run.run_id] = Recording(task_queue=run.task_queue)
        return self._recordings[run.run_id]

    def take(self, run_id: str) -> Recording:
        """Take out the recording of a run. It is empty if the run never got that far."""
        return self._recordings.pop(run_id, Recording())

    def plugin(self) -> SimplePlugin:
        """Put this plugin after those that choose the runner: it wraps what they chose."""

        def wrapped(runner: WorkflowRunner | None) -> WorkflowRunner:
            assert runner is not None
            return _RecordingRunner(runner, self)

        return SimplePlugin("replay-recorder", workflow_runner=wrapped)


class _RecordingRunner(WorkflowRunner):
    def __init__(self, inner: WorkflowRunner, recorder: Recorder) -> None:
        self._inner = inner
        self._recorder = recorder

    def prepare_workflow(self, defn: Any) -> None:
        self._inner.prepare_workflow(defn)

    def set_worker_level_failure_exception_types(self, types: Sequence[type[BaseException]]) -> None:
        self._inner.set_worker_level_failure_exception_types(types)

    def create_instance(self, det: WorkflowInstanceDetails) -> WorkflowInstance:
        recording = self._recorder.begin(det.info)
        return _RecordingInstance(self._inner.create_instance(det), recording)


class _RecordingInstance(WorkflowInstance):
    def __init__(self, inner: WorkflowInstance, recording: Recording) -> None:
        self._inner = inner
        self._recording = recording

    def activate(self, act: Any) -> Any:
        completion = self._inner.activate(act)
        if completion.HasField("failed"):
            self._recording.failure = completion.failed.failure.message
        # Copies: the worker encodes the payloads of the originals.
        for command in completion.successful.commands:
            kept = type(command)()
            kept.CopyFrom(command)
            self._recording.commands.append((act.history_length, kept))
        return completion

    def get_serialization_context(self, command_info: Any) -> Any:
        return self._inner.get_serialization_context(command_info)

    def get_external_store_context(self, command_info: Any) -> Any:
        return self._inner.get_external_store_context(command_info)

    def get_info(self) -> Info:
        return self._inner.get_info()

    def get_thread_id(self) -> int | None:
        return self._inner.get_thread_id()
