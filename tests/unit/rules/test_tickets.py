"""Rules for tickets: which list is asked, what they can ask about, and what their actions become."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from baton import contract
from baton.contract import DepartmentState, Status, TicketStage
from baton.errors import DepartmentsWaiting
from baton.model.decision import Decision
from baton.model.ticket.model import apply, fold, settle
from baton.model.ticket.state import TicketState
from baton.rules.engine import decide
from baton.rules.loading import load_rules
from tests.unit.rules.kit import (
    DEPLOY,
    DIRECTORY,
    NOW,
    ask,
    asking,
    author,
    chat,
    department,
    event,
    facts,
    fired,
    having_answered,
    minutes_ago,
    no_ticket,
    play,
    rule,
    rules,
    ticket,
    ticket_event,
)

NOTE = ticket_event("note_added", "lena", text="Paid.")
COMPOSING = ticket(TicketStage.COMPOSING, composer="lena", dispatcher="petra", assignee="lena")


def changed(
    *listed: dict[str, Any],
    before: TicketState | None = None,
    after: TicketState | None = None,
    happened: Any = NOTE,
) -> list[str]:
    """Which rules of ``changed`` fire; they are for tickets, unless they say something else."""
    found = rules(changed=[{"cases": "tickets", **one} for one in listed])
    return fired(ask(found, before or ticket(), happened, after))


# --- For which cases ----------------------------------------------------------------------------

ONE_OF_EACH = [rule("none-said"), *(rule(cases, cases=cases) for cases in ("chats", "tickets", "all"))]


@pytest.mark.parametrize("listed", ["incoming", "changed"])
def test_a_rule_fires_only_on_the_cases_that_it_is_for(listed: str) -> None:
    found = rules(**{listed: ONE_OF_EACH})
    opening = listed == "incoming"
    on_chat = play(found, chat(None, None) if opening else chat(), event("customer_message"))
    on_ticket = ask(found, no_ticket() if opening else ticket(), ticket_event("customer_message"), ticket())
    assert fired(on_chat) == ["none-said", "chats", "all"]
    assert fired(on_ticket) == ["tickets", "all"]


def test_timed_rules_fire_only_on_the_cases_that_they_are_for_and_wake_no_other() -> None:
    def waiting(name: str, minutes: int, **fields: Any) -> dict[str, Any]:
        return rule(name, {"minutes since last message": {"at least": minutes}}, **fields)

    found = rules(timed=[waiting("chats", 5), waiting("tickets", 7, cases="tickets")])
    assert ask(found, ticket(wrote_at=NOW), NOTE).wake_at == NOW + timedelta(minutes=7)
    assert play(found, chat(wrote_at=NOW), event("taken", "ivan")).wake_at == NOW + timedelta(minutes=5)
    look = ask(found, ticket(wrote_at=minutes_ago(7)), ticket_event("timed_due"))
    assert (fired(look), look.wake_at) == (["tickets"], None)


def test_a_rule_for_all_cases_can_ask_which_it_is() -> None:
    found = rules(
        changed=[
            rule("chat", {"case.type": "chat"}, cases="all"),
            rule("ticket", {"case.type": {"is not": "chat"}}, cases="all"),
        ]
    )
    assert fired(play(found, chat(), event("taken", "ivan"))) == ["chat"]
    assert fired(ask(found, ticket(), ticket_event("taken", "ivan"))) == ["ticket"]


# --- Which list ---------------------------------------------------------------------------------

EVERY_LIST = {
    "incoming": [rule("incoming", cases="tickets")],
    "changed": [rule("changed", cases="tickets")],
    "timed": [rule("timed", {"minutes since last message": {"at least": 1}}, cases="tickets")],
}
CLOSED = ticket(TicketStage.CLOSED, status=Status.CLOSED)


@pytest.mark.parametrize(
    ("before", "happened", "asked"),
    [
        (no_ticket(), ticket_event("customer_message"), ["incoming"]),
        (no_ticket(), ticket_event("agent_message", "ivan"), ["incoming"]),
        (no_ticket(), ticket_event("template_applied", "ivan", template="x"), ["incoming"]),
        (no_ticket(), ticket_event("labels_changed", "ivan", add=["billing"]), ["incoming"]),
        (no_ticket(), ticket_event("ticket_opened", "ivan", ticket_id="t"), ["incoming"]),
        (CLOSED, ticket_event("customer_message"), ["incoming"]),
        (ticket(), ticket_event("customer_message"), ["changed"]),
        (ticket(), ticket_event("template_applied", "ivan", template="x"), ["changed"]),
        (ticket(), NOTE, ["changed"]),
        (COMPOSING, ticket_event("send_reply", "lena", text="x"), ["changed"]),
        (COMPOSING, ticket_event("reply_sent", "lena", message_id="1"), ["changed"]),
        (
            asking("billing"),
            ticket_event("department_declined", "lena", label="billing", reason="x"),
            ["changed"],
        ),
        (ticket(), ticket_event("department_asked_again", "petra", label="billing"), ["changed"]),
        (asking("billing"), ticket_event("reminder_due", label="billing"), ["changed"]),
        (asking("billing"), ticket_event("department_due", label="billing"), ["changed"]),
        (ticket(), ticket_event("message_changed", "ivan", message_id="1"), []),
        (ticket(), ticket_event("presence_changed", "ivan", staff="ivan", presence="online"), []),
        (ticket(), ticket_event("merged_into", "ivan", case="2"), []),
        (ticket(wrote_at=minutes_ago(9)), ticket_event("timed_due"), ["timed"]),
    ],
)
def test_each_event_of_a_ticket_asks_one_list_or_none(
    before: TicketState, happened: Any, asked: list[str]
) -> None:
    after = before if before.exists and not before.final else ticket()
    assert fired(ask(rules(**EVERY_LIST), before, happened, after)) == asked


def test_a_blocked_customers_message_asks_no_rule() -> None:
    ruling = ask(rules(**EVERY_LIST), ticket(), ticket_event("customer_message"), None, facts(blocked=True))
    assert fired(ruling) == []


# --- What can be asked --------------------------------------------------------------------------

TWO = asking("billing", "delivery", template="refunds", subject="My parcel")


@pytest.mark.parametrize(
    ("when", "matches"),
    [
        ({"case.stage": "collecting", "before.stage": "collecting"}, True),
        ({"case.stage": {"is none of": ["collecting", "composing"]}}, False),
        ({"case.stage": {"is": {"field": "before.stage"}}}, True),
        ({"case.asked": {"has": "billing"}}, True),
        ({"case.asked": {"has any of": ["warranty"]}}, False),
        ({"case.template": "refunds"}, True),
        ({"case.subject": {"contains": "parcel"}}, True),
        ({"case.composer": "is not set"}, True),
        ({"case.dispatcher": "petra", "case.dispatcher.role": "team-lead"}, True),
        ({"case.dispatcher.line": {"is not": "line-1"}}, False),
        ({"case.composer.department": "billing"}, False),
        ({"event.answered_labels": "is not set"}, True),
        ({"event.label": "is not set", "event.to": "is not set"}, True),
        ({"case.channel": "is not set"}, True),
    ],
)
def test_what_can_be_asked_about_a_ticket(when: dict[str, Any], matches: bool) -> None:
    assert (changed(rule("a", when), before=TWO) == ["a"]) is matches


@pytest.mark.parametrize(
    ("happened", "when", "matches"),
    [
        (("template_applied", {"template": "refunds"}), {"event.template": "Refunds"}, True),
        (("template_applied", {"template": "refunds"}), {"event.template": "other"}, False),
        (("note_added", {"text": "x", "label": "billing"}), {"event.label": "billing"}, True),
        (("department_asked_again", {"label": "billing"}), {"event.label": {"has not": "billing"}}, False),
        (
            ("department_declined", {"label": "billing", "to": "warranty", "reason": "x"}),
            {"event.label": "billing", "event.to": "warranty"},
            True,
        ),
        (("department_due", {"label": "billing"}), {"event.label": "billing"}, True),
        (("send_reply", {"text": "Dear customer", "force": True}), {"event.forced": True}, True),
        (("send_reply", {"text": "Dear customer"}), {"event.forced": False}, True),
        (("send_reply", {"text": "Dear customer"}), {"event.text": {"contains": "dear"}}, True),
        (("send_reply", {"text": "x", "status": "closed"}), {"event.status": "closed"}, True),
        (("status_set", {"status": "closed", "force": True, "reason": "x"}), {"event.forced": True}, True),
        (("taken", {}), {"event.forced": False}, False),
    ],
)
def test_what_can_be_asked_about_an_event_of_a_ticket(
    happened: tuple[str, dict[str, Any]], when: dict[str, Any], matches: bool
) -> None:
    kind, fields = happened
    assert (changed(rule("a", when), before=TWO, happened=ticket_event(kind, "lena", **fields)) == ["a"]) is (
        matches
    )


@pytest.mark.parametrize(
    ("before", "after", "answered"),
    [
        (TWO, TWO, ()),
        (TWO, having_answered(TWO, "billing"), ("billing",)),
        (TWO, having_answered(TWO, "billing", "delivery"), ("billing", "delivery")),
        (having_answered(TWO, "billing"), having_answered(TWO, "billing", "delivery"), ("delivery",)),
        (having_answered(TWO, "billing"), having_answered(TWO, "billing"), ()),
        (
            TWO,
            TWO.model_copy(update={"departments": (department("billing", DepartmentState.WITHDRAWN),)}),
            (),
        ),
    ],
)
def test_the_answered_labels_are_those_of_this_very_event(
    before: TicketState, after: TicketState, answered: tuple[str, ...]
) -> None:
    found = rules(
        changed=[
            rule("a", None, {"remove labels": {"field": "event.answered_labels"}}, cases="tickets"),
            rule("b", {"event.answered_labels": "is set"}, cases="tickets"),
        ]
    )
    ruling = ask(found, before, NOTE, after)
    removal, *more = ruling.fired
    assert removal.actions == ((contract.ChangeLabels(remove=answered),) if answered else ())
    assert removal.skipped == (() if answered else ("remove labels: event.answered_labels is empty",))
    assert [one.rule for one in more] == (["b"] if answered else [])


# --- Actions ------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("action", "concrete"),
    [
        ({"assign": {"to": "case.dispatcher"}}, contract.Assign(staff="petra")),
        ({"assign": {"to": "before.composer"}}, contract.Assign(staff="lena")),
        ({"assign": {"line": "line-1"}}, contract.Assign(staff="ivan", line="line-1")),
        ({"set status": "pending"}, contract.SetStatus(status=Status.PENDING)),
        ({"add labels": ["urgent"]}, contract.ChangeLabels(add=("urgent",))),
        ({"remove labels": ["vip"]}, contract.ChangeLabels(remove=("vip",))),
        ({"note": "Look."}, contract.AddNote(text="Look.")),
        ({"reply": "One moment."}, contract.Reply(text="One moment.")),
        ({"notify": {"to": "case.composer", "text": "x"}}, contract.Tell(staff=("lena",), reason="x")),
        (
            {"notify": {"departments": ["billing", "delivery"], "text": "x"}},
            contract.Tell(departments=("billing", "delivery"), reason="x"),
        ),
    ],
)
def test_an_action_on_a_ticket_becomes_concrete_and_is_applied(action: Any, concrete: Any) -> None:
    ruling = ask(rules(changed=[rule("a", None, action, cases="tickets")]), COMPOSING, NOTE)
    (one,) = ruling.fired
    assert (one.actions, one.skipped) == ((concrete,), ())
    assert ruling.state == apply(COMPOSING, concrete, facts())


def test_departments_can_be_told_about_a_chat_too() -> None:
    found = rules(changed=[rule("a", None, {"notify": {"departments": ["billing"], "text": "x"}})])
    (one,) = play(found, chat(), event("taken", "ivan")).fired
    assert one.actions == (contract.Tell(departments=("billing",), reason="x"),)


def test_what_a_ticket_refuses_is_skipped_with_the_reason_and_the_rest_goes_on() -> None:
    close = {"set status": "closed"}
    found = rules(changed=[rule("a", None, close, {"add labels": ["urgent"]}, cases="tickets")])
    with pytest.raises(DepartmentsWaiting) as refused:
        apply(TWO, contract.SetStatus(status=Status.CLOSED), facts())
    ruling = ask(found, TWO, NOTE)
    assert ruling.fired[0].skipped == (str(refused.value),)
    assert ruling.fired[0].actions == (contract.ChangeLabels(add=("urgent",)),)
    assert (ruling.state.status, ruling.state.labels[-1]) == (Status.OPEN, "urgent")


def test_a_later_rule_sees_the_department_that_an_earlier_one_asked() -> None:
    asks = rule("asks", {"case.stage": "triage"}, {"add labels": ["billing"]})
    sees = rule("sees", {"case.stage": "collecting", "case.asked": "billing", "before.stage": "triage"})
    assert changed(asks, sees) == ["asks", "sees"]


def test_the_workflow_comes_to_the_same_ticket_from_the_decision() -> None:
    found = rules(
        changed=[
            rule("a", {"event.answered_labels": "is set"}, {"add labels": ["warranty"]}, cases="tickets"),
            rule("b", None, {"assign": {"to": "event.author"}}, {"set status": "closed"}, cases="tickets"),
        ],
        timed=[rule("c", {"minutes since asked": {"at least": 5}}, cases="tickets")],
    )
    before, known = asking("billing"), facts()
    ruling = decide(found, known, before, fold(before, NOTE, known).state, NOTE)
    assert fired(ruling) == ["a", "b"]
    decision = Decision(facts=known, fired=ruling.fired, wake_at=ruling.wake_at, timed=ruling.timed)
    settled = settle(before, NOTE, decision).state
    assert settled.draft.round == 1
    assert settled.model_copy(update={"draft": ruling.state.draft}) == ruling.state


# --- Time ---------------------------------------------------------------------------------------

OVERDUE = rule("late", {"minutes since asked": {"at least": 30}}, {"add labels": ["urgent"]}, cases="tickets")


def asked_since(**minutes: float) -> TicketState:
    departments = (department(label, asked_at=minutes_ago(ago)) for label, ago in minutes.items())
    return asking(*minutes, departments=tuple(departments))


def test_minutes_since_asked_count_from_the_earliest_of_those_who_are_asked_now() -> None:
    found, look = rules(timed=[OVERDUE]), ticket_event("timed_due")
    state = asked_since(billing=40, delivery=10)
    late = ask(found, state, look)
    assert (fired(late), late.timed) == (["late"], {"late": minutes_ago(40)})
    assert late.state.labels == ("billing", "delivery", "urgent")
    answered = ask(found, having_answered(state, "billing"), look)
    assert (fired(answered), answered.wake_at) == ([], NOW + timedelta(minutes=20))


def test_where_nobody_is_asked_nobody_is_late() -> None:
    state = having_answered(asked_since(billing=40), "billing")
    ruling = ask(rules(timed=[OVERDUE]), state.model_copy(update={"stage": TicketStage.COMPOSING}), NOTE)
    assert ruling.wake_at is None


def test_an_overdue_answer_is_an_event_that_rules_can_ask_about() -> None:
    overdue = rule("overdue", {"event.kind": "department_due"}, {"add labels": ["urgent"]}, cases="tickets")
    ruling = ask(rules(changed=[overdue]), TWO, ticket_event("department_due", label="billing"))
    assert ruling.state.labels == ("billing", "delivery", "urgent")


@pytest.mark.parametrize(
    "when",
    [
        {"event.answered_labels": "is not set"},
        {"not": {"event.answered_labels": "billing"}},
        {"event.answered_labels": {"has not": "billing"}},
    ],
    ids=str,
)
@pytest.mark.parametrize("kind", ["customer_message", "template_applied"])
def test_only_an_answer_has_answered_labels(when: dict[str, Any], kind: str) -> None:
    """The column of the index and the test by itself agree on an event that answers nothing."""
    before = asking("billing")
    author = "petra" if kind == "template_applied" else "customer"
    fields = {"template": "t"} if kind == "template_applied" else {}
    after = having_answered(before, "billing")
    happened = ticket_event(kind, author, **fields)
    wanted = rule("b", {"event.answered_labels": "is set"})
    assert changed(rule("a", when), wanted, before=before, after=after, happened=happened) == ["a"]


# --- The shipped rule ---------------------------------------------------------------------------

SHIPPED = load_rules(DEPLOY / "rules/support-lines.yaml", DIRECTORY)


def happens(before: TicketState, kind: str, by: str, **fields: Any) -> Any:
    happened, known = ticket_event(kind, by, **fields), facts()
    return decide(SHIPPED, known, before, fold(before, happened, known).state, happened)


def test_the_label_comes_off_when_its_department_answers_and_no_other_does() -> None:
    before = asking("billing", "delivery").model_copy(
        update={"labels": ("billing", "delivery", "several-departments")}
    )
    ruling = happens(before, "note_added", "lena", text="Paid.")
    assert fired(ruling) == ["label-off-after-answer"]
    assert ruling.fired[0].actions == (contract.ChangeLabels(remove=("billing",)),)
    assert ruling.state.labels == ("delivery", "several-departments")


def test_a_note_for_two_departments_takes_both_labels_off_at_once() -> None:
    ruling = happens(asking("billing", "warranty", "delivery"), "note_added", "lena", text="Paid.")
    assert ruling.fired[0].actions == (contract.ChangeLabels(remove=("billing", "warranty")),)


def test_the_last_department_that_sends_the_reply_loses_its_label_too() -> None:
    ruling = happens(asking("delivery"), "send_reply", "maria", text="It is on its way.")
    assert (fired(ruling), ruling.state.labels) == (["label-off-after-answer"], ())
    assert ruling.state.stage is TicketStage.ANSWERED


@pytest.mark.parametrize(
    ("kind", "by", "fields"),
    [
        ("note_added", "ivan", {"text": "Not my department."}),
        ("note_added", "lena", {"text": "Still looking.", "answers": False}),
        ("note_added", "lena", {"text": "Please answer.", "instruction": True}),
        ("customer_message", "customer", {}),
        ("labels_changed", "petra", {"remove": ["billing"]}),
        ("department_declined", "lena", {"label": "billing", "reason": "x"}),
    ],
)
def test_what_is_no_answer_takes_no_label_off(kind: str, by: str, fields: dict[str, Any]) -> None:
    assert fired(happens(asking("billing", "delivery"), kind, by, **fields)) == []


def test_a_late_note_takes_nothing_off() -> None:
    late = having_answered(asking("billing", "delivery"), "billing")
    assert fired(happens(late, "note_added", "lena", text="One thing more.")) == []


def test_the_rules_for_support_lines_leave_tickets_alone() -> None:
    opened = happens(no_ticket(), "agent_message", "lena", text="x")
    assert fired(opened) == []
    assert opened.state.last_author == author("lena")
