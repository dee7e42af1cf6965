"""The index gives the same answer as asking every rule."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from baton.contract import (
    Activity,
    Author,
    AuthorType,
    Department,
    DepartmentState,
    Event,
    Status,
    TicketStage,
)
from baton.model.chat.state import ChatState
from baton.model.decision import CaseState
from baton.model.facts import Candidate, Clock, Facts, Person, Previous
from baton.model.ticket.state import TicketState
from baton.rules.engine import decide
from baton.rules.field import Field, Sort
from baton.rules.fields import FIELDS, field_named
from baton.rules.language import CASES, RuleFile
from baton.rules.ruleset import RuleSet
from baton.rules.scene import CHATS, TICKETS, CaseType
from tests.unit.rules.kit import (
    NOW,
    chat,
    event,
    facts,
    fired,
    holds,
    minutes_ago,
    rule,
    ticket_event,
)

STAFF = ("ivan", "petra", "lena")
LINES = ("line-1", "line-2")
LABELS = ("vip", "urgent", "refund")
DEPARTMENTS = ("billing", "delivery")
VALUES: dict[Sort, tuple[str, ...]] = {
    Sort.STAFF: STAFF,
    Sort.LINE: LINES,
    Sort.DEPARTMENT: DEPARTMENTS,
    Sort.ROLE: ("lead", "expert"),
    Sort.CHANNEL: ("telegram", "web"),
    Sort.LABEL: LABELS,
    Sort.TEXT: ("hello", "Refund", "o", "CAFE\u0301", "my\u00a0 refund", "İ"),
}
NAMED = (
    "line.line-1.available",
    "line.line-2.open",
    "line.line-2.time",
    "calendar.office.open",
    "calendar.office.time",
    "calendar.office.weekday",
    "staff.lena.available",
)
NAMES = (*FIELDS, *NAMED)
TIMES = ("00:00", "09:00", "12:30", "18:00", "22:00")


def ways_to_test(field: Field, of: frozenset[CaseType] = CHATS) -> st.SearchStrategy[Any]:
    """Every way to test a field in a rule for these cases."""
    if field.sort is Sort.FLAG:
        return st.booleans()
    if field.sort is Sort.NUMBER:
        amount = st.sampled_from([0, 1, 2, 30, 60])
        return st.one_of(
            st.fixed_dictionaries({"at least": amount}), st.fixed_dictionaries({"at most": amount})
        )
    if field.sort is Sort.TIME:
        return st.lists(st.sampled_from(TIMES), min_size=2, max_size=2, unique=True).map(
            lambda two: {"from": two[0], "until": two[1]}
        )
    value = st.sampled_from(DEPARTMENTS if field.of_departments else field.choices or VALUES[field.sort])
    several = st.lists(value, min_size=1, max_size=3)
    state = st.sampled_from(["is set", "is not set"])
    words: dict[str, Any]
    if field.sort is Sort.TEXT:
        words = {"is": value, "is not": value, "contains": value, "does not contain": value}
    elif field.sort is Sort.LABEL:
        words = {"has": value, "has not": value, "has any of": several, "has none of": several}
    else:
        words = {"is": value, "is not": value, "is one of": several, "is none of": several}
        same = [
            other.name
            for other in FIELDS.values()
            if (other.sort, other.choices) == (field.sort, field.choices)
            and not other.many
            and of <= other.of
        ]
        if len(same) > 1 and field.sort is not Sort.CHANNEL:
            reference = st.fixed_dictionaries({"field": st.sampled_from(same)})
            words |= {"is": st.one_of(value, reference), "is not": st.one_of(value, reference)}
    chosen = st.sets(st.sampled_from(sorted(words)), min_size=1, max_size=2)
    return st.one_of(
        value,
        state,
        chosen.flatmap(lambda some: st.fixed_dictionaries({word: words[word] for word in sorted(some)})),
    )


def flat(of: frozenset[CaseType]) -> st.SearchStrategy[dict[str, Any]]:
    """Conditions on fields that all these cases have."""
    names = sorted(name for name in NAMES if of <= field_named(name).of)
    return st.lists(st.sampled_from(names), min_size=1, max_size=3, unique=True).flatmap(
        lambda some: st.fixed_dictionaries({name: ways_to_test(field_named(name), of) for name in some})
    )


def nested(of: frozenset[CaseType]) -> st.SearchStrategy[dict[str, Any]]:
    return st.recursive(
        flat(of),
        lambda below: st.one_of(
            st.fixed_dictionaries({"all": st.lists(below, min_size=1, max_size=2)}),
            st.fixed_dictionaries({"any": st.lists(below, min_size=1, max_size=2)}),
            st.fixed_dictionaries({"not": below}),
            st.tuples(flat(of), below).map(lambda pair: {**pair[0], "any": [pair[1]]}),
        ),
        max_leaves=4,
    )


SOMEBODY = st.sampled_from((None, *STAFF))
WRITER = st.one_of(
    st.just(
        Author(type=AuthorType.CUSTOMER, id="ivan")
    ),  # a customer may well have the ID of a member of staff
    st.sampled_from(STAFF).map(lambda name: Author(type=AuthorType.STAFF, id=name)),
)
CHAT = st.builds(
    ChatState,
    channel=st.sampled_from(["telegram", "web"]),
    conversation=st.just("1"),
    customer=st.just("c"),
    case_id=st.just("case"),
    activity=st.sampled_from(Activity),
    status=st.sampled_from([Status.OPEN, Status.PENDING]),
    assignee=SOMEBODY,
    line=st.sampled_from((None, *LINES)),
    pinned_to=SOMEBODY,
    reserved_for=SOMEBODY,
    labels=st.lists(st.sampled_from(LABELS), unique=True).map(tuple),
    last_author=st.one_of(st.none(), WRITER),
)


def saying(text: str | None) -> dict[str, str]:
    """The field of a message; a message that says nothing has none."""
    return {} if text is None else {"text": text}


STAFF_EVENTS = st.one_of(
    st.builds(
        lambda by, text: event("agent_message", by, **saying(text)),
        st.sampled_from(STAFF),
        st.sampled_from([None, "Hello"]),
    ),
    st.builds(lambda by: event("note_added", by, text="a REFUND"), st.sampled_from(STAFF)),
    st.builds(lambda by: event("taken", by), st.sampled_from(STAFF)),
    st.builds(lambda by, to: event("assigned", by, staff=to), st.sampled_from(STAFF), st.sampled_from(STAFF)),
    st.builds(lambda by, to: event("assigned", by, line=to), st.sampled_from(STAFF), st.sampled_from(LINES)),
    st.builds(
        lambda by, to: event("status_set", by, status=to),
        st.sampled_from(STAFF),
        st.sampled_from(["open", "pending"]),
    ),
    st.builds(
        lambda by, some: event("labels_changed", by, add=some),
        st.sampled_from(STAFF),
        st.lists(st.sampled_from(LABELS)),
    ),
)
EVENT = st.one_of(
    STAFF_EVENTS,
    st.sampled_from([None, "Hello", "my refund", "a cafe\u0301", "CAFÉ", "My\n REFUND", "i"]).map(
        lambda text: event("customer_message", **saying(text))
    ),
)
STAGES = [stage for stage in TicketStage if stage not in (TicketStage.COLLECTING, TicketStage.CLOSED)]
"""In which a ticket can be while nobody is asked."""
DEPARTMENT = st.builds(
    Department,
    label=st.sampled_from(DEPARTMENTS),
    state=st.sampled_from(DepartmentState),
    asked_at=st.just(NOW),
)


def staged(case: TicketState, stage: TicketStage) -> TicketState:
    """A ticket that asks somebody is collecting."""
    return case.model_copy(update={"stage": TicketStage.COLLECTING if case.asked else stage})


TICKET = st.builds(
    staged,
    st.builds(
        TicketState,
        ticket_id=st.just("t"),
        customer=st.just("c"),
        case_id=st.just("case"),
        subject=st.sampled_from(["", "Hello", "my refund"]),
        channel=st.sampled_from([None, "telegram", "web"]),
        status=st.sampled_from([Status.OPEN, Status.PENDING]),
        assignee=SOMEBODY,
        line=st.sampled_from((None, *LINES)),
        composer=SOMEBODY,
        dispatcher=SOMEBODY,
        departments=st.lists(DEPARTMENT, unique_by=lambda one: one.label).map(tuple),
        template=st.sampled_from([None, "hello", "Refund"]),
        labels=st.lists(st.sampled_from(LABELS), unique=True).map(tuple),
        last_author=st.one_of(st.none(), WRITER),
    ),
    st.sampled_from(STAGES),
)
A_LABEL = st.sampled_from(DEPARTMENTS)
TICKET_EVENT = st.one_of(
    st.sampled_from([None, "Hello", "my refund"]).map(
        lambda text: ticket_event("customer_message", **saying(text))
    ),
    st.builds(
        lambda by, label: ticket_event("note_added", by, text="a REFUND", label=label),
        st.sampled_from(STAFF),
        st.one_of(st.none(), A_LABEL),
    ),
    st.builds(
        lambda by, force: ticket_event("send_reply", by, text="Hello", force=force),
        st.sampled_from(STAFF),
        st.booleans(),
    ),
    st.builds(
        lambda by, template: ticket_event("template_applied", by, template=template),
        st.sampled_from(STAFF),
        st.sampled_from(["hello", "Refund"]),
    ),
    st.builds(
        lambda by, label, to: ticket_event("department_declined", by, label=label, to=to, reason="no"),
        st.sampled_from(STAFF),
        A_LABEL,
        st.one_of(st.none(), A_LABEL),
    ),
    st.builds(
        lambda by, label: ticket_event("department_asked_again", by, label=label),
        st.sampled_from(STAFF),
        A_LABEL,
    ),
    st.builds(
        lambda by, force: ticket_event("status_set", by, status="pending", force=force, reason="x"),
        st.sampled_from(STAFF),
        st.booleans(),
    ),
    A_LABEL.map(lambda label: ticket_event("department_due", label=label)),
)
SITUATION: st.SearchStrategy[tuple[CaseState, CaseState, Event]] = st.one_of(
    st.tuples(CHAT, CHAT, EVENT), st.tuples(TICKET, TICKET, TICKET_EVENT)
)
KNOWN = st.fixed_dictionaries(
    {
        name: st.builds(
            Person,
            line=st.sampled_from((None, *LINES)),
            departments=st.lists(st.sampled_from(DEPARTMENTS), unique=True).map(tuple),
            roles=st.lists(st.sampled_from(["lead", "expert"]), unique=True).map(tuple),
            chats=st.booleans(),
        )
        for name in STAFF
    }
).flatmap(
    lambda everybody: st.sets(st.sampled_from(STAFF)).map(
        lambda gone: {n: p for n, p in everybody.items() if n not in gone}
    )
)
CLOCK = st.builds(
    Clock,
    zone=st.just("Europe/Berlin"),
    wall=st.datetimes(datetime.fromisoformat("2027-03-01"), datetime.fromisoformat("2027-03-08")),
    open=st.booleans(),
)
ASKED = st.fixed_dictionaries(
    {
        "lines": st.fixed_dictionaries(
            {
                line: st.lists(
                    st.builds(Candidate, staff=st.sampled_from(STAFF), available=st.booleans()),
                    max_size=2,
                    unique_by=lambda one: one.staff,
                ).map(tuple)
                for line in LINES
            }
        ),
        "available_in": st.fixed_dictionaries({line: st.integers(0, 3) for line in LINES}),
        "clocks": st.fixed_dictionaries(
            {"line.line-2": st.one_of(st.just(Clock()), CLOCK), "calendar.office": CLOCK}
        ),
        "available": st.fixed_dictionaries({name: st.booleans() for name in STAFF}),
        "previous": st.one_of(
            st.none(),
            st.builds(
                Previous,
                case_id=st.just("before"),
                assignee=SOMEBODY,
                line=st.sampled_from((None, *LINES)),
                status=st.sampled_from(Status),
                stage=st.sampled_from(TicketStage),
                labels=st.lists(st.sampled_from(LABELS), unique=True).map(tuple),
                closed_at=st.sampled_from([NOW, minutes_ago(30), minutes_ago(60.5)]),
            ),
        ),
    }
)
"""What is looked up only where a rule asks."""
NESTED = {cases: st.tuples(st.just(cases), nested(of)) for cases, of in CASES.items()}
RULES = st.lists(
    st.tuples(
        st.one_of(st.tuples(st.sampled_from(sorted(CASES)), st.none()), *NESTED.values()),
        st.booleans(),
        st.sampled_from([None, *LABELS]),
    ),
    max_size=12,
)


def expected(
    listed: list[dict[str, Any]], known: Facts, before: CaseState, case: CaseState, happened: Event
) -> list[str]:
    """What fires if every rule is asked, in order. The only actions here are labels."""
    names, folded = [], case
    others = "chats" if isinstance(case, TicketState) else "tickets"
    for one in listed:
        if one.get("cases", "chats") == others or not holds(
            one.get("when", {}), before, case, happened, known, folded
        ):
            continue
        names.append(one["id"])
        for action in one["then"]:
            labels = dict.fromkeys(case.labels + tuple(action.get("add labels", ())))
            case = case.model_copy(update={"labels": tuple(labels)})
        if one["stop"]:
            break
    return names


@pytest.mark.parametrize(
    ("when", "fires"),
    [
        ({"event.text": "hello"}, True),
        ({"event.text": "HELLO"}, True),
        ({"any": [{"event.text": "no"}, {"event.text": "hello"}]}, True),
        ({"event.text": {"is not": "hello"}}, False),
        ({"event.text": "hell"}, False),
        ({"event.text": {"contains": "ELL"}}, True),
        ({"event.text": {"does not contain": "ELL"}}, False),
    ],
    ids=str,
)
def test_capital_letters_make_no_difference_in_a_text(when: dict[str, Any], fires: bool) -> None:
    """In the index, and in the plain way of this test."""
    listed = [rule("r", when, cases="all", stop=False)]
    rule_set = RuleSet(RuleFile.model_validate({"version": 1, "changed": listed}))
    before, happened = chat(), event("agent_message", "ivan", text="Hello")
    wanted = ["r"] if fires else []
    assert fired(decide(rule_set, facts(), before, before, happened)) == wanted
    assert expected(listed, facts(), before, before, happened) == wanted


def test_capital_letters_are_those_of_every_language() -> None:
    listed = [rule("r", {"event.text": {"contains": "STRASSE"}}, stop=False)]
    rule_set = RuleSet(RuleFile.model_validate({"version": 1, "changed": listed}))
    before, happened = chat(), event("agent_message", "ivan", text="Hauptstraße 7")
    assert fired(decide(rule_set, facts(), before, before, happened)) == ["r"]
    assert expected(listed, facts(), before, before, happened) == ["r"]


@settings(max_examples=300)
@given(some=RULES, situation=SITUATION, people=KNOWN, asked=ASKED)
def test_the_index_finds_what_asking_every_rule_finds(
    some: list[Any],
    situation: tuple[CaseState, CaseState, Event],
    people: dict[str, Person],
    asked: dict[str, Any],
) -> None:
    before, case, happened = situation
    listed = [
        rule(
            f"r{number}",
            when,
            {"add labels": [label]} if label else {"note": "x"},
            cases=cases,
            stop=stop and number % 4 == 0,
        )
        for number, ((cases, when), stop, label) in enumerate(some)
    ]
    rule_set = RuleSet(RuleFile.model_validate({"version": 1, "changed": listed}))
    known = Facts(now=NOW, people=people, **asked)
    found = fired(decide(rule_set, known, before, case, happened))
    assert found == expected(listed, known, before, case, happened)


@settings(max_examples=50)
@given(
    asked=ASKED,
    found=st.one_of(
        st.tuples(st.just("chats"), flat(CHATS), st.tuples(CHAT, CHAT, EVENT)),
        st.tuples(st.just("tickets"), flat(TICKETS), st.tuples(TICKET, TICKET, TICKET_EVENT)),
    ),
)
def test_a_match_is_found_among_many_other_rules(
    asked: dict[str, Any],
    found: tuple[str, dict[str, Any], tuple[CaseState, CaseState, Event]],
) -> None:
    cases, when, (before, case, happened) = found
    others = [
        rule(f"o{number}", {"case.channel": f"channel-{number % 50}"}, cases="all") for number in range(200)
    ]
    here = rule("here", when, cases=cases, stop=False)
    listed = [*others[:150], here, *others[150:]]
    rule_set = RuleSet(RuleFile.model_validate({"version": 1, "changed": listed}))
    known = facts(**asked)
    assert fired(decide(rule_set, known, before, case, happened)) == expected(
        [here], known, before, case, happened
    )
