"""Replays histories against the workflow code of this checkout, one after another."""

from __future__ import annotations

import asyncio
import json
import time
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any, Self

from google.protobuf.json_format import ParseError
from temporalio.client import WorkflowHistory
from temporalio.converter import DataConverter
from temporalio.plugin import SimplePlugin
from temporalio.runtime import LoggingConfig, Runtime, TelemetryConfig, TelemetryFilter
from temporalio.worker import Replayer, WorkflowReplayResult
from temporalio.workflow import _Definition

from baton.temporal.plugin import BatonPlugin
from replaygate.compare import differences, event_in, harmless, leaving
from replaygate.histories import with_its_own_id, workflow_type
from replaygate.madecommands import commands_made
from replaygate.recordedcommands import commands_of, completed_tasks
from replaygate.recorder import Recorder, Recording
from replaygate.result import HistoryVerdict, Result, message_in
from replaygate.values import Reader
from workflows.chat import Chat
from workflows.ticket import Ticket

WORKFLOWS: Sequence[type] = (Chat, Ticket)
_NO_HISTORY = "Export it as the Temporal UI or `temporal workflow show --output json` do, payloads undecoded."


class Gate:
    """A replayer that also compares what is in the commands. One history at a time."""

    def __init__(
        self,
        results: AsyncIterator[WorkflowReplayResult],
        waiting: asyncio.Queue[WorkflowHistory],
        recorder: Recorder,
        converter: DataConverter,
        namespace: str,
        types: set[str],
    ) -> None:
        self._results = results
        self._waiting = waiting
        self._recorder = recorder
        self._converter = converter
        self._namespace = namespace
        self._types = types

    @classmethod
    @asynccontextmanager
    async def open(
        cls,
        workflows: Sequence[type] = WORKFLOWS,
        *,
        namespace: str = "default",
        plugin: SimplePlugin | None = None,
    ) -> AsyncIterator[Self]:
        """A gate for these workflows.

        Args:
            namespace: the namespace that the histories come from.
            plugin: how payloads are read; the default reads unencrypted ones.
        """
        recorder = Recorder()
        replayer = Replayer(
            workflows=workflows,
            namespace=namespace,
            plugins=[plugin or BatonPlugin(), recorder.plugin()],
            runtime=_silent_runtime(),
        )
        config = replayer.config(active_config=True)
        waiting: asyncio.Queue[WorkflowHistory] = asyncio.Queue()
        types = {_type_of(workflow) for workflow in workflows}

        async def come() -> AsyncIterator[WorkflowHistory]:
            while True:
                yield await waiting.get()

        async with replayer.workflow_replay_iterator(come()) as results:
            yield cls(results, waiting, recorder, config["data_converter"], namespace, types)

    async def replay(self, history: WorkflowHistory, name: str = "") -> Result:
        """Replay one history.

        Args:
            name: the name in the report, by default the workflow ID.
        """
        history = with_its_own_id(history)
        result = Result(
            name=name or history.workflow_id, workflow_id=history.workflow_id, verdict=HistoryVerdict.REPLAYED
        )
        try:
            result.workflow_type = workflow_type(history)
        except ValueError as error:
            return _unreadable(result, f"{str(error)[0].upper()}{str(error)[1:]}. {_NO_HISTORY}")
        result.run_id, result.events = history.run_id, len(history.events)
        if result.workflow_type not in self._types:
            result.verdict, result.what = (
                HistoryVerdict.SKIPPED,
                f"another workflow type: {result.workflow_type}",
            )
            return result
        started = time.perf_counter()
        self._waiting.put_nowait(history)
        replayed = await anext(self._results)
        result.seconds = time.perf_counter() - started
        recording = self._recorder.take(history.run_id)
        await self._judge(result, history, recording, replayed.replay_failure)
        return result

    async def _judge(
        self, result: Result, history: WorkflowHistory, recording: Recording, failure: Exception | None
    ) -> None:
        try:
            recorded, made = commands_of(history), commands_made(recording)
        except NotImplementedError as error:
            result.verdict, result.what = HistoryVerdict.BROKEN, str(error)
            return
        left = leaving(recorded, made, completed_tasks(history))
        if failure is not None or left is not None:
            result.verdict, result.said = HistoryVerdict.BROKEN, message_in(str(failure or ""))
            result.event = event_in(result.said) or (left.event if left else None)
            result.what = left.what if left else "the commands come in another order, or of another kind"
            if recording.failure:
                result.what = f"this code raises: {recording.failure}"
        theirs = Reader(self._converter, self._namespace, history)
        ours = Reader(None, self._namespace, history)
        try:
            read = [await theirs.read(command) for command in recorded]
        except Exception as error:  # whatever a codec raises when it cannot read something
            _unreadable(
                result, f"A payload cannot be decoded: {type(error).__name__}: {error}. Is its key set?"
            )
            return
        for difference in differences(read, [await ours.read(command) for command in made]):
            (result.added if harmless(difference) else result.differences).append(difference)


async def replay_file(gate: Gate, path: Path, name: str = "") -> Result:
    """Replay a history from a JSON file. It is reported under ``name``, by default the file's name."""
    name = name or path.name
    nothing = Result(name=name, verdict=HistoryVerdict.UNREADABLE)
    try:
        history = read_history(path)
    except OSError as error:
        return _unreadable(nothing, f"The file cannot be read: {error.strerror}.")
    except (ValueError, TypeError, AttributeError, KeyError, ParseError) as error:
        return _unreadable(nothing, f"This is no history of a workflow: {error}. {_NO_HISTORY}")
    return await gate.replay(history, name)


def read_history(path: Path) -> WorkflowHistory:
    """A history as JSON, with or without the object around its list of events.

    Raises ``OSError``; and ``ValueError``, ``TypeError``, ``AttributeError``, ``KeyError`` or ``ParseError``
    if it is not a history.
    """
    document: Any = json.loads(path.read_bytes())
    if isinstance(document, list):
        document = {"events": document}
    return WorkflowHistory.from_json(path.stem, document)


def _unreadable(result: Result, why: str) -> Result:
    result.verdict, result.what = HistoryVerdict.UNREADABLE, why
    return result


def _type_of(workflow: type) -> str:
    name = _Definition.must_from_class(workflow).name
    assert name is not None, "a dynamic workflow has no type"
    return name


def _silent_runtime() -> Runtime:
    """The results say what goes wrong: the core's own warnings would only repeat it."""
    off = LoggingConfig(filter=TelemetryFilter(core_level="OFF", other_level="OFF"))
    return Runtime(telemetry=TelemetryConfig(logging=off))
