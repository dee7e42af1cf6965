"""Whatever arguments somebody sends, and in whatever encoding, a case says what is wrong and goes on."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from temporalio.client import WorkflowFailureError, WorkflowHandle
from temporalio.common import RawValue
from temporalio.exceptions import ApplicationError

from baton.contract import (
    CHAT_WORKFLOW,
    DRAFT,
    HANDLE,
    NOTE_ADDED,
    POKE,
    SNAPSHOT,
    SUBMIT,
    TICKET_WORKFLOW,
    TIMELINE,
)
from lab.rig import CHANNEL, Rig, event, eventually, failed_tasks, fresh
from tests.arguments import ENCRYPTED, SECRET, UNUSABLE, invalid

GOOD = "an event"
"""Stands for an event that the case takes; a fresh one each time."""

HANDLERS = {
    CHAT_WORKFLOW: (SUBMIT, HANDLE, POKE, SNAPSHOT, TIMELINE),
    TICKET_WORKFLOW: (SUBMIT, NOTE_ADDED, HANDLE, POKE, SNAPSHOT, TIMELINE, DRAFT),
}

argument_lists = st.lists(st.sampled_from([GOOD, *UNUSABLE]), max_size=3)
play = settings(
    max_examples=12,
    phases=[Phase.explicit, Phase.reuse, Phase.generate],  # shrinking would play on for minutes
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)


class Called:
    """A case whose handlers are all called with odd arguments."""

    def __init__(self, handle: WorkflowHandle[Any, Any]) -> None:
        self.handle = handle

    async def timeline(self) -> list[dict[str, Any]]:
        return list(await self.handle.query(TIMELINE))

    async def call(self, name: str, words: Sequence[str]) -> None:
        arguments = [note() if word == GOOD else UNUSABLE[word] for word in words]
        good = list(words) == [GOOD]
        if name in (SNAPSHOT, TIMELINE, DRAFT):
            assert await self.handle.query(name, args=arguments) == await self.handle.query(name)
        elif name == HANDLE and not good:
            reason = await invalid(self.handle.execute_update(HANDLE, args=arguments))
            assert_said(reason, words)
        elif name == HANDLE:
            await self.handle.execute_update(HANDLE, args=arguments)
        else:
            before = len(await self.timeline())
            await self.handle.signal(name, args=arguments)

            async def noted() -> bool:
                return len(await self.timeline()) == before + 1

            await eventually(noted, f"{name} with {words} is not in the timeline")
            last = (await self.timeline())[-1]
            if name == POKE:
                assert (last["kind"], last["refused"]) == ("timed_due", None)
            elif good:
                assert (last["kind"], last["refused"]) == (NOTE_ADDED, None)
            else:
                assert last["refused"].startswith("InvalidEvent: ")
                assert_said(last["refused"], words)


def note() -> dict[str, Any]:
    return event(NOTE_ADDED, "ivan", text="…")


def assert_said(reason: str, words: Sequence[str]) -> None:
    """The message says how many arguments there were, and nothing of what was in them."""
    if len(words) != 1:
        assert ("no argument" if not words else f"{len(words)} arguments") in reason
    elif words in (["an unknown encoding"], ["broken JSON"]):
        assert repr("unheard/of" if words == ["an unknown encoding"] else "json/plain") in reason
    assert SECRET not in reason


@play
@given(lists=st.lists(argument_lists, min_size=3, max_size=3))
@pytest.mark.parametrize("kind", HANDLERS)
async def test_every_handler_takes_any_arguments(rig: Rig, kind: str, lists: list[list[str]]) -> None:
    case = fresh("odd")
    if kind == CHAT_WORKFLOW:
        await rig.customer(case)
    else:
        await rig.on_ticket("customer", case, "customer_message", text="A question.")
        case = f"ticket:{case}"
    await rig.settled(case)
    called = Called(rig.handle(case))
    for words in lists:
        for name in HANDLERS[kind]:
            await called.call(name, words)
    await called.call(HANDLE, [GOOD])
    await rig.settled(case)
    assert failed_tasks(await rig.history(case)) == []
    await called.handle.terminate()


def starts(kind: str, case: str) -> dict[str, Any]:
    if kind == CHAT_WORKFLOW:
        return {"channel": CHANNEL, "conversation": case, "customer": "c"}
    return {"ticket_id": case, "customer": "c"}


@play
@given(words=argument_lists.filter(lambda words: words not in ([GOOD], ["encrypted"])))
@pytest.mark.parametrize("kind", HANDLERS)
async def test_a_start_that_cannot_be_used_fails_that_case_alone(
    rig: Rig, kind: str, words: list[str]
) -> None:
    case = fresh("odd")
    handle = await rig.client.temporal.start_workflow(
        kind,
        args=[starts(kind, case) if word == GOOD else UNUSABLE[word] for word in words],
        id=f"{kind.lower()}:{CHANNEL}:{case}",
        task_queue=rig.settings.task_queue,
    )
    with pytest.raises(WorkflowFailureError) as raised:
        await handle.result()
    assert isinstance(raised.value.cause, ApplicationError)
    assert (raised.value.cause.type, raised.value.cause.non_retryable) == ("InvalidEvent", True)
    assert_said(raised.value.cause.message, words)
    assert failed_tasks(await handle.fetch_history()) == []


def test_there_is_an_argument_of_every_encoding_that_temporal_knows() -> None:
    encodings = {one.payload.metadata.get("encoding", b"").decode() for one in UNUSABLE.values()}
    assert encodings >= {"json/plain", "json/protobuf", "binary/null", "binary/plain", "binary/encrypted"}
    assert all(isinstance(one, RawValue) for one in (*UNUSABLE.values(), ENCRYPTED))
