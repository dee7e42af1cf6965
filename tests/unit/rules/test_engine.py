"""The engine: order, stop, once, retrigger, and what each action becomes."""

from __future__ import annotations

from itertools import pairwise
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from baton import contract
from baton.contract import Activity, Status
from baton.model.chat.model import settle
from baton.model.decision import Decision
from baton.model.facts import Candidate, MissingLine, Person
from baton.rules.engine import MOST_PASSES, decide
from tests.unit.rules.kit import NOW, PEOPLE, author, chat, event, facts, fired, no_chat, play, rule, rules

VIP = {"add labels": ["vip"]}
URGENT = {"add labels": ["urgent"]}


def changed(
    *listed: dict[str, Any], by: str = "customer", kind: str = "customer_message", **fields: Any
) -> list[str]:
    """Which rules of ``changed`` fire for a message in an open chat."""
    return fired(play(rules(changed=list(listed)), chat(), event(kind, by, **fields)))


# --- Which list ---------------------------------------------------------------------------------

EVERY_LIST = {
    "incoming": [rule("incoming")],
    "changed": [rule("changed")],
    "timed": [rule("timed", {"minutes since last message": {"at least": 1}})],
}


@pytest.mark.parametrize(
    ("before", "happened", "asked"),
    [
        (no_chat(), event("customer_message"), ["incoming"]),
        (no_chat(), event("agent_message", "ivan"), ["incoming"]),
        (chat(Activity.ENDED, Status.CLOSED), event("agent_message", "ivan"), ["incoming"]),
        (chat(Activity.ENDED, Status.PENDING), event("customer_message"), ["changed"]),
        (chat(), event("customer_message"), ["changed"]),
        (chat(), event("note_added", "ivan", text="x"), ["changed"]),
        (chat(), event("taken", "ivan"), ["changed"]),
        (chat(), event("chat_ended", "ivan"), ["changed"]),
        (chat(), event("status_set", "ivan", status="pending"), ["changed"]),
        (chat(), event("assigned", "ivan", staff="petra"), ["changed"]),
        (chat(), event("labels_changed", "ivan", add=["vip"]), ["changed"]),
        (chat(), event("delivery_failed", "ivan", message_id="1"), ["changed"]),
        (chat(), event("message_changed", "ivan", message_id="1"), []),
        (chat(), event("presence_changed", "ivan", staff="ivan", presence="online"), []),
        (chat(), event("merged_into", "ivan", case="2"), []),
        (chat(wrote_at=NOW.replace(hour=1)), event("timed_due"), ["timed"]),
    ],
)
def test_each_event_asks_one_list_or_none(before: Any, happened: Any, asked: list[str]) -> None:
    assert fired(play(rules(**EVERY_LIST), before, happened)) == asked


def test_a_system_message_asks_no_rule() -> None:
    happened = contract.SystemMessage(id="e", author=contract.SYSTEM)
    assert fired(play(rules(**EVERY_LIST), chat(), happened)) == []


@pytest.mark.parametrize("before", [no_chat(), chat()])
def test_a_blocked_customers_message_asks_no_rule(before: Any) -> None:
    ruling = play(rules(**EVERY_LIST), before, event("customer_message"), facts(blocked=True))
    assert ruling.fired == ()
    assert ruling.state == before


def test_without_rules_nothing_happens() -> None:
    ruling = play(rules(), chat(), event("customer_message"))
    assert (ruling.fired, ruling.wake_at, ruling.timed) == ((), None, {})


# --- Order, stop, once --------------------------------------------------------------------------


def test_rules_fire_in_the_order_of_their_list() -> None:
    assert changed(rule("b"), rule("a"), rule("c")) == ["b", "a", "c"]


def test_a_later_rule_sees_what_an_earlier_one_changed() -> None:
    assert changed(rule("a", None, VIP), rule("b", {"case.labels": "vip"})) == ["a", "b"]


def test_an_earlier_rule_does_not_see_what_a_later_one_changes() -> None:
    assert changed(rule("b", {"case.labels": "vip"}), rule("a", None, VIP)) == ["a"]


def test_a_rule_no_longer_fires_if_an_earlier_one_changed_what_it_asks_about() -> None:
    assert changed(rule("a", None, VIP), rule("b", {"case.labels": {"has not": "vip"}})) == ["a"]


def test_before_stays_what_it_was_whatever_rules_change() -> None:
    end = {"end chat": {"status": "pending"}}
    assert changed(
        rule("a", None, end), rule("b", {"before.activity": "active", "case.activity": "ended"})
    ) == ["a", "b"]


def test_stop_ends_the_list_for_this_event() -> None:
    assert changed(rule("a", None, VIP, stop=True), rule("b")) == ["a"]


def test_stop_of_a_rule_that_does_not_fire_stops_nothing() -> None:
    assert changed(rule("a", {"case.labels": "vip"}, stop=True), rule("b")) == ["b"]


def test_a_rule_that_is_switched_off_does_not_fire() -> None:
    assert changed(rule("a", enabled=False), rule("b")) == ["b"]


# --- Retrigger ----------------------------------------------------------------------------------


def test_what_rules_change_starts_no_new_pass() -> None:
    assert changed(rule("late", {"case.labels": "vip"}), rule("a", None, VIP)) == ["a"]


def test_retrigger_goes_through_changed_once_more_and_each_rule_still_fires_once() -> None:
    assert changed(rule("late", {"case.labels": "vip"}), rule("a", None, VIP, retrigger=True)) == [
        "a",
        "late",
    ]


def test_retrigger_of_a_rule_that_changed_nothing_starts_no_pass() -> None:
    note = rule("a", None, {"note": "x"}, {"remove labels": ["vip"]}, retrigger=True)
    assert changed(rule("late", {"event.kind": "taken"}), note) == ["a"]


def test_retrigger_in_incoming_goes_on_with_changed() -> None:
    found = rules(
        incoming=[rule("first", {"case.labels": "vip"}), rule("a", None, VIP, retrigger=True)],
        changed=[rule("b", {"case.labels": "vip"})],
    )
    assert fired(play(found, no_chat(), event("customer_message"))) == ["a", "b"]


def test_stop_ends_its_pass_and_not_the_one_that_a_retrigger_asked_for() -> None:
    found = [
        rule("late", {"case.labels": "vip"}),
        rule("a", None, VIP, retrigger=True, stop=True),
        rule("never"),
    ]
    assert changed(*found) == ["a", "late", "never"]


def test_there_are_at_most_five_passes() -> None:
    """A chain that is written backwards needs one pass for each link."""
    names = ["vip", "urgent", "refund", "billing", "delivery", "warranty", "several-departments"]
    links = [
        rule(new, {"case.labels": old}, {"add labels": [new]}, retrigger=True) for old, new in pairwise(names)
    ]
    chain = [*reversed(links), rule("vip", None, VIP, retrigger=True)]
    assert changed(*chain) == names[:MOST_PASSES]


LABELS = st.sampled_from(["vip", "urgent", "refund"])
LOOPY = st.fixed_dictionaries(
    {
        "when": st.one_of(
            st.none(),
            st.fixed_dictionaries({"case.labels": LABELS}),
            st.fixed_dictionaries({"case.labels": st.fixed_dictionaries({"has not": LABELS})}),
            st.fixed_dictionaries({"case.activity": st.sampled_from(["active", "ended"])}),
        ),
        "then": st.lists(
            st.one_of(
                st.fixed_dictionaries({"add labels": st.lists(LABELS, min_size=1, max_size=2)}),
                st.fixed_dictionaries({"remove labels": st.lists(LABELS, min_size=1, max_size=2)}),
                st.fixed_dictionaries({"set status": st.sampled_from(["open", "pending", "closed"])}),
                st.just({"end chat": {}}),
                st.just({"assign": {"line": "line-1"}}),
                st.just({"pin": {"to": "case.assignee"}}),
            ),
            min_size=1,
            max_size=3,
        ),
        "stop": st.booleans(),
        "retrigger": st.booleans(),
    }
)


@settings(max_examples=200)
@given(incoming=st.lists(LOOPY, max_size=6), listed=st.lists(LOOPY, max_size=8), opening=st.booleans())
def test_no_rule_set_loops_and_replaying_its_actions_gives_the_same_chat(
    incoming: list[Any], listed: list[Any], opening: bool
) -> None:
    def made(prefix: str, some: list[Any]) -> list[dict[str, Any]]:
        return [
            rule(f"{prefix}{number}", one["when"], *one["then"], stop=one["stop"], retrigger=one["retrigger"])
            for number, one in enumerate(some)
        ]

    found = rules(incoming=made("i", incoming), changed=made("c", listed))
    before, happened, known = (
        no_chat() if opening else chat(),
        event("customer_message"),
        facts(case_id="case"),
    )
    ruling = play(found, before, happened, known)
    names = fired(ruling)
    assert len(names) == len(set(names))
    order = [name for name in names if name.startswith("c")]
    falls = sum(int(a[1:]) > int(b[1:]) for a, b in pairwise(order))
    assert falls + 1 + opening <= MOST_PASSES
    decision = Decision(facts=known, fired=ruling.fired, wake_at=ruling.wake_at, timed=ruling.timed)
    assert settle(before, happened, decision).state == ruling.state


# --- Actions ------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("action", "concrete"),
    [
        ({"assign": {"staff": "petra"}}, contract.Assign(staff="petra")),
        ({"assign": {"line": "line-1"}}, contract.Assign(staff="petra", line="line-1")),
        ({"assign": {"to": "event.author"}}, contract.Assign(staff="petra")),
        ({"pin": {"staff": "ivan"}}, contract.Pin(staff="ivan")),
        ({"pin": {"to": "case.assignee"}}, contract.Pin(staff="petra")),
        ({"end chat": {}}, contract.End()),
        ({"end chat": {"status": "pending"}}, contract.End(status=Status.PENDING)),
        ({"set status": "closed"}, contract.SetStatus(status=Status.CLOSED)),
        ({"add labels": ["vip", "urgent"]}, contract.ChangeLabels(add=("vip", "urgent"))),
        ({"remove labels": ["vip"]}, contract.ChangeLabels(remove=("vip",))),
        ({"note": "Look."}, contract.AddNote(text="Look.")),
        ({"reply": "One moment."}, contract.Reply(text="One moment.")),
        (
            {"notify": {"staff": ["ivan", "lena"], "text": "x"}},
            contract.Tell(staff=("ivan", "lena"), reason="x"),
        ),
        ({"notify": {"line": "line-2", "text": "x"}}, contract.Tell(line="line-2", reason="x")),
        ({"notify": {"to": "case.assignee", "text": "x"}}, contract.Tell(staff=("petra",), reason="x")),
        ({"notify": {"everyone": True, "text": "x"}}, contract.Tell(everyone=True, reason="x")),
    ],
)
def test_an_action_becomes_concrete(action: Any, concrete: Any) -> None:
    before, happened = chat(), event("agent_message", "petra")
    (one,) = play(rules(changed=[rule("a", None, action)]), before, happened).fired
    assert one.actions == (concrete,)
    assert one.skipped == ()


def test_a_line_in_which_nobody_is_available_gets_the_chat_into_its_queue() -> None:
    nobody = facts(lines={"line-1": (Candidate(staff="ivan"),)})
    ruling = play(
        rules(changed=[rule("a", None, {"assign": {"line": "line-1"}})]),
        chat(),
        event("customer_message"),
        nobody,
    )
    assert ruling.fired[0].actions == (contract.Assign(staff=None, line="line-1"),)
    assert (ruling.state.assignee, ruling.state.line) == (None, "line-1")


def test_the_members_of_a_line_are_asked_for_where_they_are_missing() -> None:
    with pytest.raises(MissingLine) as missing:
        play(
            rules(changed=[rule("a", None, {"assign": {"line": "line-1"}})]),
            chat(),
            event("customer_message"),
            facts(lines={}),
        )
    assert missing.value.line == "line-1"


@pytest.mark.parametrize(
    ("action", "reason"),
    [
        ({"pin": {"to": "case.assignee"}}, "pin: case.assignee is empty"),
        ({"assign": {"to": "event.author"}}, "assign: there is nobody 'customer:customer' among the staff"),
        ({"assign": {"staff": "petra"}}, "assign: there is nobody 'petra' among the staff"),
        ({"notify": {"to": "case.pinned_to", "text": "x"}}, "notify: case.pinned_to is empty"),
    ],
)
def test_an_action_that_means_nobody_is_skipped_with_the_reason_and_the_rest_goes_on(
    action: Any, reason: str
) -> None:
    known = facts(people={name: person for name, person in PEOPLE.items() if name != "petra"}, lines={})
    (one,) = play(
        rules(changed=[rule("a", None, action, VIP)]), chat(), event("customer_message"), known
    ).fired
    assert one.skipped == (reason,)
    assert one.actions == (contract.ChangeLabels(add=("vip",)),)


def test_an_action_that_is_not_possible_is_skipped_with_the_reason_and_the_rest_goes_on() -> None:
    found = rules(changed=[rule("a", None, {"end chat": {}}, {"pin": {"staff": "ivan"}}, VIP)])
    ruling = play(found, chat(), event("customer_message"))
    assert ruling.fired[0].skipped == (
        "pin: the chat is ended · open, and only an active chat can be pinned",
    )
    assert ruling.state.labels == ("vip",)


def test_a_person_who_does_not_work_with_chats_any_more_is_not_pinned() -> None:
    known = facts(people={**PEOPLE, "ivan": Person(line="line-1", chats=False)})
    ruling = play(
        rules(changed=[rule("a", None, {"pin": {"staff": "ivan"}})]), chat(), event("customer_message"), known
    )
    assert ruling.fired[0].skipped == ("pin: ivan does not work with chats",)
    assert ruling.state.pinned_to is None


def test_the_actions_of_a_rule_are_done_in_their_order() -> None:
    ended_first = play(
        rules(changed=[rule("a", None, {"end chat": {}}, {"assign": {"line": "line-1"}})]),
        chat(),
        event("customer_message"),
    )
    assert (ended_first.state.assignee, ended_first.state.pinned_to) == ("ivan", None)
    assigned_last = play(
        rules(changed=[rule("a", None, {"assign": {"line": "line-1"}}, VIP)]),
        chat(),
        event("customer_message"),
    )
    assert (assigned_last.state.assignee, assigned_last.state.pinned_to) == ("ivan", "ivan")


# --- Conditions ---------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("when", "matches"),
    [
        ({"event.text": {"contains": "REFUND"}}, True),
        ({"event.text": {"contains": "parcel"}}, False),
        ({"event.text": {"does not contain": "refund"}}, False),
        ({"event.text": "my refund, please"}, True),
        ({"event.text": {"is not": "My refund"}}, True),
        ({"event.text": "is set"}, True),
        ({"event.author": "ivan"}, False),
        ({"event.author": {"is not": "ivan"}}, True),
        ({"event.author.type": "customer"}, True),
        ({"event.author.line": "is not set"}, True),
        ({"event.author.chats": True}, False),
        ({"event.author.chats": False}, False),
        ({"case.assignee": "ivan", "case.assignee.line": "line-1"}, True),
        ({"case.assignee.department": "billing"}, False),
        ({"case.assignee.role": {"is none of": ["team-lead"]}}, True),
        ({"case.assignee.chats": True}, True),
        ({"case.assignee": {"is": {"field": "before.assignee"}}}, True),
        ({"case.assignee": {"is not": {"field": "before.assignee"}}}, False),
        ({"case.reserved_for": {"is": {"field": "before.reserved_for"}}}, True),
        ({"case.pinned_to": "is not set"}, True),
        ({"case.assignee": "is set"}, True),
        ({"case.labels": "vip"}, True),
        ({"case.labels": {"has": "vip", "has not": "urgent"}}, True),
        ({"case.labels": {"has any of": ["urgent", "refund"]}}, False),
        ({"case.labels": {"has none of": ["urgent", "refund"]}}, True),
        ({"all": [{"case.labels": "vip"}, {"case.labels": "billing"}]}, True),
        ({"case.labels": "is set"}, True),
        ({"before.labels": "is not set"}, False),
        ({"case.tab": {"is one of": ["new", "mine"]}}, True),
        ({"before.status": "pending", "case.status": "open"}, True),
        ({"case.last_author.type": "customer", "before.last_author": "ivan"}, True),
        ({"case.channel": {"is none of": ["telegram"]}}, False),
        ({"any": [{"case.labels": "urgent"}, {"case.labels": "vip"}]}, True),
        ({"any": [{"case.labels": "urgent"}, {"case.labels": "refund"}]}, False),
        ({"not": {"case.labels": "vip", "case.status": "pending"}}, True),
        ({"not": {"any": [{"case.labels": "vip"}]}}, False),
    ],
)
def test_a_condition_means_what_it_says(when: Any, matches: bool) -> None:
    before = chat(
        status=Status.PENDING,
        assignee="ivan",
        line="line-1",
        labels=("vip", "billing"),
        last_author=author("ivan"),
    )
    message = event("customer_message", text="My refund, please")
    assert fired(play(rules(changed=[rule("a", when)]), before, message)) == (["a"] if matches else [])


def test_who_is_assigned_and_what_is_labelled_by_hand_can_be_asked_about() -> None:
    moved = rule("moved", {"event.staff": "petra", "case.assignee": {"is not": {"field": "before.assignee"}}})
    labelled = rule(
        "labelled", {"event.added_labels": "vip", "event.removed_labels": {"has none of": ["vip"]}}
    )
    found = rules(changed=[moved, labelled])
    assert fired(play(found, chat(), event("assigned", "ivan", staff="petra"))) == ["moved"]
    assert fired(play(found, chat(), event("labels_changed", "ivan", add=["vip"]))) == ["labelled"]


def test_deciding_changes_neither_the_state_nor_the_facts_it_was_given() -> None:
    before, happened, known = chat(), event("customer_message"), facts()
    kept = before.model_copy(deep=True), known.model_copy(deep=True)
    decide(rules(changed=[rule("a", None, VIP, {"end chat": {}})]), known, before, before, happened)
    assert (before, known) == kept
