"""The same events through the model alone and through the real workflow end in the same state."""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from baton.contract import ChatStart, Presence
from baton.errors import Refused
from baton.model.chat.state import ChatState
from helpdesks.embedded import EmbeddedHelpDesk
from lab.rig import CHANNEL, ONLINE, Rig, event, failed_tasks, fresh
from lab.simulation import SimulatedChat, shipped_directory, shipped_rules

STAFF = ("ivan", "petra", "lena", "oleg", "stranger")

Step = dict[str, Any]


def _kind(kind: str, who: tuple[str, ...] = STAFF, **fields: Any) -> st.SearchStrategy[Step]:
    return st.fixed_dictionaries(
        {"kind": st.just(kind), "who": st.sampled_from(who)}
        | {name: st.sampled_from(values) for name, values in fields.items()}
    )


steps = st.one_of(
    _kind("customer_message", ("customer",)),
    _kind("customer_message", ("customer",)),
    _kind("agent_message"),
    _kind("agent_message"),
    _kind("system_message", ("system",)),
    _kind("taken"),
    _kind("chat_ended", status=("open", "pending", "closed")),
    _kind("status_set", status=("open", "pending", "closed")),
    _kind("assigned", staff=STAFF),
    _kind("assigned", line=("line-1", "line-2", "no-line")),
    _kind("assigned"),
    _kind("note_added", text=("…",)),
    _kind("labels_changed", add=(["vip"], ["nonsense"]), remove=([], ["vip"])),
    _kind("message_changed", ("customer",), message_id=("m",)),
    _kind("merged_into", case=("chat:telegram:never",)),
    _kind("presence", ("ivan", "petra"), presence=(Presence.ONLINE, Presence.OFFLINE)),
    _kind("again", ("customer",)),
)


@pytest.fixture
async def model_desk(tmp_path: Path) -> AsyncIterator[EmbeddedHelpDesk]:
    """A second help desk, for the model alone, with the same people in the same state."""
    async with EmbeddedHelpDesk.open(f"sqlite:///{tmp_path}/model.db") as desk:
        await desk.change_directory(shipped_directory(), based_on=0)
        for staff in ONLINE:
            await desk.set_presence(staff, Presence.ONLINE, datetime.now(UTC) - timedelta(hours=1))
        yield desk


async def _by_the_model(chat: SimulatedChat, payload: Step) -> str:
    try:
        await chat.take(payload)
    except Refused as refusal:
        return refusal.type
    return "accepted"


async def _by_the_workflow(rig: Rig, conversation: str, payload: Step) -> str:
    try:
        outcome = await rig.send(conversation, payload, customer="c")
    except Refused as refusal:
        return refusal.type
    return "duplicate" if outcome.duplicate else "accepted"


@settings(
    max_examples=40,
    phases=[Phase.explicit, Phase.reuse, Phase.generate],  # shrinking would play on for minutes
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(sequence=st.lists(steps, min_size=3, max_size=14))
async def test_model_and_workflow_agree(rig: Rig, model_desk: EmbeddedHelpDesk, sequence: list[Step]) -> None:
    conversation = fresh("agree")
    start = ChatStart(channel=CHANNEL, conversation=conversation, customer="c")
    chat = SimulatedChat(
        model_desk,
        shipped_rules(shipped_directory()),
        now=datetime.now(UTC),
        state=ChatState.before_first(start),
        chain=conversation,
        tick=timedelta(microseconds=1),
    )
    last: Step | None = None
    for step in sequence:
        if step["kind"] == "presence":
            for desk in (rig.desk, model_desk):
                ago = timedelta(minutes=10)
                await desk.set_presence(step["who"], step["presence"], datetime.now(UTC) - ago)
            continue
        if step["kind"] == "again":
            if last is not None:
                await _by_the_workflow(rig, conversation, last)
            continue
        fields = {name: value for name, value in step.items() if name not in ("kind", "who")}
        payload = event(step["kind"], step["who"], **fields)
        expected = await _by_the_model(chat, payload)
        assert await _by_the_workflow(rig, conversation, payload) == expected, payload
        if expected == "accepted":
            last = payload

    if chat.state.exists:
        await rig.settled(conversation)
        real, model = await rig.snapshot(conversation), chat.state.snapshot()
        if real.activity is None:  # a refused message after the end started a run that found nothing to do
            assert chat.state.final
        else:
            assert _comparable(real) == _comparable(model)
        assert failed_tasks(await rig.history(conversation)) == []
        if not chat.state.final:  # so that nobody has the chat in the examples that follow
            for closing in (
                event("status_set", "system", status="closed"),
                *([event("chat_ended", "system")] if chat.state.active else []),
            ):
                assert await _by_the_model(chat, closing) == "accepted"
                await rig.send(conversation, closing)


def _comparable(snapshot: Any) -> dict[str, Any]:
    times = ("last_message_at", "waiting_since", "offer_until")
    return {name: value for name, value in snapshot.model_dump().items() if name not in times}
