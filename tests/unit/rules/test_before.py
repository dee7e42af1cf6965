"""What was before: nothing before a new case, whatever the timing; the case before it is ``previous``."""

from __future__ import annotations

from typing import Any

import pytest

from baton.contract import Activity, DepartmentState, Event, Status, TicketStage
from baton.errors import DocumentError
from baton.model.chat.state import ChatState
from baton.model.decision import CaseState
from baton.model.facts import Facts, MissingPrevious, Previous
from baton.model.kinds import model_of
from baton.rules.engine import decide
from baton.rules.ruleset import RuleSet
from tests.unit.rules.kit import (
    asking,
    author,
    chat,
    department,
    event,
    facts,
    fired,
    minutes_ago,
    no_chat,
    no_ticket,
    play,
    rule,
    rules,
    ticket,
    ticket_event,
)

CLOSED = chat(
    Activity.ENDED,
    Status.CLOSED,
    case_id="earlier",
    assignee="ivan",
    line="line-1",
    labels=("vip",),
    last_author=author("ivan"),
)
CLOSED_TICKET = ticket(
    TicketStage.CLOSED,
    status=Status.CLOSED,
    case_id="earlier",
    assignee="lena",
    composer="lena",
    dispatcher="petra",
    labels=("billing",),
    departments=(department("billing", DepartmentState.ANSWERED),),
    channel="telegram",
    template="several-departments",
    subject="Paper",
)
PREVIOUS = Previous(
    case_id="earlier",
    assignee="ivan",
    line="line-1",
    status=Status.CLOSED,
    labels=("vip",),
    closed_at=minutes_ago(30),
)


def asked(rule_set: RuleSet, before: CaseState, happened: Event, known: Facts) -> list[str]:
    return fired(
        decide(rule_set, known, before, model_of(before).fold(before, happened, known).state, happened)
    )


# --- Before -------------------------------------------------------------------------------------

EMPTY: dict[str, Any] = {
    "activity": "is not set",
    "status": "is not set",
    "tab": "is not set",
    "channel": "is not set",
    "line": "is not set",
    "labels": "is not set",
    "assignee": "is not set",
    "pinned_to": "is not set",
    "reserved_for": "is not set",
    "last_author": "is not set",
    "last_author.type": "is not set",
    "assignee.line": "is not set",
}
EMPTY_TICKET: dict[str, Any] = {
    "stage": "is not set",
    "status": "is not set",
    "channel": "is not set",
    "labels": "is not set",
    "asked": "is not set",
    "template": "is not set",
    "subject": "is not set",
    "assignee": "is not set",
    "composer": "is not set",
    "dispatcher": "is not set",
}


@pytest.mark.parametrize("before", [no_chat(), CLOSED], ids=["in a new run", "in the same run"])
@pytest.mark.parametrize("by", ["customer", "ivan"])
def test_nothing_is_before_a_new_chat(before: ChatState, by: str) -> None:
    """Rules of `changed` are asked about an event that opens a chat, too, if a rule says retrigger."""
    again = rule("again", None, {"add labels": ["urgent"]}, retrigger=True)
    listed = [rule(name, {f"before.{name}": test}) for name, test in EMPTY.items()]
    kind = "customer_message" if by == "customer" else "agent_message"
    known = facts(case_id="case", previous=PREVIOUS)
    found = asked(rules(incoming=[again], changed=listed), before, event(kind, by), known)
    assert found == ["again", *EMPTY]


@pytest.mark.parametrize("before", [no_ticket(), CLOSED_TICKET], ids=["in a new run", "in the same run"])
def test_nothing_is_before_a_ticket_that_its_customer_opens_again(before: CaseState) -> None:
    again = rule("again", None, {"add labels": ["urgent"]}, retrigger=True, cases="tickets")
    listed = [rule(name, {f"before.{name}": test}, cases="tickets") for name, test in EMPTY_TICKET.items()]
    known = facts(case_id="case", previous=PREVIOUS)
    happened = ticket_event("customer_message")
    assert asked(rules(incoming=[again], changed=listed), before, happened, known) == [
        "again",
        *EMPTY_TICKET,
    ]


def test_an_event_that_opens_nothing_has_its_case_before_it() -> None:
    before = chat(Activity.ENDED, Status.PENDING, assignee="ivan")
    listed = [rule("r", {"before.activity": "ended", "before.assignee": "ivan"})]
    assert fired(play(rules(changed=listed), before, event("customer_message"))) == ["r"]


@pytest.mark.parametrize(
    ("field", "hint"),
    [
        ("before.status", "previous.status"),
        ("before.assignee", "previous.assignee"),
        ("before.line", "previous.line"),
        ("before.labels", "previous.labels"),
        ("before.assignee.role", "previous.assignee.role"),
        ("before.activity", "previous.status, previous.assignee or previous.labels"),
    ],
)
@pytest.mark.parametrize("nested", ["plain", "any", "not", "compared"])
def test_a_rule_about_what_opens_a_case_cannot_ask_what_was_before(
    field: str, hint: str, nested: str
) -> None:
    condition: dict[str, Any] = {field: "is set"}
    if nested == "compared":
        if field != "before.assignee":
            return
        condition = {"event.author": {"is": {"field": field}}}
    nesting: dict[str, dict[str, Any]] = {"any": {"any": [condition]}, "not": {"not": condition}}
    when = nesting.get(nested, condition)
    with pytest.raises(DocumentError) as refused:
        rules(incoming=[rule("r", when)])
    assert f"{field!r} is always empty here, because nothing was before a new case" in str(refused.value)
    assert f"for the case before this one, ask {hint}" in str(refused.value)
    rules(changed=[rule("r", when)])  # is fine


@pytest.mark.parametrize("action", ["assign", "pin", "notify"])
def test_nor_can_it_give_the_case_to_whoever_had_it_before(action: str) -> None:
    given = {"to": "before.assignee"} | ({"text": "x"} if action == "notify" else {})
    with pytest.raises(DocumentError, match=r"ask previous\.assignee"):
        rules(incoming=[rule("r", None, {action: given})])
    given["to"] = "previous.assignee"
    rules(incoming=[rule("r", None, {action: given})])  # is fine


# --- Previous -----------------------------------------------------------------------------------

ABOUT_PREVIOUS: dict[str, Any] = {
    "status": {"previous.status": "closed"},
    "assignee": {"previous.assignee": "ivan"},
    "line": {"previous.line": "line-1"},
    "labels": {"previous.labels": "vip"},
    "role": {"previous.assignee.line": "line-1"},
    "at-most": {"previous minutes ago": {"at most": 30}},
    "at-least": {"previous minutes ago": {"at least": 30}},
}


@pytest.mark.parametrize("before", [no_chat(), CLOSED], ids=["in a new run", "in the same run"])
def test_the_chat_before_this_one_is_known_when_this_one_opens(before: ChatState) -> None:
    listed = [rule(name, when) for name, when in ABOUT_PREVIOUS.items()]
    known = facts(case_id="case", previous=PREVIOUS)
    assert asked(rules(incoming=listed), before, event("customer_message"), known) == [*ABOUT_PREVIOUS]


def test_the_stage_is_that_of_a_ticket() -> None:
    known = facts(
        case_id="case", previous=PREVIOUS.model_copy(update={"stage": TicketStage.CLOSED, "assignee": "lena"})
    )
    listed = [rule("r", {"previous.stage": "closed", "previous.assignee": "lena"}, cases="tickets")]
    happened = ticket_event("customer_message")
    assert asked(rules(incoming=listed), CLOSED_TICKET, happened, known) == ["r"]


@pytest.mark.parametrize(
    "when",
    [
        {"previous minutes ago": {"at most": 29}},
        {"previous minutes ago": {"at least": 31}},
        {"previous.status": "open"},
        {"previous.labels": {"has not": "vip"}},
        {"previous.assignee": "is not set"},
    ],
    ids=str,
)
def test_what_the_chat_before_was_not_like_does_not_hold(when: dict[str, Any]) -> None:
    known = facts(case_id="case", previous=PREVIOUS)
    assert asked(rules(incoming=[rule("r", when)]), no_chat(), event("customer_message"), known) == []


def test_where_there_was_no_chat_before_all_of_it_is_empty() -> None:
    listed = [
        rule("empty", {"previous.status": "is not set", "previous.labels": "is not set"}),
        rule("new", {"previous.assignee": "is not set"}),
        rule("least", {"previous minutes ago": {"at least": 0}}),
        rule("most", {"previous minutes ago": {"at most": 9_999_999}}),
    ]
    assert asked(rules(incoming=listed), no_chat(), event("customer_message"), facts(case_id="case")) == [
        "empty",
        "new",
    ]


def test_a_later_event_asks_for_the_chat_before_only_where_a_rule_gets_that_far() -> None:
    now = chat(previous_case="earlier", labels=("urgent",))
    far = rules(changed=[rule("r", {"previous.assignee": "ivan", "case.labels": "urgent"})])
    near = rules(changed=[rule("r", {"previous.assignee": "ivan", "case.labels": "vip"})])
    with pytest.raises(MissingPrevious):
        play(far, now, event("customer_message"))
    assert fired(play(far, now, event("customer_message"), facts(previous=PREVIOUS))) == ["r"]
    assert fired(play(near, now, event("customer_message"))) == []
    assert fired(play(far, now.model_copy(update={"previous_case": None}), event("customer_message"))) == []


def test_a_case_can_be_given_to_whoever_had_the_one_before() -> None:
    back = rules(incoming=[rule("r", None, {"assign": {"to": "previous.assignee"}})])
    known = facts(case_id="case", previous=PREVIOUS)
    ruling = play(back, no_chat(), event("customer_message"), known)
    assert ruling.state.assignee == "ivan"


# --- What really changed ------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("had", "changed", "added", "removed"),
    [
        ((), {"add": ["vip"]}, {"vip"}, set()),
        (("vip",), {"add": ["vip"]}, set(), set()),
        (("vip",), {"add": ["vip", "urgent"]}, {"urgent"}, set()),
        (("vip",), {"remove": ["vip"]}, set(), {"vip"}),
        ((), {"remove": ["vip"]}, set(), set()),
        ((), {"add": ["vip"], "remove": ["vip"]}, set(), set()),
        (("vip",), {"add": ["vip"], "remove": ["vip"]}, set(), {"vip"}),
    ],
    ids=str,
)
def test_the_labels_of_an_event_are_those_that_really_changed(
    had: tuple[str, ...], changed: dict[str, Any], added: set[str], removed: set[str]
) -> None:
    labels = ("vip", "urgent", "refund")
    listed = [rule(f"+{label}", {"event.added_labels": label}) for label in labels]
    listed += [rule(f"-{label}", {"event.removed_labels": label}) for label in labels]
    ruling = play(rules(changed=listed), chat(labels=had), event("labels_changed", "ivan", **changed))
    assert {*fired(ruling)} == {f"+{one}" for one in added} | {f"-{one}" for one in removed}


def test_a_label_that_is_added_twice_fires_a_rule_once() -> None:
    found = rules(changed=[rule("r", {"event.added_labels": "vip"})])
    first = play(found, chat(), event("labels_changed", "ivan", add=["vip"]))
    second = play(found, first.state, event("labels_changed", "petra", add=["vip"]))
    assert (fired(first), fired(second)) == (["r"], [])


def test_what_a_rule_changes_is_not_what_the_event_changed() -> None:
    listed = [
        rule("first", None, {"remove labels": ["vip"]}, {"add labels": ["urgent"]}),
        rule("second", {"event.added_labels": {"has": "vip", "has not": "urgent"}}),
    ]
    ruling = play(rules(changed=listed), chat(), event("labels_changed", "ivan", add=["vip"]))
    assert fired(ruling) == ["first", "second"]


def test_a_department_has_answered_by_the_event_although_a_rule_asks_it_again() -> None:
    before = asking("billing", "delivery")
    after = before.model_copy(
        update={"departments": (department("billing", DepartmentState.ANSWERED), department("delivery"))}
    )
    happened = ticket_event("note_added", "lena", text="x")
    listed = [
        rule(
            "again",
            {"event.answered_labels": "billing"},
            {"remove labels": ["billing"]},
            {"add labels": ["billing"]},
            cases="tickets",
        ),
        rule("second", {"event.answered_labels": "billing"}, cases="tickets"),
    ]
    assert fired(decide(rules(changed=listed), facts(), before, after, happened)) == ["again", "second"]
