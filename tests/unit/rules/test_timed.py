"""Timed rules: due on time, once for each moment from which they count, and the next time to look."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from baton.contract import Activity, Status
from baton.model.chat.model import fold, settle
from baton.model.chat.state import ChatState
from baton.model.decision import Decision
from baton.model.facts import Facts, Person
from baton.rules.engine import Ruling, decide
from baton.rules.ruleset import RuleSet
from tests.unit.rules.kit import (
    NOW,
    PEOPLE,
    author,
    chat,
    event,
    facts,
    fired,
    minutes_ago,
    play,
    rule,
    rules,
)

ANCHORS: dict[str, dict[str, Any]] = {
    "minutes since customer message": {"customer_wrote_at": minutes_ago(30)},
    "minutes since staff message": {"staff_wrote_at": minutes_ago(30)},
    "minutes since last message": {"wrote_at": minutes_ago(30)},
    "minutes since assigned": {"held_since": minutes_ago(30), "assignee": "ivan"},
}
MICROSECOND = timedelta(microseconds=1)


def waiting(
    minutes: float = 30, name: str = "wait", /, *then: dict[str, Any], **fields: Any
) -> dict[str, Any]:
    when = {"minutes since customer message": {"at least": minutes}, **fields.pop("when", {})}
    return rule(name, when, *then, **fields)


def waits_since(minutes: float, **fields: Any) -> ChatState:
    return chat(customer_wrote_at=minutes_ago(minutes), wrote_at=NOW, **fields)


def look(rule_set: RuleSet, state: ChatState, **known: Any) -> Ruling[ChatState]:
    """The chat looks at the time."""
    return play(rule_set, state, event("timed_due"), facts(**known))


@pytest.mark.parametrize("anchor", ANCHORS)
def test_a_rule_is_due_exactly_at_the_moment_and_not_before(anchor: str) -> None:
    found = rules(timed=[rule("wait", {anchor: {"at least": 30}})])
    state = chat(**ANCHORS[anchor])
    assert fired(look(found, state)) == ["wait"]
    early = look(found, state, now=NOW - MICROSECOND)
    assert fired(early) == []
    assert early.wake_at == NOW


@given(
    minutes=st.floats(min_value=0.001, max_value=527_040),
    age=st.timedeltas(timedelta(days=-2000), timedelta(days=2000)),
)
def test_a_rule_is_due_when_the_chat_wakes_for_it_whatever_the_number_of_minutes(
    minutes: float, age: timedelta
) -> None:
    wrote_at = NOW + age
    found = rules(timed=[waiting(minutes)])
    ruling = play(found, chat(), event("customer_message"), facts(now=wrote_at))
    assert ruling.wake_at is not None
    assert fired(look(found, ruling.state, now=ruling.wake_at - MICROSECOND)) == []
    assert fired(look(found, ruling.state, now=ruling.wake_at)) == ["wait"]


def test_a_rule_fires_once_for_a_message_and_again_for_the_next() -> None:
    found = rules(timed=[waiting(30)])
    first = look(found, waits_since(30))
    assert first.timed == {"wait": minutes_ago(30)}
    assert first.wake_at is None
    assert fired(look(found, first.state)) == []
    answered = play(found, first.state, event("customer_message"))
    assert answered.wake_at == NOW + timedelta(minutes=30)
    again = look(found, answered.state, now=answered.wake_at)
    assert fired(again) == ["wait"]
    assert again.state.timed == {"wait": NOW}


def test_a_rule_whose_moment_never_was_is_not_due() -> None:
    ruling = look(rules(timed=[rule("a", {"minutes since staff message": {"at least": 1}})]), waits_since(30))
    assert (fired(ruling), ruling.wake_at) == ([], None)


def test_a_chat_that_nobody_has_was_not_assigned() -> None:
    found = rules(timed=[rule("a", {"minutes since assigned": {"at least": 1}})])
    assert fired(look(found, chat(held_since=minutes_ago(30)))) == []
    queued = chat(held_since=minutes_ago(30), line="line-1")
    assert fired(look(found, queued, lines={"line-1": ()})) == ["a"]


def test_several_conditions_about_time_must_all_hold_and_any_new_moment_counts_afresh() -> None:
    found = rules(timed=[waiting(30, when={"minutes since assigned": {"at least": 10}})])
    state = waits_since(40, assignee="ivan", held_since=minutes_ago(5))
    early = look(found, state)
    assert (fired(early), early.wake_at) == ([], NOW + timedelta(minutes=5))
    later = look(found, early.state, now=NOW + timedelta(minutes=5))
    assert later.timed == {"wait": minutes_ago(5)}
    reassigned = play(
        found, later.state, event("assigned", "ivan", staff="petra"), facts(now=NOW + timedelta(minutes=6))
    )
    assert reassigned.wake_at == NOW + timedelta(minutes=16)


def test_other_conditions_must_hold_when_the_time_has_come() -> None:
    found = rules(timed=[waiting(30, when={"case.status": "open", "case.assignee.line": "line-1"})])
    state = waits_since(30, assignee="ivan")
    assert fired(look(found, state)) == ["wait"]
    assert fired(look(found, state.model_copy(update={"status": Status.PENDING}))) == []
    assert fired(look(found, state.model_copy(update={"assignee": "lena"}))) == []


def test_an_ended_chat_has_timed_rules_too_and_a_final_one_has_none() -> None:
    found = rules(timed=[waiting(30, "close", {"set status": "closed"}, when={"case.activity": "ended"})])
    closed = look(found, waits_since(30, activity=Activity.ENDED, status=Status.PENDING))
    assert closed.state.final
    assert closed.wake_at is None


# --- When to look again -------------------------------------------------------------------------


def test_the_next_look_is_at_the_earliest_moment_of_all_rules() -> None:
    found = rules(
        timed=[waiting(60, "b"), waiting(45, "a"), waiting(50, "off", enabled=False), waiting(90, "c")]
    )
    assert look(found, waits_since(40)).wake_at == NOW + timedelta(minutes=5)


def test_the_chat_does_not_wake_for_a_rule_that_cannot_match_as_the_case_is() -> None:
    found = rules(
        timed=[
            waiting(60, when={"case.labels": "vip"}),
            waiting(90, "any", when={"any": [{"case.tab": "mine"}]}),
        ]
    )
    assert look(found, waits_since(40)).wake_at is None
    assert look(found, waits_since(40, labels=("vip",))).wake_at == NOW + timedelta(minutes=20)


def test_the_chat_wakes_for_a_rule_whatever_is_known_about_people_today() -> None:
    found = rules(timed=[waiting(60, when={"case.assignee.department": "billing"})])
    assert look(found, waits_since(40, assignee="ivan")).wake_at == NOW + timedelta(minutes=20)


def test_the_next_look_is_reckoned_after_every_event_and_kept_in_the_state() -> None:
    found = rules(timed=[waiting(30)])
    ruling = play(found, chat(), event("customer_message"))
    assert ruling.wake_at == ruling.state.wake_at == NOW + timedelta(minutes=30)
    noted = play(
        found, ruling.state, event("note_added", "ivan", text="x"), facts(now=NOW + timedelta(minutes=1))
    )
    assert noted.wake_at == NOW + timedelta(minutes=30)


def test_a_rule_past_its_time_that_an_event_makes_match_is_due_at_once() -> None:
    found = rules(timed=[waiting(30, when={"case.labels": "vip"})])
    labelled = play(found, waits_since(40), event("labels_changed", "ivan", add=["vip"]))
    assert (fired(labelled), labelled.wake_at) == ([], NOW)
    assert fired(look(found, labelled.state)) == ["wait"]


def test_a_look_at_the_time_never_asks_for_another_at_the_same_time() -> None:
    found = rules(
        timed=[waiting(30, "late", when={"case.labels": "vip"}), waiting(30, "a", {"add labels": ["vip"]})]
    )
    ruling = look(found, waits_since(40))
    assert fired(ruling) == ["a"]
    assert ruling.wake_at is None


def test_a_rule_that_stop_passed_over_is_not_due_a_moment_later() -> None:
    found = rules(timed=[waiting(30, "a", stop=True), waiting(30, "b"), waiting(60, "c")])
    ruling = look(found, waits_since(40))
    assert fired(ruling) == ["a"]
    assert set(ruling.timed) == {"a", "b"}
    assert ruling.wake_at == NOW + timedelta(minutes=20)
    noted = play(found, ruling.state, event("note_added", "ivan", text="x"))
    assert noted.wake_at == NOW + timedelta(minutes=20)


def test_a_timed_rule_may_retrigger_the_rules_for_changes() -> None:
    found = rules(
        timed=[waiting(30, "a", {"add labels": ["urgent"]}, retrigger=True)],
        changed=[rule("b", {"case.labels": "urgent"}, {"assign": {"line": "line-1"}})],
    )
    ruling = look(found, waits_since(30, last_author=author("customer")))
    assert fired(ruling) == ["a", "b"]
    assert ruling.state.pinned_to == "ivan"


def test_the_workflow_comes_to_the_same_state_from_the_decision() -> None:
    found = rules(timed=[waiting(30, "a", {"assign": {"line": "line-1"}}), waiting(45, "b")])
    before, happened, known = waits_since(30), event("timed_due"), facts()
    ruling = decide(found, known, before, fold(before, happened, known).state, happened)
    decision = Decision(facts=known, fired=ruling.fired, wake_at=ruling.wake_at, timed=ruling.timed)
    assert settle(before, happened, decision).state == ruling.state


# --- Somebody's grace ---------------------------------------------------------------------------


def leaving(name: str) -> Facts:
    return facts(people={**PEOPLE, name: Person(line="line-1", away_at=NOW + timedelta(minutes=3))})


@pytest.mark.parametrize(
    ("state", "wakes"),
    [
        (chat(assignee="ivan", pinned_to="ivan"), True),
        (chat(reserved_for="ivan", offer_until=NOW + timedelta(minutes=1)), True),
        (chat(assignee="petra", pinned_to="petra"), False),
        (chat(assignee="ivan"), False),
        (chat(status=Status.PENDING, assignee="ivan", pinned_to="ivan"), False),
        (chat(Activity.ENDED, assignee="ivan", reserved_for="ivan"), False),
    ],
)
def test_an_open_chat_wakes_when_the_grace_of_its_holder_ends(state: ChatState, wakes: bool) -> None:
    ruling = play(rules(), state, event("note_added", "petra", text="x"), leaving("ivan"))
    assert ruling.wake_at == (NOW + timedelta(minutes=3) if wakes else None)


def test_the_earlier_of_grace_and_rule_counts() -> None:
    state = waits_since(40, assignee="ivan", pinned_to="ivan")
    note = event("note_added", "petra", text="x")
    assert play(rules(timed=[waiting(41)]), state, note, leaving("ivan")).wake_at == NOW + timedelta(
        minutes=1
    )
    assert play(rules(timed=[waiting(60)]), state, note, leaving("ivan")).wake_at == NOW + timedelta(
        minutes=3
    )
