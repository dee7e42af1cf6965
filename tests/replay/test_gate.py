"""The replay gate passes the golden histories, and notices what a release must not change."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Callable
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from temporalio import workflow
from temporalio.api.enums.v1 import EventType
from temporalio.client import WorkflowHistory
from temporalio.exceptions import ApplicationError

import workflows.alarm
import workflows.caseworkflow
import workflows.outbox
import workflows.timeline
from baton.model.effects import NOTIFY
from replaygate.command import ACCEPTED, GOLDEN
from replaygate.commands import Command
from replaygate.compare import leaving
from replaygate.gate import Gate, read_history, replay_file
from replaygate.result import Accepted, HistoryVerdict, Result
from workflows.chat import _ChatCase
from workflows.kind import Handled
from workflows.outbox import Outbox

Patch = Callable[[pytest.MonkeyPatch], None]

HISTORIES = sorted(GOLDEN.glob("*.json"))
KNOWN = Accepted.load(ACCEPTED)
BEGINS = {
    EventType.EVENT_TYPE_WORKFLOW_TASK_SCHEDULED,
    EventType.EVENT_TYPE_WORKFLOW_TASK_STARTED,
    EventType.EVENT_TYPE_WORKFLOW_TASK_COMPLETED,
    EventType.EVENT_TYPE_ACTIVITY_TASK_STARTED,
    EventType.EVENT_TYPE_TIMER_FIRED,
    EventType.EVENT_TYPE_WORKFLOW_EXECUTION_SIGNALED,
}
"""Events that are written by themselves, and not with those before them."""


@pytest.fixture(scope="module")
async def gate() -> AsyncIterator[Gate]:
    async with Gate.open() as opened:
        yield opened


def golden(name: str) -> WorkflowHistory:
    return read_history(GOLDEN / f"{name}.json")


def until(history: WorkflowHistory, last: int) -> WorkflowHistory:
    """The beginning of a history, as it was seen while the case was still running."""
    return WorkflowHistory(history.workflow_id, history.events[:last])


# --- Golden histories ---------------------------------------------------------------------------


@pytest.mark.parametrize("path", HISTORIES, ids=lambda path: path.stem)
async def test_a_golden_history_is_made_again_as_it_was(gate: Gate, path: Path) -> None:
    """If this fails, cases that run would do something else after a deploy: see docs/releases.md."""
    result = await replay_file(gate, path)
    differences, _ = KNOWN.split(result)
    assert (result.verdict, result.what, result.said) == (HistoryVerdict.REPLAYED, "", "")
    assert differences == []


async def test_each_accepted_difference_is_there(gate: Gate) -> None:
    """An entry that covers nothing any more would let a later mistake pass."""
    unused = list(KNOWN.accepted)
    for path in HISTORIES:
        result = await replay_file(gate, path)
        unused = [
            entry for entry in unused if not any(entry.covers(result.name, one) for one in result.differences)
        ]
    assert unused == []


# --- What a replay alone does not notice --------------------------------------------------------


def other_summary(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(workflows.outbox, "summary_of", lambda effect: "another summary")


def no_alarm_summary(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(_ChatCase, "alarm_summary", None)


def other_timeout(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(workflows.outbox, "_TIMEOUT", workflows.outbox._TIMEOUT * 2)


def other_retry(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(workflows.outbox._RETRY, "maximum_attempts", 3)


def other_task_queue(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(workflow, "start_activity", partial(workflow.start_activity, task_queue="elsewhere"))


def longer_timer(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(workflows.alarm, "_ROUNDING", workflows.alarm._ROUNDING * 2)


def other_search_attribute(patch: pytest.MonkeyPatch) -> None:
    before = _ChatCase.search_attributes

    def other(case: _ChatCase) -> dict[str, Any]:
        values = before(case)
        return {**values, "Line": values["Line"] and "line-9"}

    patch.setattr(_ChatCase, "search_attributes", other)


def dropped_search_attribute(patch: pytest.MonkeyPatch) -> None:
    before = _ChatCase.search_attributes
    patch.setattr(_ChatCase, "search_attributes", lambda case: {**before(case), "PinnedTo": None})


def settling(change: Callable[[Handled[Any, Any]], Handled[Any, Any]]) -> Patch:
    before = _ChatCase.settle

    def patched(patch: pytest.MonkeyPatch) -> None:
        patch.setattr(
            _ChatCase, "settle", lambda case, event, decision: change(before(case, event, decision))
        )

    return patched


other_answer = settling(
    lambda settled: settled._replace(outcome=settled.outcome.model_copy(update={"duplicate": True}))
)
other_argument = settling(
    lambda settled: settled._replace(
        effects=[effect.model_copy(update={"key": "k"}) for effect in settled.effects]
    )
)


def other_result(patch: pytest.MonkeyPatch) -> None:
    before = _ChatCase.summary
    patch.setattr(_ChatCase, "summary", lambda case: before(case).model_copy(update={"chats": 9}))


def shorter_timeline(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(workflows.timeline, "CARRIED_TIMELINE", 1)


def other_refusal(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(workflows.caseworkflow, "as_failure", lambda refusal: ApplicationError("no", type="Other"))


@pytest.mark.parametrize(
    ("change", "history", "command", "field", "only"),
    [
        (other_summary, "situation_2.1", "activity notify", "summary", ""),
        (no_alarm_summary, "situation_2.1", "timer", "summary", ""),
        (other_timeout, "situation_2.1", "activity notify", "start_to_close_seconds", ""),
        (other_retry, "situation_2.1", "activity notify", "retry.maximum_attempts", "code"),
        (other_task_queue, "situation_2.1", "activity notify", "task_queue", "code"),
        (longer_timer, "situation_2.1", "timer", "seconds", ""),
        (other_argument, "situation_2.1", "activity notify", "input.0.key", ""),
        (other_answer, "situation_2.1", "update answered", "result.0.duplicate", ""),
        (other_search_attribute, "situation_2.1", "search attributes", "set.Line", ""),
        (dropped_search_attribute, "situation_2.1", "search attributes", "set.PinnedTo", "history"),
        (other_result, "closed.1", "workflow completed", "result.0.chats", ""),
        (shorter_timeline, "long_talk.1", "continue-as-new", "input.0.carried.timeline.1", "history"),
        (other_refusal, "refusals.1", "update answered", "failure.type", ""),
    ],
    ids=lambda value: value.__name__ if callable(value) else None,
)
async def test_another_content_of_a_command_is_noticed(
    gate: Gate,
    monkeypatch: pytest.MonkeyPatch,
    change: Patch,
    history: str,
    command: str,
    field: str,
    only: str,
) -> None:
    change(monkeypatch)
    result = await gate.replay(golden(history), f"{history}.json")
    found = {(one.command, one.field, one.only) for one in KNOWN.split(result)[0]}
    assert result.verdict is HistoryVerdict.REPLAYED
    assert (command, field, only) in found


async def test_a_new_field_that_is_empty_may_be_added(gate: Gate) -> None:
    """A history of a release that did not know tickets, so its notices do not mention any."""
    older, taken_out = golden("situation_2.1"), 0
    for event in older.events:
        scheduled = event.activity_task_scheduled_event_attributes
        if scheduled.activity_type.name == NOTIFY:
            notice = json.loads(scheduled.input.payloads[0].data)
            assert notice["case"].pop("ticket_id", "") is None
            scheduled.input.payloads[0].data = json.dumps(notice).encode()
            taken_out += 1
    assert taken_out

    result = await gate.replay(older)

    assert result.verdict is HistoryVerdict.REPLAYED
    assert (result.differences, result.said) == ([], "")
    assert ("activity notify", "input.0.case.ticket_id") in {(one.command, one.field) for one in result.added}


# --- What breaks a history ----------------------------------------------------------------------


def no_effects(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(Outbox, "add", lambda outbox, effects, context, size: None)


def no_timer(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(workflows.alarm.Alarm, "set", lambda alarm, at: None)


def one_more_timer(patch: pytest.MonkeyPatch) -> None:
    before = Outbox.add

    def add(outbox: Outbox, effects: Any, context: Any, size: int) -> None:
        asyncio.create_task(workflow.sleep(60))  # noqa: RUF006 - the workflow's loop keeps it
        before(outbox, effects, context, size)

    patch.setattr(Outbox, "add", add)


def raising(patch: pytest.MonkeyPatch) -> None:
    def settle(case: Any, event: Any, decision: Any) -> None:
        raise ZeroDivisionError("nobody has it")

    patch.setattr(_ChatCase, "settle", settle)


def signalling_another(patch: pytest.MonkeyPatch) -> None:
    before = Outbox.add

    def add(outbox: Outbox, effects: Any, context: Any, size: int) -> None:
        asyncio.create_task(workflow.get_external_workflow_handle("chat:other").signal("poke"))  # noqa: RUF006
        before(outbox, effects, context, size)

    patch.setattr(Outbox, "add", add)


def never_completes(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(_ChatCase, "over", lambda case: False)


@pytest.mark.parametrize(
    ("change", "history", "last", "what"),
    [
        (no_effects, "situation_2.1", None, "the history has here: activity notify"),
        (no_timer, "situation_2.1", None, "the history has here: timer"),
        (raising, "situation_2.1", None, "this code raises: nobody has it"),
        (never_completes, "closed.1", None, "the history has here: workflow completed"),
        # A case that is running: no later task shows what the last one should have done.
        (no_effects, "situation_2.1", 9, "the history has here: activity notify"),
        (no_timer, "situation_2.1", 9, "the history has here: timer"),
        (one_more_timer, "situation_2.1", 9, "this code has: timer"),
    ],
    ids=lambda value: value.__name__ if callable(value) else None,
)
async def test_a_missing_and_an_extra_command_is_a_break(
    gate: Gate, monkeypatch: pytest.MonkeyPatch, change: Patch, history: str, last: int | None, what: str
) -> None:
    whole = golden(history)
    result = await gate.replay(until(whole, last or len(whole.events)))
    assert result.verdict is HistoryVerdict.REPLAYED
    change(monkeypatch)
    result = await gate.replay(until(whole, last or len(whole.events)))
    assert result.verdict is HistoryVerdict.BROKEN
    assert what in result.what
    assert result.event is not None
    # It goes on with the next one.
    monkeypatch.undo()
    assert (await gate.replay(whole)).verdict is HistoryVerdict.REPLAYED


def test_a_command_that_comes_in_another_order_is_not_called_another_one() -> None:
    """The number of an activity is part of the command: a timer before it takes that number."""
    theirs = Command(("activity", "3", "notify"), "activity notify", 9)
    ours = Command(("activity", "4", "notify"), "activity notify", 8)
    assert leaving([theirs], [ours], {8}) == (
        9,
        "the history has here: activity notify; this code has it at another place",
    )


async def test_a_command_that_the_gate_does_not_know_is_a_break(
    gate: Gate, monkeypatch: pytest.MonkeyPatch
) -> None:
    signalling_another(monkeypatch)
    result = await gate.replay(golden("situation_2.1"))
    assert result.verdict is HistoryVerdict.BROKEN
    assert "does not know the command signal_external_workflow_execution: teach it to" in result.what


LONG = [path for path in HISTORIES if path.stat().st_size > 20_000]
"""Those with moments enough."""


@pytest.mark.parametrize("path", LONG[:: max(1, len(LONG) // 6)], ids=lambda path: path.stem)
async def test_a_case_replays_at_each_moment_of_its_life(gate: Gate, path: Path) -> None:
    """Histories are fetched while cases run, also in the middle of a workflow task.

    What one task decides is written all at once: no history ends between those events.
    """
    whole = read_history(path)
    ends = [event.event_id - 1 for event in whole.events[3:] if event.event_type in BEGINS]
    assert len(ends) > 3
    wrong = {}
    for last in ends:
        result = await gate.replay(until(whole, last))
        if (result.verdict, result.what) != (HistoryVerdict.REPLAYED, ""):
            wrong[last] = result.what
    assert wrong == {}


# --- What is no history -------------------------------------------------------------------------


async def test_another_workflow_type_is_skipped(gate: Gate, tmp_path: Path) -> None:
    text = (GOLDEN / "empty.1.json").read_text(encoding="utf-8").replace('"Chat"', '"Survey"')
    result = await replay_file(gate, _written(tmp_path, text))
    assert (result.verdict, result.what) == (HistoryVerdict.SKIPPED, "another workflow type: Survey")


async def test_a_history_may_come_as_a_list_of_events(gate: Gate, tmp_path: Path) -> None:
    events = json.loads((GOLDEN / "empty.1.json").read_text(encoding="utf-8"))["events"]
    result = await replay_file(gate, _written(tmp_path, json.dumps(events)))
    assert (result.verdict, result.workflow_id) == (HistoryVerdict.REPLAYED, "chat:telegram:empty")


@pytest.mark.parametrize(
    "text",
    [
        "",
        "{",
        "[]",
        "{}",
        "7",
        '"events"',
        '{"events": 3}',
        '{"events": [{"eventId": {}}]}',
        '{"events": [1]}',
    ],
)
async def test_what_is_no_history_is_unreadable(gate: Gate, tmp_path: Path, text: str) -> None:
    result = await replay_file(gate, _written(tmp_path, text))
    assert (result.name, result.verdict) == ("history.json", HistoryVerdict.UNREADABLE)
    assert "Export it as" in result.what


async def test_a_history_without_its_beginning_is_unreadable(gate: Gate) -> None:
    whole = golden("closed.1")
    result = await gate.replay(WorkflowHistory(whole.workflow_id, whole.events[1:]))
    assert result.verdict is HistoryVerdict.UNREADABLE
    assert result.what.startswith("The history does not begin with the event that starts a workflow.")


async def test_a_file_that_is_gone_is_unreadable(gate: Gate, tmp_path: Path) -> None:
    result = await replay_file(gate, tmp_path / "gone.json")
    assert result == Result(
        name="gone.json",
        verdict=HistoryVerdict.UNREADABLE,
        what="The file cannot be read: No such file or directory.",
    )


def _written(folder: Path, text: str) -> Path:
    path = folder / "history.json"
    path.write_text(text, encoding="utf-8")
    return path
