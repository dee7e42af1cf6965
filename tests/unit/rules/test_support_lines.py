"""The four shipped rules for chats. Ivan is in line 1, Lena in line 2, Maria on the phones."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from baton import contract
from baton.contract import Activity, Status, Tab
from baton.model.chat.state import ChatState
from baton.model.facts import Candidate, Previous
from baton.rules.engine import Ruling
from baton.rules.loading import load_rules
from tests.unit.rules.kit import DEPLOY, DIRECTORY, NOW, author, chat, event, facts, fired, no_chat, play

RULES = load_rules(DEPLOY / "rules/support-lines.yaml", DIRECTORY)
RARELY_CHAT = pytest.mark.parametrize("writer", ["lena", "oleg", "maria"])
IVANS: dict[str, Any] = {"assignee": "ivan", "line": "line-1", "holders": {"line-1": "ivan"}}


def happens(before: ChatState, kind: str, by: str = "customer", /, **known: Any) -> Ruling[ChatState]:
    return play(RULES, before, event(kind, by), facts(case_id="new", **known))


def hands(state: ChatState) -> dict[str, Any]:
    return {
        name: value for name in ("assignee", "pinned_to", "reserved_for") if (value := getattr(state, name))
    }


# --- 1 ------------------------------------------------------------------------------------------


@RARELY_CHAT
@pytest.mark.parametrize("before", [no_chat(), chat(Activity.ENDED, Status.CLOSED, **IVANS)])
def test_who_rarely_chats_opens_a_chat_and_it_is_reserved_for_line_1(before: ChatState, writer: str) -> None:
    ruling = happens(before, "agent_message", writer)
    assert fired(ruling) == ["line-2-opens-chat"]
    assert ruling.fired[0].actions == (contract.Assign(staff="ivan", line="line-1"),)
    assert (ruling.state.phase.value, ruling.state.tab) == ("active · pending", Tab.RESERVED)
    assert hands(ruling.state) == {"assignee": "ivan", "reserved_for": "ivan"}


def test_line_1s_last_holder_of_the_previous_chat_gets_the_new_one() -> None:
    previous = Previous(case_id="old", assignee="lena", holders={"line-1": "petra"})
    ruling = happens(no_chat(), "agent_message", "lena", previous=previous)
    assert hands(ruling.state) == {"assignee": "petra", "reserved_for": "petra"}


def test_the_customers_reply_lands_in_mine_and_never_in_new() -> None:
    opened = happens(no_chat(), "agent_message", "lena").state
    replied = happens(opened, "customer_message")
    assert (replied.state.tab, hands(replied.state)) == (Tab.MINE, {"assignee": "ivan", "pinned_to": "ivan"})


def test_the_customers_reply_lands_in_mine_after_an_idle_end_too() -> None:
    opened = happens(no_chat(), "agent_message", "lena").state
    idle = play(
        RULES, opened, contract.Idle(id="i", author=contract.SYSTEM), facts(now=NOW + timedelta(minutes=10))
    ).state
    assert (idle.phase.value, hands(idle)) == (
        "ended · pending",
        {"assignee": "ivan", "reserved_for": "ivan"},
    )
    replied = happens(idle, "customer_message")
    assert (replied.state.tab, hands(replied.state)) == (Tab.MINE, {"assignee": "ivan", "pinned_to": "ivan"})


def test_rule_1_stops_the_rest_of_its_list() -> None:
    assert [rule.stop for rule in RULES.rules("incoming")] == [True]


def test_with_nobody_available_the_chat_waits_in_line_1s_queue() -> None:
    nobody = {"line-1": (Candidate(staff="ivan"), Candidate(staff="petra"))}
    ruling = happens(no_chat(), "agent_message", "lena", lines=nobody)
    assert (ruling.state.assignee, ruling.state.line, ruling.state.tab) == (None, "line-1", Tab.NEW)


@pytest.mark.parametrize("writer", ["ivan", "petra"])
def test_a_writer_of_line_1_keeps_the_chat_that_the_message_opened(writer: str) -> None:
    ruling = happens(no_chat(), "agent_message", writer)
    assert fired(ruling) == []
    assert hands(ruling.state) == {"assignee": writer, "pinned_to": writer}


def test_a_customers_first_message_fires_no_rule() -> None:
    ruling = happens(no_chat(), "customer_message")
    assert (fired(ruling), ruling.state.tab) == ([], Tab.NEW)


# --- 2 ------------------------------------------------------------------------------------------


@RARELY_CHAT
@pytest.mark.parametrize("status", [Status.PENDING, Status.OPEN])
def test_who_rarely_chats_writes_in_an_ended_chat_and_it_ends_again_with_line_1(
    status: Status, writer: str
) -> None:
    ruling = happens(chat(Activity.ENDED, status, **IVANS), "agent_message", writer)
    assert fired(ruling) == ["line-2-writes-in-ended-chat"]
    assert ruling.fired[0].actions == (
        contract.End(status=Status.PENDING),
        contract.Assign(staff="ivan", line="line-1"),
    )
    assert (ruling.state.phase.value, hands(ruling.state)) == ("ended · pending", {"assignee": "ivan"})


def test_after_rule_2_the_customers_reply_activates_the_chat_in_ivans_mine() -> None:
    written = happens(chat(Activity.ENDED, Status.PENDING, **IVANS), "agent_message", "lena").state
    replied = happens(written, "customer_message")
    assert fired(replied) == ["pin-to-assignee"]
    assert (replied.state.tab, hands(replied.state)) == (Tab.MINE, {"assignee": "ivan", "pinned_to": "ivan"})


def test_a_colleague_of_line_1_who_writes_in_an_ended_chat_becomes_its_assignee() -> None:
    ruling = happens(chat(Activity.ENDED, Status.PENDING, **IVANS), "agent_message", "petra")
    assert (fired(ruling), hands(ruling.state)) == ([], {"assignee": "petra", "pinned_to": "petra"})


# --- 3 ------------------------------------------------------------------------------------------


@RARELY_CHAT
def test_who_rarely_chats_answers_a_new_chat_first_and_line_1_gets_it(writer: str) -> None:
    ruling = happens(chat(), "agent_message", writer)
    assert fired(ruling) == ["line-2-takes-over"]
    assert (ruling.state.phase.value, hands(ruling.state)) == ("ended · pending", {"assignee": "ivan"})


@RARELY_CHAT
def test_who_rarely_chats_writes_in_a_chat_of_line_1_and_line_1_gets_it_back(writer: str) -> None:
    ruling = happens(
        chat(pinned_to="petra", **{**IVANS, "assignee": "petra", "holders": {"line-1": "petra"}}),
        "agent_message",
        writer,
    )
    assert fired(ruling) == ["line-2-takes-over"]
    assert (ruling.state.phase.value, hands(ruling.state)) == ("ended · pending", {"assignee": "petra"})


def test_after_rule_3_the_customers_reply_activates_the_chat_in_ivans_mine() -> None:
    written = happens(chat(pinned_to="ivan", **IVANS), "agent_message", "lena").state
    replied = happens(written, "customer_message")
    assert (fired(replied), replied.state.tab) == (["pin-to-assignee"], Tab.MINE)
    assert hands(replied.state) == {"assignee": "ivan", "pinned_to": "ivan"}


def test_a_writer_whose_line_does_not_take_over_changes_nothing_and_no_rule_fires() -> None:
    known = facts()
    people = {**known.people, "maria": known.people["maria"].model_copy(update={"takes_over": False})}
    ruling = happens(chat(pinned_to="ivan", **IVANS), "agent_message", "maria", people=people)
    assert (fired(ruling), hands(ruling.state)) == ([], {"assignee": "ivan", "pinned_to": "ivan"})
    assert ruling.state.phase.value == "active · pending"


def test_who_rarely_chats_writes_in_a_chat_reserved_for_line_1_and_it_stays_reserved() -> None:
    opened = happens(no_chat(), "agent_message", "lena").state
    again = happens(opened, "agent_message", "lena")
    assert (fired(again), hands(again.state)) == ([], {"assignee": "ivan", "reserved_for": "ivan"})


@RARELY_CHAT
def test_a_chat_that_the_writer_took_stays_with_the_writer(writer: str) -> None:
    taken = happens(chat(pinned_to="ivan", **IVANS), "taken", writer).state
    ruling = happens(taken, "agent_message", writer)
    assert (fired(ruling), hands(ruling.state)) == ([], {"assignee": writer, "pinned_to": writer})


@RARELY_CHAT
def test_a_chat_that_was_transferred_by_hand_stays_where_it_is(writer: str) -> None:
    moved = play(RULES, chat(pinned_to="ivan", **IVANS), event("assigned", "ivan", staff=writer)).state
    ruling = happens(moved, "agent_message", writer)
    assert (fired(ruling), hands(ruling.state)) == ([], {"assignee": writer, "pinned_to": writer})


def test_a_note_of_line_2_fires_no_rule() -> None:
    ruling = play(RULES, chat(pinned_to="ivan", **IVANS), event("note_added", "lena", text="x"))
    assert (fired(ruling), hands(ruling.state)) == ([], {"assignee": "ivan", "pinned_to": "ivan"})


# --- 4 ------------------------------------------------------------------------------------------


def test_a_customer_activates_a_chat_and_it_goes_to_its_assignee_in_line_1() -> None:
    ruling = happens(chat(Activity.ENDED, Status.PENDING, **IVANS), "customer_message")
    assert fired(ruling) == ["pin-to-assignee"]
    assert ruling.fired[0].actions == (contract.Pin(staff="ivan"),)
    assert (ruling.state.tab, hands(ruling.state)) == (Tab.MINE, {"assignee": "ivan", "pinned_to": "ivan"})


def test_a_chat_whose_assignee_is_not_in_line_1_goes_to_new() -> None:
    ruling = happens(chat(Activity.ENDED, Status.PENDING, assignee="lena", line="line-2"), "customer_message")
    assert (fired(ruling), ruling.state.tab) == ([], Tab.NEW)


def test_a_message_in_an_active_chat_of_line_1_fires_no_rule() -> None:
    ruling = happens(chat(pinned_to="ivan", last_author=author("ivan"), **IVANS), "customer_message")
    assert (fired(ruling), hands(ruling.state)) == ([], {"assignee": "ivan", "pinned_to": "ivan"})


def test_an_assignee_who_is_away_is_replaced_before_the_rule_pins() -> None:
    known = facts()
    people = {**known.people, "ivan": known.people["ivan"].model_copy(update={"away": True})}
    lines = {"line-1": (Candidate(staff="ivan"), Candidate(staff="petra", available=True))}
    ruling = happens(
        chat(Activity.ENDED, Status.PENDING, **IVANS), "customer_message", people=people, lines=lines
    )
    assert fired(ruling) == ["pin-to-assignee"]
    assert hands(ruling.state) == {"assignee": "petra", "pinned_to": "petra"}
