"""Reports against a second way to compute the same figures: slow, and plain to see."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from math import ceil
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from baton.contract import DepartmentState, TicketStage
from helpdesks.changelog import difference, moves_in
from helpdesks.reports.handoffs import Handoffs
from helpdesks.reports.history import History, Period, Step
from helpdesks.reports.hours import BusiestHours
from helpdesks.reports.replies import Replies
from helpdesks.reports.tables import Durations
from helpdesks.reports.waiting import waits

START = datetime(2026, 3, 28, 12, tzinfo=UTC)  # the clocks change in the night after
PEOPLE = st.sampled_from([None, "ivan", "lena", "oleg"])
LINES = st.sampled_from([None, "first", "second"])
LABELS = st.sampled_from(["billing", "tech support", "a→b", "x; y"])
MESSAGES = ("customer_message", "agent_message", "send_reply", "reply_sent", "note_added")


@st.composite
def histories(draw: st.DrawFn) -> History:
    """Events a while apart, each perhaps with changes behind it; what changes begins from what was."""
    had: dict[str, str | None] = {"assignee": None, "line": None, "status": None, "stage": None}
    values = {
        "assignee": PEOPLE,
        "line": LINES,
        "status": st.sampled_from(["open", "pending", "closed"]),
        "stage": st.sampled_from([stage.value for stage in TicketStage]),
    }
    steps, at = [], START
    for _ in range(draw(st.integers(0, 12))):
        at += timedelta(minutes=draw(st.integers(0, 300)))
        kind = draw(st.sampled_from(MESSAGES))
        author = "customer:anna" if kind == "customer_message" else f"staff:{draw(PEOPLE) or 'vera'}"
        steps.append(Step(at, kind, author=author, forced=draw(st.booleans())))
        for by in draw(
            st.lists(st.sampled_from(["staff_ivan", "rule_one, rule_two", "system_baton"]), max_size=2)
        ):
            has = {
                **had,
                **{name: draw(values[name]) for name in draw(st.sets(st.sampled_from(sorted(had))))},
            }
            departments: dict[str, Any] = draw(
                st.dictionaries(
                    LABELS,
                    st.tuples(st.none(), st.sampled_from([state.value for state in DepartmentState])),
                    max_size=2,
                )
            )
            fields = {name: (had[name], has[name]) for name in had if had[name] != has[name]}
            steps.append(Step(at, kind, by=by, fields=fields, departments=departments))
            had = has
    return History("c-1", draw(st.sampled_from(["chat", "ticket"])), steps)


PERIOD = Period(START + timedelta(hours=2), START + timedelta(hours=20))
STAFF = {"agent_message", "send_reply", "reply_sent"}


def _ends_waiting(step: Step) -> bool:
    return (step.is_event and step.event in STAFF) or step.fields.get("status", ("", ""))[1] in (
        "pending",
        "closed",
    )


@given(histories())
def test_each_answer_waited_since_the_first_message_after_what_ended_the_wait_before(
    history: History,
) -> None:
    steps = history.steps
    expected = []
    for here, step in enumerate(steps):
        if _ends_waiting(step):
            before = max((n for n in range(here) if _ends_waiting(steps[n])), default=-1)
            # A change of the status belongs behind the message of its step, so both ends are left out.
            asked = [
                one for one in steps[before + 1 : here] if one.is_event and one.event == "customer_message"
            ]
            if asked:
                expected.append((asked[0].at, step.at, step.is_event))

    found = [(one.since, one.until, one.answered) for one in waits(history) if one.what == "answer"]

    assert found == expected


@given(histories())
def test_a_first_answer_is_the_first_answer_of_a_case_that_its_customer_opened(history: History) -> None:
    written = [one for one in history.steps if one.is_event and one.event in STAFF | {"customer_message"}]
    by_customer = bool(written) and written[0].event == "customer_message"
    answers = [one for one in waits(history) if one.what == "answer" and one.answered]
    first_staff = next((one.at for one in written if one.event in STAFF), None)

    found = [(one.since, one.until) for one in waits(history) if one.what == "first answer"]

    assert found == [
        (one.since, one.until) for one in answers[:1] if by_customer and one.until == first_staff
    ]


@given(histories())
def test_a_department_waits_from_the_first_question_to_whatever_becomes_of_it(history: History) -> None:
    said = [(label, state, one.at) for one in history.steps for label, (_, state) in one.departments.items()]
    expected = []
    for here, (label, state, until) in enumerate(said):
        before = [one for one in said[:here] if one[0] == label]
        since = None
        for _, was, when in before:
            since = (since or when) if was == "asked" else None
        if state != "asked" and since is not None:
            expected.append((label, since, until, state == "answered"))

    found = [(one.label, one.since, one.until, one.answered) for one in waits(history) if one.label]

    assert sorted(found) == sorted(expected)


@given(histories())
def test_moves_of_a_case_lead_from_one_pair_of_hands_to_the_next(history: History) -> None:
    every = Handoffs(Period(START, START + timedelta(days=9)))
    every.look(history)
    changed = [one for one in history.steps if {"assignee", "line"} & one.fields.keys()]
    by_rule = sum(one.by.startswith("rule_") for one in changed)
    people = next(table for table in every.tables() if table.name == "people")
    lines = next(table for table in every.tables() if table.name == "lines")

    assert sum(int(row[-1] or 0) for row in people.rows) == len(changed)
    assert sum(int(row[-1] or 0) for row in lines.rows) == len(changed)
    assert sum(int(row[-1] or 0) for row in people.rows if row[0] == "rule") == by_rule


@given(histories())
def test_every_reply_has_a_prompt_or_none(history: History) -> None:
    report = Replies(PERIOD)
    report.look(history)
    count = {str(row[0]): row[1] for row in report.tables()[0].rows}
    sent = [one for one in history.steps if one.is_event and one.event in ("send_reply", "reply_sent")]
    within = [one for one in sent if one.at in PERIOD and history.kind == "ticket"]

    assert count["replies"] == len(within)
    stages = [one.fields["stage"][1] if "stage" in one.fields else None for one in history.steps]
    passed_over = [
        one
        for here, one in enumerate(history.steps)
        if any(one is reply for reply in within) and one.forced
        if next((stage for stage in reversed(stages[:here]) if stage), None) == "collecting"
    ]
    assert count["forced replies"] == len(passed_over)
    assert count["from prompt to reply"] + count["replies without prompt"] == len(within)  # type: ignore[operator]


@given(histories(), st.sampled_from(["UTC", "Europe/Berlin", "Asia/Kathmandu", "America/St_Johns"]))
def test_every_message_of_the_period_has_its_hour(history: History, zone: str) -> None:
    report = BusiestHours(PERIOD, zone)
    report.look(history)
    (table,) = report.tables()
    written = [
        one for one in history.steps if one.is_event and one.event != "note_added" and one.at in PERIOD
    ]

    assert len(table.rows) == 7 * 24
    assert sum(int(row[2] or 0) for row in table.rows) == sum(
        one.event == "customer_message" for one in written
    )
    assert sum(int(row[2] or 0) + int(row[3] or 0) for row in table.rows) == len(written)


@given(st.lists(st.floats(0, 1e7), min_size=1), st.sampled_from([0.5, 0.9, 1.0]))
def test_a_percentile_is_a_value_that_so_many_do_not_exceed(seconds: list[float], share: float) -> None:
    durations = Durations()
    for one in seconds:
        durations.add(one)

    found = durations.at(share)

    assert found is not None
    reached = [one for one in seconds if round(one, 1) <= found]
    assert len(reached) >= ceil(share * len(seconds))
    assert found in [round(one, 1) for one in seconds]


FIELDS = st.fixed_dictionaries(
    {
        "assignee": PEOPLE,
        "line": LINES,
        "status": st.sampled_from(["open", "pending"]),
        "labels": st.lists(LABELS),
    },
    optional={"stage": st.sampled_from(["triage", "collecting"])},
)
DEPARTMENTS = st.dictionaries(
    st.sampled_from(["billing", "tech support", "a→b", "x → y"]),
    st.sampled_from([state.value for state in DepartmentState]),
)


@given(FIELDS, FIELDS, DEPARTMENTS, DEPARTMENTS)
def test_what_the_change_log_says_can_be_read_again(
    before: dict[str, Any], after: dict[str, Any], asked: dict[str, str], asked_then: dict[str, str]
) -> None:
    said = difference({**before, "departments": asked}, {**after, "departments": asked_then})

    found = moves_in(said)

    names = ("assignee", "line", "status", "stage")
    assert found.fields == {
        name: (before.get(name), after[name])
        for name in names
        if name in after and before.get(name) != after[name]
    }
    assert found.departments == {
        label: (asked.get(label), state) for label, state in asked_then.items() if asked.get(label) != state
    }
