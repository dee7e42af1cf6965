"""Lists in pages: together they are the list, whatever is equal or missing in the rows."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from functools import partial
from typing import Any

import pytest
from sqlalchemy import update

from baton.contract import (
    DepartmentAskedAgain,
    DepartmentState,
    NoteAdded,
    Tell,
    TicketStage,
)
from baton.desk.api import InboxQuery, NoticeQuery, TicketQuery
from baton.desk.queued import WaitingQuery
from baton.errors import InvalidEvent, UnknownStaff
from helpdesks.embedded import EmbeddedHelpDesk
from helpdesks.paging import Page
from helpdesks.schema import case_labels, cases
from tests.helpdesk import tickets
from tests.helpdesk.chats import ALL, START, agent_says, at, customer_says, nothing, notice, take_in, write
from tests.helpdesk.tickets import COMPANY, IVAN, VERA, department, no_ticket

MANY = 11
Look = Callable[[str | None], Awaitable[Page[Any]]]


async def gathered(look: Look) -> list[Any]:
    """All rows of a list, page by page."""
    rows, after = list[Any](), None
    while True:
        page = await look(after)
        rows += page.rows
        if page.next is None:
            return rows
        assert page.rows, "a page that goes on has rows"
        after = page.next


async def change(desk: EmbeddedHelpDesk, table: Any, **by_case: Any) -> None:
    """Set a column of the cases that have a value of their own; ``column`` names it."""
    column = by_case.pop("column")

    def work(connection: Any) -> None:
        for case_id, value in by_case.items():
            connection.execute(update(table).where(table.c.case_id == case_id).values({column: value}))

    await desk._database.write(work)


def spread(case_ids: list[str]) -> dict[str, Any]:
    """Times for cases: none for some, and few that only one of them has."""
    return {one: None if number % 3 == 0 else at(number % 4) for number, one in enumerate(case_ids)}


@pytest.fixture
async def full(desk: EmbeddedHelpDesk) -> EmbeddedHelpDesk:
    """A help desk with chats and tickets of which many wait since the same moment, or since none."""
    await desk.change_directory(COMPANY, based_on=0)
    chats, asked = list[str](), list[str]()
    for number in range(MANY):
        chat = await take_in(desk, nothing(f"chat-{number}"), customer_says("e1"), at(0), line="first")
        ticket = await tickets.take_in(
            *(desk, no_ticket(f"T-{number}"), customer_says("e1"), at(0)),
            stage=TicketStage.COLLECTING,
            line="first",
            labels=("billing",),
            departments=(department("billing"),),
        )
        assert chat.case_id
        assert ticket.case_id
        chats.append(chat.case_id)
        asked.append(ticket.case_id)
    await change(desk, cases, column="since", **spread(chats), **spread(asked[::-1]))
    await change(desk, cases, column="due_at", **spread(asked))
    await change(desk, cases, column="queue", **dict.fromkeys([*chats, *asked], "first"))
    await change(desk, case_labels, column="due_at", **spread(asked[3:] + asked[:3]))
    return desk


@pytest.mark.parametrize("limit", [1, 2, 5, MANY, 2 * MANY])
async def test_the_pages_of_a_list_are_the_list(full: EmbeddedHelpDesk, limit: int) -> None:
    def inbox(most: int) -> Look:
        return lambda after: full.pages.inbox(InboxQuery(limit=most), after)

    def waiting(most: int) -> Look:
        return lambda after: full.pages.waiting(WaitingQuery(line="first", limit=most), after)

    def listed(most: int) -> Look:
        return lambda after: full.pages.tickets(TicketQuery(limit=most), after)

    def of_department(most: int) -> Look:
        query = TicketQuery(department="bookkeeping", limit=most)
        return lambda after: full.pages.tickets(query, after)

    for look, number in ((inbox, MANY), (waiting, 2 * MANY), (listed, MANY), (of_department, MANY)):
        whole = await look(ALL)(None)
        assert (len(whole.rows), whole.next) == (number, None)
        assert len({row.case_id for row in whole.rows}) == number
        assert await gathered(look(limit)) == list(whole.rows)


async def test_what_changes_between_two_pages_makes_no_other_row_come_twice_or_never(
    full: EmbeddedHelpDesk,
) -> None:
    whole = [row.case_id for row in (await full.pages.tickets(TicketQuery())).rows]
    first = await full.pages.tickets(TicketQuery(limit=4))
    # The one on which the cursor stands is due first of all now, and somebody is new at the top.
    await change(full, cases, column="due_at", **{first.rows[-1].case_id: at(-5)})
    await tickets.take_in(
        *(full, no_ticket("T-new"), customer_says("e1"), at(9)),
        departments=(department("billing", due_at=at(-9)),),
        stage=TicketStage.COLLECTING,
    )
    rest = await gathered(lambda after: full.pages.tickets(TicketQuery(limit=4), after or first.next))
    assert [row.case_id for row in (*first.rows, *rest)] == whole


async def test_who_waits_is_said_with_the_reason_and_by_the_lines_there_are(full: EmbeddedHelpDesk) -> None:
    rows = (await full.pages.waiting(WaitingQuery())).rows
    assert {(row.kind, row.line) for row in rows} == {("chat", "first"), ("ticket", "first")}
    assert all(row.waits_for for row in rows)
    assert {row.conversation for row in rows if row.kind == "chat"} == {f"chat-{n}" for n in range(MANY)}
    assert {row.ticket_id for row in rows if row.kind == "ticket"} == {f"T-{n}" for n in range(MANY)}
    with pytest.raises(UnknownStaff):
        await full.pages.waiting(WaitingQuery(line="second"))


async def test_notices_come_page_by_page_for_everybody_and_for_one(desk: EmbeddedHelpDesk) -> None:
    await desk.change_directory(COMPANY, based_on=0)
    chat = await take_in(desk, nothing(), customer_says("e1"), START)
    for number in range(MANY):
        staff = (("ivan",), ("ivan", "vera"), ("vera", "boss"))[number % 3]
        await desk.notify(notice(chat, f"k{number}", Tell(staff=staff, reason=f"reason {number}")))
    for who in (None, "ivan", "vera"):
        whole = list(await desk.notices(who, ALL))
        assert len(whole) > MANY // 2
        for limit in (1, 2, MANY):
            query = NoticeQuery(staff=who, limit=limit)
            assert await gathered(partial(desk.pages.notices, query)) == whole


async def test_messages_come_page_by_page_from_the_latest_back(desk: EmbeddedHelpDesk) -> None:
    await desk.change_directory(COMPANY, based_on=0)
    ticket = no_ticket()
    for number in range(MANY):
        now = at(number // 3)  # several of one moment
        if number % 4 == 2:  # which says nothing, and is in no list
            again = DepartmentAskedAgain(id=f"e{number}", author=IVAN, label="billing", question="")
            ticket = await tickets.take_in(desk, ticket, again, now)
            continue
        note = NoteAdded(id=f"e{number}", author=VERA, text=f"Note {number}.")
        ticket = await tickets.take_in(
            *(desk, ticket, note, now), departments=(department("billing", DepartmentState.ANSWERED),)
        )
        await desk.write_case(
            tickets.write(ticket, f"e{number}", now, notes=(f"By a rule {number}.", "Twice."))
        )
    place = tickets.ref(ticket)
    whole = list(await desk.messages(place, ALL))
    assert len(whole) > MANY
    for limit in (1, 2, 3, MANY):
        earlier, before = list[Any](), None
        while True:
            page = await desk.pages.messages(place, limit, before)
            earlier = [*page.rows, *earlier]
            before = page.next
            if before is None:
                break
        assert earlier == whole


@pytest.mark.parametrize("cursor", ["", "x", "W10", "bnVsbA", "WzEsMl0", "é", "A" * 10_000, "\0"])
async def test_a_cursor_that_was_made_up_is_refused(desk: EmbeddedHelpDesk, cursor: str) -> None:
    chat = await take_in(desk, nothing(), customer_says("e1"), START)
    chat = await take_in(desk, chat, agent_says("e2", "ivan"), at(1))
    await desk.write_case(write(chat, "e2", at(1)))
    for look in (
        desk.pages.inbox(InboxQuery(), cursor),
        desk.pages.tickets(TicketQuery(), cursor),
        desk.pages.waiting(WaitingQuery(), cursor),
        desk.pages.notices(NoticeQuery(), cursor),
        desk.pages.messages(tickets.ref(no_ticket(case_id="t")), 1, cursor),
    ):
        with pytest.raises(InvalidEvent, match="cursor"):
            await look
