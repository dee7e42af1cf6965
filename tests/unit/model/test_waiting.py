"""Since when a customer has been waiting, in chats and in tickets alike."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from baton.contract import (
    AgentMessage,
    ChatEnded,
    CustomerMessage,
    DeliveryFailed,
    Event,
    NoteAdded,
    ReplySent,
    Status,
    StatusSet,
    SystemMessage,
    Taken,
)
from baton.model.chat.state import ChatState
from baton.model.kinds import model_of
from baton.model.ticket.state import TicketState
from tests.unit.chat.world import CUSTOMER, NOW, SYSTEM, facts, staff

EMPTY: dict[str, ChatState | TicketState] = {
    "chat": ChatState(channel="telegram", conversation="42", customer="c-1"),
    "ticket": TicketState(ticket_id="T-1", customer="c-1"),
}
WRITES = CustomerMessage(id="e", author=CUSTOMER, text="?")


@pytest.fixture(params=["chat", "ticket"])
def waiting(request: pytest.FixtureRequest) -> Any:
    """A case whose customer has just written for the first time."""
    return after(EMPTY[request.param], WRITES, minutes=0)


def after(case: Any, event: Event, *, minutes: int) -> Any:
    return model_of(case).fold(case, event, facts(now=NOW + timedelta(minutes=minutes))).state


def test_the_first_message_begins_the_wait_and_the_next_one_does_not_begin_it_again(waiting: Any) -> None:
    assert waiting.waiting_since == NOW
    again = after(waiting, WRITES, minutes=7)
    assert (again.waiting_since, again.customer_wrote_at) == (NOW, NOW + timedelta(minutes=7))


def test_a_callers_clock_does_not_move_the_wait() -> None:
    for case in EMPTY.values():
        old = WRITES.model_copy(update={"at": NOW - timedelta(days=9999)})
        assert after(case, old, minutes=0).waiting_since == NOW


@pytest.mark.parametrize(
    "answer",
    [
        AgentMessage(id="e", author=staff("ivan"), text="!"),
        ReplySent(id="e", author=staff("ivan"), message_id="m"),
        StatusSet(id="e", author=staff("ivan"), status=Status.PENDING),
        StatusSet(id="e", author=staff("ivan"), status=Status.CLOSED),
    ],
    ids=["a message", "a reply", "pending by hand", "closed by hand"],
)
def test_an_answer_ends_the_wait(waiting: Any, answer: Event) -> None:
    answered = after(waiting, answer, minutes=3)
    assert answered.waiting_since is None


def test_what_a_customer_writes_after_an_answer_begins_a_new_wait(waiting: Any) -> None:
    answered = after(waiting, AgentMessage(id="e", author=staff("ivan"), text="!"), minutes=3)
    assert after(answered, WRITES, minutes=5).waiting_since == NOW + timedelta(minutes=5)


@pytest.mark.parametrize(
    "event",
    [
        SystemMessage(id="e", author=SYSTEM, text="We are busy."),
        NoteAdded(id="e", author=staff("ivan"), text="A regular."),
        Taken(id="e", author=staff("ivan")),
        DeliveryFailed(id="e", author=SYSTEM, message_id="m"),
    ],
    ids=lambda event: event.kind,
)
def test_whatever_is_no_answer_leaves_the_wait_as_it_is(waiting: Any, event: Event) -> None:
    assert after(waiting, event, minutes=3).waiting_since == NOW


def test_a_chat_that_ends_open_still_waits() -> None:
    chat = after(EMPTY["chat"], WRITES, minutes=0)
    assert after(chat, ChatEnded(id="e", author=staff("ivan")), minutes=9).waiting_since == NOW
    assert (
        after(chat, ChatEnded(id="e", author=staff("ivan"), status=Status.PENDING), minutes=9).waiting_since
        is None
    )
