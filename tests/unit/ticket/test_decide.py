"""What a decision about a ticket looks up: due times, texts, absences. And what happens to due times.

Source: section 4 of the design. Billing works by an office calendar with a lunch break in Berlin, delivery
around the clock; warranty has no due time except what a template says.
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from functools import cache
from typing import Any

import pytest

from baton.contract import Department, DepartmentState, Presence, TicketStage
from baton.documents.directory import Directory
from baton.errors import InvalidEvent, UnknownLabel
from baton.model.effects import Escalation, Reminder
from baton.model.ticket.clock import due_events, next_due
from baton.model.ticket.state import TicketState
from baton.rules.loading import parse_rules
from baton.templates.drafting import drafted
from baton.templates.loading import parse_templates
from baton.templates.templateset import Templates
from tests.directories import parse_directory
from tests.unit.ticket.world import LABEL_OFF, Ticket

DIRECTORY = """
calendars:
  office:
    timezone: Europe/Berlin
    weekly:
      mon: [09:00-13:00, 14:00-18:00]
      tue: [09:00-13:00, 14:00-18:00]
      wed: [09:00-13:00, 14:00-18:00]
      thu: [09:00-13:00, 14:00-18:00]
      fri: [09:00-15:00]
    holidays: DE
lines:
  front: {}
  experts: {calendar: office}
departments:
  accounts:
    name: Billing
    label: billing
    lead: lena
    calendar: office
    answer_within_hours: 4
    remind_before_hours: 1
  parcels: {name: Delivery, label: delivery, answer_within_hours: 8, remind_before_hours: 2}
  repairs: {name: Warranty, label: warranty}
labels: [vip, several-departments]
staff:
  petra: {name: Petra, line: front}
  bella: {name: Bella, line: experts, departments: [accounts]}
  dan: {name: Dan, line: experts, departments: [parcels]}
  lena: {name: Lena, line: experts, departments: [accounts, repairs]}
"""

TEMPLATES = """
version: 1
templates:
  - id: fast
    name: Fast
    departments: [repairs, accounts]
    note: >-
      {% for one in departments %}
      {{ one }}{% if one.due %} until {{ one.due | time }}{% endif %}.
      {% endfor %}
    message: "{% if expected %}By {{ expected | day }}, {{ expected | time }}.{% else %}Soon.{% endif %}"
    due:
      accounts: {answer within hours: 2}
      repairs: {answer within hours: 1, remind before hours: 0.5}
  - id: broken
    name: Its note says nothing about some tickets
    departments: [repairs, accounts]
    note: "{% if ticket.subject != 'Paper' %}Please.{% endif %}"
"""


@cache
def directory() -> Directory:
    return parse_directory(DIRECTORY, "directory.yaml")


def without(*, staff: str = "", department: str = "") -> Directory:
    """The directory after somebody, or a department, has left it."""
    whole = directory().model_dump()
    people = {key: member for key, member in whole["staff"].items() if key != staff}
    for member in people.values():
        member["departments"] = [key for key in member["departments"] if key != department]
    departments = {key: one for key, one in whole["departments"].items() if key != department}
    return Directory(**{**whole, "staff": people, "departments": departments})


@cache
def templates() -> Templates:
    return parse_templates(TEMPLATES, "templates.yaml", directory())


def berlin(day: int, hour: int, minute: int = 0) -> datetime:
    """A moment in March 2026, before the clocks change."""
    return datetime(2026, 3, day, hour - 1, minute, tzinfo=UTC)


MORNING = berlin(2, 10)
"""A Monday."""


def begun(at: datetime = MORNING, more_rules: str = "") -> Ticket:
    """A ticket on Monday morning; its clock stands still unless a test moves it."""
    ticket = Ticket()
    ticket.desk.directory = directory()
    ticket.rules = parse_rules(f"version: 1\nchanged:\n{LABEL_OFF}{more_rules}", "r.yaml", directory())
    ticket.templates = templates()
    ticket.tick, ticket.now = timedelta(0), at
    return ticket


def rule_for_vip(action: str) -> str:
    return f"  - {{id: vip, name: V, cases: tickets, when: {{event.added_labels: vip}}, then: [{action}]}}\n"


async def paused_until_the_morning(since: datetime) -> Ticket:
    """Billing is asked; from ``since`` on the ticket waits for the customer, who writes the next morning."""
    ticket = begun()
    await ticket.ask("billing")
    await ticket.pass_time(since)
    await ticket.do("status_set", "petra", status="pending")
    ticket.now = berlin(3, 9)
    await ticket.customer()
    return ticket


def due(ticket: Ticket, label: str) -> tuple[datetime | None, datetime | None]:
    """When an answer is due, and the reminder of it."""
    department = ticket.state.department(label)
    assert department is not None
    return department.due_at, department.remind_at


def said(ticket: Ticket) -> list[tuple[str, str]]:
    """What has been sent to departments so far because of the time."""
    return [(one.do, one.label) for one in ticket.carried_out if isinstance(one, Reminder | Escalation)]


# --- When answers are due -----------------------------------------------------------------------


async def test_due_times_are_counted_in_the_business_hours_of_each_department() -> None:
    ticket = begun()

    await ticket.ask("billing", "delivery", "warranty")

    assert due(ticket, "billing") == (berlin(2, 15), berlin(2, 13)), "an hour for lunch"
    assert due(ticket, "delivery") == (berlin(2, 18), berlin(2, 16))
    assert due(ticket, "warranty") == (None, None)
    assert ticket.state.due_at == berlin(2, 15)


async def test_a_department_has_the_night_and_the_weekend_off() -> None:
    ticket = begun(berlin(6, 14))  # Friday, an hour before the end

    await ticket.ask("billing")

    assert due(ticket, "billing") == (berlin(9, 12), berlin(9, 11))


async def test_what_a_template_says_comes_before_the_directory() -> None:
    ticket = begun()

    await ticket.apply("fast")

    assert due(ticket, "billing") == (berlin(2, 12), None)
    assert due(ticket, "warranty") == (berlin(2, 11), berlin(2, 10, 30))
    write, message = ticket.effects
    assert getattr(write, "notes", None) == ("Warranty until 10:00.  Billing until 12:00.",), "in their zones"
    assert "12:00" in getattr(message, "text", "")


async def test_a_template_leaves_the_due_time_of_one_that_is_asked() -> None:
    ticket = begun()
    await ticket.ask("billing")
    ticket.now = berlin(2, 11)

    await ticket.apply("fast")

    assert due(ticket, "billing") == (berlin(2, 15), berlin(2, 13))
    assert due(ticket, "warranty") == (berlin(2, 12), berlin(2, 11, 30))


async def test_asked_again_a_department_has_its_time_anew() -> None:
    ticket = begun()
    await ticket.ask("billing")
    await ticket.note("bella")
    ticket.now = berlin(3, 9)

    await ticket.again("billing")

    assert due(ticket, "billing") == (berlin(3, 13), berlin(3, 12))


async def test_handing_on_gives_the_next_department_its_own_time() -> None:
    ticket = begun()
    await ticket.ask("billing")

    await ticket.decline("billing", to="delivery")

    assert due(ticket, "billing") == (None, None)
    assert due(ticket, "delivery") == (berlin(2, 18), berlin(2, 16))


async def test_a_rule_that_asks_gives_a_due_time_too() -> None:
    rule = rule_for_vip("add labels: [billing]")
    ticket = begun(more_rules=rule)

    await ticket.customer()

    await ticket.ask("vip", by="system")

    assert due(ticket, "billing") == (berlin(2, 15), berlin(2, 13))


async def test_a_template_whose_note_says_nothing_this_time_is_refused_whole() -> None:
    ticket = begun()
    await ticket.ask("billing")
    before = ticket.state

    with pytest.raises(InvalidEvent, match="template 'broken' cannot be applied: its note says nothing"):
        await ticket.apply("broken")

    assert ticket.state == before


# --- Reminders and escalations ------------------------------------------------------------------


async def test_a_reminder_and_then_an_escalation_to_the_lead_each_once() -> None:
    ticket = begun()
    await ticket.ask("billing")

    first = await ticket.pass_time(berlin(2, 13))
    assert [event.kind for event in first] == ["reminder_due"]
    (reminder,) = ticket.effects
    assert isinstance(reminder, Reminder)
    assert (reminder.label, reminder.due_at) == ("billing", berlin(2, 15))

    second = await ticket.pass_time(berlin(2, 15))
    assert [event.kind for event in second] == ["department_due"]
    (escalation,) = ticket.effects
    assert isinstance(escalation, Escalation)
    assert (escalation.label, escalation.to) == ("billing", "lena")

    assert await ticket.pass_time(berlin(20, 10)) == []
    assert said(ticket) == [("remind", "billing"), ("escalate", "billing")]
    assert ticket.states() == {"billing": DepartmentState.ASKED}, "it is still to answer"


async def test_without_a_lead_the_dispatcher_is_told() -> None:
    ticket = begun()
    await ticket.ask("delivery")

    await ticket.pass_time(berlin(2, 18))

    (escalation,) = ticket.effects
    assert isinstance(escalation, Escalation)
    assert escalation.to == "petra"


async def test_if_both_are_overdue_at_once_only_the_escalation_goes_out() -> None:
    """The worker was down from before the reminder until after the due time."""
    ticket = begun()
    await ticket.ask("billing")
    ticket.now = berlin(3, 10)

    made = await ticket.pass_time(ticket.now)

    assert [event.kind for event in made] == ["department_due"]
    assert said(ticket) == [("escalate", "billing")]
    assert next_due(ticket.state) is None


async def test_two_departments_due_at_the_same_moment_are_told_each() -> None:
    ticket = begun(berlin(2, 10))
    await ticket.ask("billing")
    ticket.now = berlin(2, 7)
    await ticket.ask("delivery")  # eight hours around the clock: until three, like billing

    await ticket.pass_time(berlin(2, 15))

    assert sorted(said(ticket)) == [
        ("escalate", "billing"),
        ("escalate", "delivery"),
        ("remind", "billing"),
        ("remind", "delivery"),
    ]


@pytest.mark.parametrize("how", ["a note", "withdrawing", "declining", "merging", "closing by force"])
async def test_nothing_comes_due_for_a_department_that_is_not_asked_any_more(how: str) -> None:
    ticket = begun()
    await ticket.ask("billing")
    match how:
        case "a note":
            await ticket.note("bella")
        case "withdrawing":
            await ticket.withdraw("billing")
        case "declining":
            await ticket.decline("billing")
        case "merging":
            await ticket.do("merged_into", "petra", case="ticket:t-2")
        case _:
            await ticket.close(force=True, reason="done")

    assert await ticket.pass_time(berlin(20, 10)) == []
    assert said(ticket) == []
    assert ticket.state.due_at is None


def test_each_event_that_time_brings_has_an_id_of_its_own() -> None:
    at = berlin(2, 10)
    asked: dict[str, Any] = {"state": DepartmentState.ASKED, "asked_at": at, "due_at": at}
    state = TicketState(
        ticket_id="t",
        customer="c",
        case_id="case",
        stage=TicketStage.COLLECTING,
        departments=(Department(label="a", **asked), Department(label="b", **asked)),
        wake_at=at,
    )

    events = list(due_events(state, at))

    assert [event.kind for event in events] == ["department_due", "department_due", "timed_due"]
    assert len({event.id for event in events}) == 3
    assert events == list(due_events(state, at + timedelta(hours=1))), "the same, however late they are made"


# --- Pausing ------------------------------------------------------------------------------------


async def test_setting_the_status_to_pending_pauses_and_the_customer_s_answer_shifts_what_was_due() -> None:
    ticket = begun()
    await ticket.ask("billing", "delivery")
    ticket.now = berlin(2, 11)
    await ticket.do("status_set", "petra", status="pending")
    assert (ticket.state.paused_at, ticket.state.due_at) == (berlin(2, 11), None)
    assert await ticket.pass_time(berlin(3, 10)) == []

    await ticket.customer()

    # Of billing's four hours, three were left, and two until the reminder; of delivery's eight, seven.
    assert due(ticket, "billing") == (berlin(3, 13), berlin(3, 12))
    assert due(ticket, "delivery") == (berlin(3, 17), berlin(3, 15))
    assert (ticket.state.paused_at, ticket.state.status) == (None, "open")
    assert [event.kind for event in await ticket.pass_time(berlin(3, 12))] == ["reminder_due"]


async def test_a_second_pause_does_not_begin_the_first_one_anew() -> None:
    ticket = begun()
    await ticket.ask("billing")
    await ticket.do("status_set", "petra", status="pending")
    ticket.now = berlin(2, 12)
    await ticket.do("status_set", "petra", status="pending")

    await ticket.do("status_set", "petra", status="open")

    assert due(ticket, "billing") == (berlin(2, 17), berlin(2, 16)), "as if asked at noon"


async def test_a_department_that_is_asked_during_a_pause_ends_it() -> None:
    ticket = begun()
    await ticket.ask("billing")
    await ticket.do("status_set", "petra", status="pending")
    ticket.now = berlin(3, 10)

    await ticket.ask("delivery")

    assert ticket.state.paused_at is None
    assert due(ticket, "billing") == (berlin(3, 15), berlin(3, 13))
    assert due(ticket, "delivery") == (berlin(3, 18), berlin(3, 16))


async def test_a_reminder_that_went_out_before_the_pause_is_not_repeated_after_it() -> None:
    ticket = await paused_until_the_morning(berlin(2, 14))

    assert due(ticket, "billing") == (berlin(3, 10), None)
    await ticket.pass_time(berlin(4, 10))
    assert said(ticket) == [("remind", "billing"), ("escalate", "billing")]


async def test_what_was_overdue_before_the_pause_is_not_escalated_again_after_it() -> None:
    ticket = await paused_until_the_morning(berlin(2, 16))

    await ticket.pass_time(berlin(20, 10))

    assert said(ticket) == [("remind", "billing"), ("escalate", "billing")]


async def test_what_was_overdue_before_the_pause_stays_as_late_as_it_was() -> None:
    ticket = await paused_until_the_morning(berlin(2, 16))

    assert due(ticket, "billing") == (berlin(2, 15), None)
    assert ticket.state.due_at == berlin(2, 15)


async def test_a_rule_that_sets_the_status_pauses_nothing() -> None:
    rule = rule_for_vip("set status: pending")
    ticket = begun(more_rules=rule)
    await ticket.ask("billing")

    await ticket.ask("vip")

    assert (ticket.state.status, ticket.state.paused_at) == ("pending", None)
    assert [event.kind for event in await ticket.pass_time(berlin(2, 13))] == ["reminder_due"]


@pytest.mark.parametrize("how", ["the last note", "a forced reply", "withdrawing"])
async def test_a_pause_ends_with_the_round(how: str) -> None:
    ticket = begun()
    await ticket.ask("billing")
    await ticket.do("status_set", "petra", status="pending")
    match how:
        case "the last note":
            await ticket.note("bella")
        case "a forced reply":
            await ticket.reply("petra", force=True, status="open")
        case _:
            await ticket.withdraw("billing")

    assert ticket.state.paused_at is None


async def test_where_nobody_is_asked_there_is_nothing_to_pause() -> None:
    ticket = begun()
    await ticket.customer()

    await ticket.do("status_set", "petra", status="pending")

    assert ticket.state.paused_at is None


# --- The draft ----------------------------------------------------------------------------------


async def test_a_draft_has_the_order_of_the_template_and_later_departments_behind() -> None:
    ticket = begun()
    await ticket.ask("delivery")
    await ticket.apply("fast")
    await ticket.note("dan", "on its way")
    await ticket.note("bella", "paid")
    await ticket.note("lena", "covered", label="warranty")

    lines = [line for line in drafted(ticket.state).splitlines() if line]

    assert lines == [
        "Warranty (Lena):",
        "covered",
        "Billing (Bella):",
        "paid",
        "Delivery (Dan):",
        "on its way",
    ]


async def test_a_note_for_two_departments_stands_once_where_the_first_of_them_stands() -> None:
    ticket = begun()
    await ticket.ask("billing", "delivery", "warranty")
    await ticket.note("dan", "on its way")
    await ticket.note("lena", "both")

    lines = [line for line in drafted(ticket.state).splitlines() if line]

    assert lines == ["Billing, Warranty (Lena):", "both", "Delivery (Dan):", "on its way"]


async def test_nothing_is_drafted_anew_where_no_note_came() -> None:
    ticket = begun()
    await ticket.ask("billing")
    await ticket.note("bella")

    await ticket.customer()

    assert ticket.decision.sources is None
    assert drafted(ticket.state).startswith("Billing (Bella):")


async def test_somebody_who_left_the_directory_is_called_as_before_in_the_draft() -> None:
    ticket = begun()
    await ticket.ask("billing", "delivery")
    await ticket.note("dan", "on its way")
    ticket.desk.directory = without(staff="dan")

    await ticket.note("bella", "paid")

    assert "Delivery (Dan):\non its way" in drafted(ticket.state)


async def test_somebody_who_left_before_anything_was_drafted_is_named_by_the_id() -> None:
    ticket = begun()
    await ticket.ask("billing", "delivery", "warranty")
    await ticket.note("dan", "on its way")
    ticket.desk.directory = without(staff="dan")
    await ticket.note("lena", "paid", label="billing")

    await ticket.note("lena", "repaired")

    assert "Delivery (dan):\non its way" in drafted(ticket.state)


async def test_a_department_that_left_the_directory_does_not_stop_the_ticket() -> None:
    ticket = begun()
    await ticket.ask("billing", "delivery")
    await ticket.note("bella", "paid")
    ticket.desk.directory = without(department="parcels")

    await ticket.withdraw("delivery")

    assert (ticket.stage, ticket.state.composer) == ("composing", "bella")


async def test_a_department_that_left_the_directory_is_answered_by_the_dispatcher_and_not_asked_again() -> (
    None
):
    ticket = begun()
    await ticket.ask("billing", "delivery")
    await ticket.note("bella", "paid")
    ticket.desk.directory = without(department="parcels")

    await ticket.note("petra", "it is on its way", label="delivery")

    assert (ticket.stage, ticket.state.composer) == ("composing", "petra")
    with pytest.raises(UnknownLabel, match="'delivery' is no longer the label of a department"):
        await ticket.again("delivery")


# --- Absence ------------------------------------------------------------------------------------


async def test_the_grace_of_a_composer_runs_in_business_hours_only() -> None:
    ticket = begun(berlin(2, 17, 59))
    await ticket.ask("billing")
    await ticket.note("bella")
    await ticket.leave("bella")

    made = await ticket.pass_time(berlin(3, 9, 1))
    assert [event.kind for event in made] == []
    assert ticket.state.composer == "bella"

    await ticket.pass_time(berlin(3, 9, 2))
    assert ticket.state.composer == "petra", "a minute on Monday, two on Tuesday"


async def test_whoever_never_said_what_they_are_doing_is_not_away() -> None:
    ticket = begun()
    await ticket.ask("billing")
    await ticket.note("bella")

    assert await ticket.pass_time(berlin(9, 10)) == []
    assert ticket.state.composer == "bella"


async def test_without_chats_is_there_for_a_ticket() -> None:
    ticket = begun()
    await ticket.ask("billing")
    await ticket.note("bella")
    ticket.is_now("bella", Presence.WITHOUT_CHATS)

    await ticket.do("presence_changed", "system", staff="bella", presence="without_chats")

    assert await ticket.pass_time(berlin(9, 10)) == []
    assert ticket.state.composer == "bella"
