"""What a decision asks of the help desk: at most one write, then messages, then one notice."""

from __future__ import annotations

from typing import Any

import pytest

from baton.chat import settle
from baton.chatstate import ChatState
from baton.consequences import consequences
from baton.contract import (
    Action,
    AddNote,
    AgentMessage,
    Assign,
    ChangeLabels,
    ChatEvent,
    CustomerMessage,
    End,
    Fired,
    Pin,
    Reply,
    SetStatus,
    Status,
    Tell,
)
from baton.decision import Decision
from baton.effects import CaseWrite, Effect, Message, Notice
from tests.unit.chatworld import CUSTOMER, NO_CHAT, chat, facts, staff

BY_LENA = AgentMessage(id="e-1", author=staff("lena"))
BY_CUSTOMER = CustomerMessage(id="e-1", author=CUSTOMER)


def asked(before: ChatState, event: ChatEvent, *actions: Action) -> list[Effect]:
    fired = (Fired(rule="r", actions=actions),) if actions else ()
    decision = Decision(facts=facts(), fired=fired)
    return list(consequences(before, event, decision, settle(before, event, decision)))


def test_without_rules_nothing_is_written_because_the_event_was_taken_in() -> None:
    assert asked(chat("active open: mine ivan"), BY_CUSTOMER) == []


def test_a_handoff_is_one_write_that_says_how_the_case_stands() -> None:
    actions = (End(status=Status.PENDING), Assign(staff="ivan", line="line-1"))
    (write,) = asked(chat("ended pending: assigned ivan"), BY_LENA, *actions)

    assert isinstance(write, CaseWrite)
    assert (write.do, write.key) == ("reassign", "case-1:e-1:write")
    assert (write.activity, write.status, write.assignee, write.line) == (
        "ended",
        "pending",
        "ivan",
        "line-1",
    )
    assert (write.pinned_to, write.reserved_for, write.tab) == (None, None, "ended")
    assert write.rules == ("r",)


@pytest.mark.parametrize(
    ("before", "event", "action"),
    [
        ("ended pending: reserved ivan", BY_CUSTOMER, Pin(staff="ivan")),
        ("active open: mine ivan", BY_CUSTOMER, SetStatus(status=Status.OPEN)),
        ("active open: mine ivan", BY_CUSTOMER, ChangeLabels(add=("refund",), remove=("vip",))),
        ("active open: mine ivan", BY_CUSTOMER, Assign(staff="ivan", line="line-1")),
    ],
    ids=["a pin that the reservation had made", "the same status", "labels that it has", "the same assignee"],
)
def test_a_rule_that_changes_nothing_writes_nothing(before: str, event: ChatEvent, action: Action) -> None:
    assert [effect for effect in asked(chat(before), event, action) if isinstance(effect, CaseWrite)] == []


@pytest.mark.parametrize(
    ("action", "activity"),
    [
        (Pin(staff="ivan"), "update_case"),
        (SetStatus(status=Status.PENDING), "update_case"),
        (ChangeLabels(add=("vip",)), "update_case"),
        (AddNote(text="Look here."), "update_case"),
        (Assign(staff="petra", line="line-1"), "reassign"),
        (End(), "reassign"),
    ],
)
def test_the_activity_is_named_after_what_changed(action: Action, activity: str) -> None:
    effects = asked(chat("active open: assigned ivan"), BY_CUSTOMER, action)

    assert [effect.do for effect in effects if isinstance(effect, CaseWrite)] == [activity]


def test_labels_are_written_as_what_was_added_and_removed() -> None:
    actions = (ChangeLabels(add=("vip",)), ChangeLabels(add=("urgent",), remove=("vip", "refund")))
    (write,) = asked(chat("active open: mine ivan"), BY_CUSTOMER, *actions)

    assert isinstance(write, CaseWrite)
    assert (write.add_labels, write.remove_labels, write.labels) == (
        ("urgent",),
        ("refund",),
        ("billing", "urgent"),
    )


def test_the_order_is_write_then_messages_then_one_notice() -> None:
    effects = asked(
        chat("active open: nobody"),
        BY_CUSTOMER,
        Reply(text="One moment."),
        Tell(everyone=True, reason="waits"),
        Assign(staff="ivan", line="line-1"),
        Reply(text="Ivan comes."),
    )

    assert [type(effect) for effect in effects] == [CaseWrite, Message, Message, Notice]
    assert [effect.key for effect in effects] == [
        "case-1:e-1:write",
        "case-1:e-1:reply:0",
        "case-1:e-1:reply:1",
        "case-1:e-1:notify",
    ]
    notice: Any = effects[-1]
    assert [tell.reason for tell in notice.tell] == ["mine", "waits"], "the new audience, then what rules say"


def test_what_opened_no_chat_asks_for_nothing() -> None:
    decision = Decision(facts=facts(blocked=True))
    settlement = settle(chat(NO_CHAT), BY_CUSTOMER, decision)

    assert list(consequences(chat(NO_CHAT), BY_CUSTOMER, decision, settlement)) == []
