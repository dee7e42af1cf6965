"""Reports: stories whose figures are computed by hand, on both databases."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, time, timedelta
from typing import Any

import pytest

from baton.contract import (
    Activity,
    Author,
    AuthorType,
    DepartmentState,
    LabelsChanged,
    NoteAdded,
    SendReply,
    Status,
    TicketStage,
)
from baton.desk.reports import Report, ReportName, ReportQuery, Value
from baton.documents.calendars import Calendar
from baton.documents.directory import Department, Directory, Line, Member
from baton.documents.hours import Weekday
from baton.errors import InvalidEvent, UnknownStaff
from baton.model.chat.state import ChatState
from baton.model.ticket.state import TicketState
from helpdesks.embedded import EmbeddedHelpDesk
from tests.helpdesk import chats, tickets
from tests.helpdesk.chats import agent_says, customer_says, nothing

MONDAY = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)
OFFICE = Calendar(
    timezone="Europe/Berlin",
    weekly={day: ((time(9), time(17)),) for day in list(Weekday)[:5]},
)
COMPANY = Directory(
    calendars={"office": OFFICE},
    lines={"first": Line(calendar="office"), "second": Line()},
    departments={"bookkeeping": Department(label="billing"), "store": Department(label="shipping")},
    staff={
        "ivan": Member(line="first"),
        "lena": Member(line="second"),
        "vera": Member(departments=("bookkeeping",)),
    },
)
LENA_HAS_IT: dict[str, Any] = {
    "assignee": "lena",
    "line": "second",
    "pinned_to": "lena",
    "status": Status.PENDING,
}
IVAN_HAS_IT: dict[str, Any] = {
    "assignee": "ivan",
    "line": "first",
    "pinned_to": None,
    "activity": Activity.ENDED,
}


@pytest.fixture
async def company(desk: EmbeddedHelpDesk) -> EmbeddedHelpDesk:
    await desk.change_directory(COMPANY, based_on=0)
    return desk


def at(**after: float) -> datetime:
    return MONDAY + timedelta(**after)


async def report(desk: EmbeddedHelpDesk, name: ReportName, **query: Any) -> Report:
    given = {"since": at(days=-1), "until": at(days=6), **query}
    return await desk.report(ReportQuery(name=name, **given), at(days=6))


def rows(report: Report, table: int = 0) -> list[Mapping[str, Value]]:
    of = report.tables[table]
    return [dict(zip([column.name for column in of.columns], row, strict=True)) for row in of.rows]


def figures(found: Sequence[Mapping[str, Value]], *names: str) -> list[tuple[Value, ...]]:
    return [tuple(row[name] for name in names) for row in found]


async def lena_answers_and_a_rule_hands_it_on(
    desk: EmbeddedHelpDesk, name: str, began: datetime
) -> ChatState:
    """The customer writes, and again after a minute; Lena answers a minute later; line 1 gets the chat."""
    chat = await chats.take_in(desk, nothing(name), customer_says(f"{name}-1"), began)
    chat = await chats.take_in(desk, chat, customer_says(f"{name}-2"), began + timedelta(minutes=1))
    answered = began + timedelta(minutes=2)
    answer = agent_says(f"{name}-3", "lena")
    settled = {**LENA_HAS_IT, **IVAN_HAS_IT}
    chat = await chats.take_in(
        desk, chat, answer, answered, settled=settled, rules=("support-line",), **LENA_HAS_IT
    )
    key = f"{chat.case_id}:{answer.id}:write"
    written = chats.write(chat, answer.id, answered, key=key, rules=("support-line",))
    assert await desk.write_case(written)
    return chat


async def test_a_handoff_says_from_whom_to_whom_and_by_which_rule(company: EmbeddedHelpDesk) -> None:
    await lena_answers_and_a_rule_hands_it_on(company, "anna", at())
    await lena_answers_and_a_rule_hands_it_on(company, "berta", at(hours=1))

    found = await report(company, ReportName.HANDOFFS)

    assert figures(rows(found), "how", "rule", "from", "to", "times") == [
        ("rule", "support-line", "second", "first", 2),
        ("wrote", "", "–", "second", 2),
    ]
    assert figures(rows(found, 1), "how", "from_line", "from", "to_line", "to", "times") == [
        ("rule", "second", "lena", "first", "ivan", 2),
        ("wrote", "–", "–", "second", "lena", 2),
    ]


async def test_a_move_within_a_line_keeps_the_line(company: EmbeddedHelpDesk) -> None:
    chat = await chats.take_in(company, nothing(), customer_says("e1"), at(), assignee="ivan", line="first")
    await chats.take_in(company, chat, customer_says("e2"), at(hours=1), assignee="oleg", line="first")

    found = await report(company, ReportName.HANDOFFS)

    # Nobody moved it by hand, and no rule did: Ivan was away.
    assert ("baton", "first", "ivan", "first", "oleg", 1) in figures(
        rows(found, 1), "how", "from_line", "from", "to_line", "to", "times"
    )


async def test_a_wait_lasts_from_the_first_unanswered_message_to_the_answer(
    company: EmbeddedHelpDesk,
) -> None:
    await lena_answers_and_a_rule_hands_it_on(company, "anna", at())

    found = rows(await report(company, ReportName.WAITING))

    assert figures(found, "what", "of", "count", "median", "p90", "unanswered") == [
        ("first answer", "second", 1, 120.0, 120.0, 0),
        ("answer", "second", 1, 120.0, 120.0, 0),
    ]


async def test_later_answers_count_for_the_line_that_had_the_case(company: EmbeddedHelpDesk) -> None:
    chat = await lena_answers_and_a_rule_hands_it_on(company, "anna", at())
    chat = await chats.take_in(company, chat, customer_says("e4"), at(hours=7, minutes=30))
    await chats.take_in(company, chat, agent_says("e5", "lena"), at(days=1), status=Status.PENDING)

    found = rows(await report(company, ReportName.WAITING))

    # 17:30 in Berlin is half an hour after the office has closed; it opens at 09:00, 8:00 in UTC.
    assert figures(found, "what", "of", "count", "median", "open_median") == [
        ("first answer", "second", 1, 120.0, 120.0),
        ("answer", "first", 1, 16.5 * 3600, 3600.0),
        ("answer", "second", 1, 120.0, 120.0),
    ]


async def test_whoever_says_that_it_is_the_customers_turn_ends_the_wait_without_an_answer(
    company: EmbeddedHelpDesk,
) -> None:
    chat = await chats.take_in(company, nothing(), customer_says("e1"), at(), line="first")
    pending = LabelsChanged(id="e2", author=Author(type=AuthorType.STAFF, id="ivan"), add=("seen",))
    chat = await chats.take_in(company, chat, pending, at(minutes=5), status=Status.PENDING)
    chat = await chats.take_in(company, chat, customer_says("e3"), at(minutes=50), status=Status.OPEN)
    await chats.take_in(company, chat, agent_says("e4", "ivan"), at(hours=1), status=Status.PENDING)

    found = rows(await report(company, ReportName.WAITING))

    assert figures(found, "what", "count", "median", "unanswered") == [
        ("first answer", 1, 600.0, 0),
        ("answer", 1, 600.0, 1),
    ]


async def test_what_somebody_else_reports_late_is_dated_by_them(company: EmbeddedHelpDesk) -> None:
    """A feed that was down for an hour makes no wait longer than it was."""
    chat = await chats.take_in(company, nothing(), customer_says("e1", at=at()), at(hours=1))
    await chats.take_in(company, chat, agent_says("e2", "ivan", at=at(minutes=3)), at(hours=1))

    found = rows(await report(company, ReportName.WAITING))

    assert figures(found, "what", "median") == [("first answer", 180.0), ("answer", 180.0)]


async def a_round(desk: EmbeddedHelpDesk, name: str, began: datetime, *, forced: bool = False) -> TicketState:
    """Two departments are asked; one answers after an hour, the other after two; the reply is ten minutes
    later. If it is forced, it goes out after an hour and a half."""
    petra = Author(type=AuthorType.STAFF, id="petra")
    asking = LabelsChanged(id=f"{name}-1", author=petra, add=("billing", "shipping"))
    asked, answered = DepartmentState.ASKED, DepartmentState.ANSWERED
    ticket = await tickets.take_in(
        desk,
        tickets.no_ticket(name),
        asking,
        began,
        stage=TicketStage.COLLECTING,
        line="second",
        departments=(tickets.department("billing"), tickets.department("shipping")),
    )
    note = NoteAdded(id=f"{name}-2", author=tickets.VERA, text="Paid.")
    departments = (tickets.department("billing", answered), tickets.department("shipping", asked))
    ticket = await tickets.take_in(desk, ticket, note, began + timedelta(hours=1), departments=departments)
    if forced:
        reply = SendReply(id=f"{name}-3", author=petra, text="We are sorry.", force=True)
        withdrawn = tickets.department("shipping", DepartmentState.WITHDRAWN)
        return await tickets.take_in(
            desk,
            ticket,
            reply,
            began + timedelta(hours=1.5),
            stage=TicketStage.ANSWERED,
            status=Status.PENDING,
            departments=(departments[0], withdrawn),
        )
    both = tuple(tickets.department(label, answered) for label in ("billing", "shipping"))
    ticket = await tickets.take_in(
        desk,
        ticket,
        NoteAdded(id=f"{name}-3", author=tickets.VERA, text="Sent."),
        began + timedelta(hours=2),
        stage=TicketStage.COMPOSING,
        departments=both,
        composer="vera",
    )
    return await tickets.take_in(
        desk,
        ticket,
        SendReply(id=f"{name}-4", author=tickets.VERA, text="All is well."),
        began + timedelta(hours=2, minutes=10),
        stage=TicketStage.ANSWERED,
        status=Status.PENDING,
    )


async def test_departments_and_rounds_have_waits_of_their_own(company: EmbeddedHelpDesk) -> None:
    await a_round(company, "T-1", at())
    await a_round(company, "T-2", at(hours=4), forced=True)

    found = rows(await report(company, ReportName.WAITING))

    assert figures(found, "what", "of", "count", "median", "longest", "unanswered") == [
        ("department", "bookkeeping", 2, 3600.0, 3600.0, 0),
        ("department", "store", 1, 7200.0, 7200.0, 1),
        ("round", "second", 2, 5400.0, 7800.0, 0),
    ]


async def test_replies_are_counted_with_their_prompts(company: EmbeddedHelpDesk) -> None:
    await a_round(company, "T-1", at())
    await a_round(company, "T-2", at(hours=4), forced=True)

    found = rows(await report(company, ReportName.REPLIES))

    assert {row["what"]: (row["count"], row["median"]) for row in found} == {
        "rounds": (2, None),
        "departments asked": (4, None),
        "departments answered": (3, None),
        "departments declined": (0, None),
        "departments withdrawn": (1, None),
        "prompts": (1, None),
        "prompts recalled": (0, None),
        "replies": (2, None),
        "from prompt to reply": (1, 600.0),
        "replies without prompt": (1, None),
        "forced replies": (1, None),
    }


async def test_hours_are_those_of_the_company(company: EmbeddedHelpDesk) -> None:
    await lena_answers_and_a_rule_hands_it_on(company, "anna", at())

    found = await report(company, ReportName.HOURS)
    elsewhere = await report(company, ReportName.HOURS, zone="Asia/Kathmandu")

    assert found.zone == "Europe/Berlin"
    wanted = [row for row in rows(found) if row["customer"] or row["staff"]]
    assert wanted == [{"weekday": "mon", "hour": 10, "customer": 2, "staff": 1}]
    assert [row["hour"] for row in rows(elsewhere) if row["customer"]] == [14]


async def test_who_is_late_is_said_with_the_longest_first(company: EmbeddedHelpDesk) -> None:
    waiting: dict[str, Any] = {"line": "first", "waiting_since": at(hours=1)}
    await chats.take_in(company, nothing("anna"), customer_says("e1"), at(hours=1), **waiting)
    waiting = {"line": "second", "waiting_since": at()}
    await chats.take_in(company, nothing("berta"), customer_says("e2"), at(), **waiting)
    await tickets.take_in(
        company,
        tickets.no_ticket(),
        LabelsChanged(id="e3", author=tickets.IVAN, add=("billing",)),
        at(),
        stage=TicketStage.COLLECTING,
        dispatcher="petra",
        labels=("billing",),
        departments=(tickets.department("billing", due_at=at(hours=2)),),
    )

    found = await company.report(ReportQuery(name=ReportName.LATE), at(hours=3))

    assert figures(rows(found), "case", "department", "dispatcher", "due", "late") == [
        ("ticket:T-1", "bookkeeping", "petra", "2026-03-02T11:00:00Z", 3600.0)
    ]
    assert figures(rows(found, 1), "case", "line", "waits") == [
        ("chat:telegram:berta", "second", 3 * 3600.0),
        ("chat:telegram:anna", "first", 2 * 3600.0),
    ]


async def test_a_long_table_says_how_many_rows_it_leaves_out(
    company: EmbeddedHelpDesk, monkeypatch: pytest.MonkeyPatch
) -> None:
    for module in ("late", "tables"):
        monkeypatch.setattr(f"helpdesks.reports.{module}.MOST_ROWS", 2)
    for number in range(5):
        since = at(minutes=number)
        chat = nothing(f"chat-{number}")
        await chats.take_in(company, chat, customer_says(f"e{number}"), since, waiting_since=since)

    found = await company.report(ReportQuery(name=ReportName.LATE), at(hours=1))

    assert [row["case"] for row in rows(found, 1)] == ["chat:telegram:chat-0", "chat:telegram:chat-1"]
    assert found.tables[1].left_out == 3
    assert found.tables[0].left_out == 0


async def test_a_line_has_its_own_figures(company: EmbeddedHelpDesk) -> None:
    chat = await lena_answers_and_a_rule_hands_it_on(company, "anna", at())
    chat = await chats.take_in(company, chat, customer_says("e4"), at(hours=1))
    await chats.take_in(company, chat, agent_says("e5", "ivan"), at(hours=2), status=Status.PENDING)

    waiting = rows(await report(company, ReportName.WAITING, line="first"))
    hours = rows(await report(company, ReportName.HOURS, line="first"))

    assert figures(waiting, "what", "of", "median") == [("answer", "first", 3600.0)]
    # Lena's answer, too: line 1 had the chat after it.
    assert sum(int(row["customer"] or 0) + int(row["staff"] or 0) for row in hours) == 3


async def test_only_what_ended_in_the_period_counts(company: EmbeddedHelpDesk) -> None:
    await lena_answers_and_a_rule_hands_it_on(company, "anna", at())

    before = await report(company, ReportName.WAITING, until=at(minutes=2))
    within = await report(company, ReportName.WAITING, since=at(minutes=2))

    assert rows(before) == []
    assert figures(rows(within), "what", "median") == [("first answer", 120.0), ("answer", 120.0)]


async def test_a_period_is_found_among_many_events(company: EmbeddedHelpDesk) -> None:
    for day in range(40):
        await lena_answers_and_a_rule_hands_it_on(company, f"of-day-{day}", at(days=day))

    found = await report(company, ReportName.WAITING, since=at(days=20), until=at(days=25))

    assert figures(rows(found), "what", "count") == [("first answer", 5), ("answer", 5)]


async def test_without_events_a_report_is_empty(company: EmbeddedHelpDesk) -> None:
    for name in (ReportName.HANDOFFS, ReportName.WAITING):
        assert rows(await report(company, name)) == []
    assert {row["count"] for row in rows(await report(company, ReportName.REPLIES))} == {0}


async def test_any_period_can_be_asked_for(company: EmbeddedHelpDesk) -> None:
    await lena_answers_and_a_rule_hands_it_on(company, "anna", at())
    first, last = datetime.min.replace(tzinfo=UTC), datetime.max.replace(tzinfo=UTC)

    always = await report(company, ReportName.WAITING, since=first, until=last)
    before = await report(company, ReportName.WAITING, since=None, until=first)

    assert figures(rows(always), "what", "count") == [("first answer", 1), ("answer", 1)]
    assert rows(before) == []


async def test_an_unknown_line_and_a_period_to_come_are_refused(company: EmbeddedHelpDesk) -> None:
    with pytest.raises(UnknownStaff, match="there is no line 'frist'"):
        await report(company, ReportName.WAITING, line="frist")
    with pytest.raises(InvalidEvent, match="not before now"):
        await report(company, ReportName.WAITING, since=at(days=30), until=None)
