"""What is too large to be carried out is stopped before it is kept, and sizes are counted and recorded."""

from __future__ import annotations

import json

import pytest
from pydantic_core import to_json

from activities.weighing import LARGEST_DECISION, weighed
from baton.contract import Status
from baton.errors import InvalidEvent
from baton.model.decision import Decision
from baton.model.facts import AppliedTemplate
from baton.rules.loading import parse_rules
from lab.simulation import SimulatedChat, SimulatedDesk, shipped_directory
from tests.unit.ticket.world import collecting

HELLO = {"kind": "customer_message", "id": "m-1", "author": {"type": "customer", "id": "c"}, "text": "Hello"}
LONG = "я" * 9_000


def talkative(messages: int) -> SimulatedChat:
    """A chat with a rule that sends this many long messages about each new chat."""
    then = [{"reply": LONG}] * messages + [{"add labels": ["vip"]}]
    incoming = [{"id": "talks", "name": "Talks", "when": {"event.kind": "customer_message"}, "then": then}]
    text = json.dumps({"version": 1, "incoming": incoming})
    directory = shipped_directory()
    return SimulatedChat(SimulatedDesk(directory), parse_rules(text, "rules.yaml", directory))


async def test_sizes_are_those_of_what_is_recorded_answered_and_carried_out() -> None:
    chat = talkative(2)
    await chat.take(HELLO)
    decision = chat.decision
    assert decision.answer_size == len(to_json(chat.state.head()))
    assert decision.effects_size == sum(len(to_json(effect)) for effect in chat.effects) > 36_000
    assert decision.task_size > 2 * 36_000, "texts stand in the decision, and in the answer"


async def test_rules_that_say_too_much_are_skipped_and_the_message_is_taken_in() -> None:
    chat = talkative(30)
    await chat.take(HELLO)
    (fired,) = chat.fired
    assert (fired.rule, fired.actions) == ("talks", ())
    assert f"at most {LARGEST_DECISION:,} are possible" in fired.skipped[0]
    assert (chat.state.status, chat.state.labels) == (Status.OPEN, ())
    assert [effect.do for effect in chat.effects] == ["notify"]
    assert chat.decision.task_size + chat.decision.effects_size < LARGEST_DECISION


async def test_an_event_from_which_too_much_follows_is_refused() -> None:
    ticket = await collecting()
    event = ticket.event("template_applied", "petra", template="two")
    template = AppliedTemplate(
        template="two", departments=("delivery",), marker="vip", note="x" * 400_000, message="x" * 400_000
    )
    asked = ticket.decision.facts.model_copy(update={"template": template})
    before = ticket.state.model_copy(update={"departments": ()})
    with pytest.raises(InvalidEvent, match="shorten the texts of the template"):
        weighed(before, event, Decision(facts=asked))


async def test_an_answer_does_not_grow_with_the_notes() -> None:
    ticket = await collecting()
    await ticket.note("bella", "short", answers=False)
    before = ticket.decision.answer_size
    for _ in range(5):
        await ticket.note("bella", "x" * 5_000, answers=False)
    assert ticket.decision.answer_size == before
    assert ticket.decision.task_size < 5_000
    head = ticket.state.head().departments
    assert [(len(one.notes), one.note_count) for one in head] == [(0, 6), (0, 0), (0, 0)]
