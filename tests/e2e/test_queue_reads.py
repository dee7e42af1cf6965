"""What people read of queues: since when and why a case waits, who has room, and what still waits."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import Any

import pytest

from baton.cli.ops.filters import filters
from baton.contract import Presence, Tab
from baton.desk.api import NoticeRow, PresenceRow
from baton.desk.client import DeskClient
from lab.rig import NO_RULES, Rig, becomes, eventually, fresh
from tests.conftest import RigOpener

DIRECTORY = """
lines: {line-1: {}, line-2: {}, night: {calendar: never}}
calendars: {never: {weekly: {mon: []}}}
staff:
  ivan: {line: line-1, max_chats: 1, max_tickets: 1}
  petra: {line: line-1, max_chats: 1, max_tickets: 1}
  lena: {line: line-2}
  olga: {line: night}
"""


@pytest.fixture
def open_company(open_a_rig: RigOpener) -> RigOpener:
    """Opens rigs with two lines and without rules, so that only queues move anything."""
    return partial(open_a_rig, rules=NO_RULES, templates=NO_RULES, directory=DIRECTORY)


def desk_of(rig: Rig) -> DeskClient:
    return DeskClient(rig.client.temporal, task_queue=rig.settings.task_queue)


async def to_line(rig: Rig, *conversations: str, line: str = "line-1") -> None:
    for conversation in conversations:
        await rig.customer(conversation)
        await rig.by("lena", conversation, "assigned", line=line)


async def reasons(rig: Rig) -> Mapping[str, str]:
    """Why each chat that is not finished waits, by conversation; those who wait for nothing are left out."""
    rows = await desk_of(rig).inbox()
    return {row.conversation: row.waits_for for row in rows if row.waits_for}


async def told(rig: Rig, staff: str) -> list[NoticeRow]:
    """What somebody was told that is about no case."""
    return [row for row in await rig.desk.notices(staff, 1000) if not row.case_id]


async def come(rig: Rig, staff: str, presence: Presence = Presence.ONLINE) -> None:
    await desk_of(rig).set_presence(staff, presence)


async def hears(rig: Rig, staff: str, *reasons: str) -> None:
    """Wait until somebody was told these, the latest first."""

    async def so() -> bool:
        return tuple(row.reason for row in await told(rig, staff)) == reasons

    await eventually(so, f"{staff} was not told {reasons}")


class TestWhyACaseWaits:
    async def test_because_nobody_has_room(self, open_company: RigOpener) -> None:
        async with open_company(online=("ivan", "petra", "lena")) as rig:
            a, b, c = (fresh(name) for name in "abc")
            await to_line(rig, a, b, c)
            assert await reasons(rig) == {c: "2 of line-1 online, both full"}
            await rig.by("lena", a, "chat_ended", status="closed")

            async def given() -> bool:
                return (await rig.snapshot(c)).tab is Tab.MINE

            await eventually(given, "the freed place was not given")
            assert await reasons(rig) == {}

    async def test_because_nobody_is_there_or_the_line_is_closed(self, open_company: RigOpener) -> None:
        async with open_company(online=("lena", "olga")) as rig:
            a, b, ticket = fresh("a"), fresh("b"), fresh("T")
            await to_line(rig, a)
            await to_line(rig, b, line="night")
            await rig.on_ticket("customer", ticket, "customer_message", text="?")
            await rig.on_ticket("lena", ticket, "assigned", line="line-1")
            assert await reasons(rig) == {a: "nobody of line-1 is online", b: "night never opens"}
            (row,) = await desk_of(rig).tickets()
            assert (row.ticket_id, row.waits_for) == (ticket, "nobody of line-1 is online")
            assert row.waiting_since == (await rig.ticket(ticket)).waiting_since

    async def test_because_somebody_handed_it_on_and_nobody_else_is_there(
        self, open_company: RigOpener
    ) -> None:
        async with open_company(online=("ivan", "lena")) as rig:
            chat = fresh("chat")
            await to_line(rig, chat)
            await rig.by("ivan", chat, "assigned", line="line-1")
            assert await reasons(rig) == {chat: "handed on by ivan, nobody else of line-1 is there"}
            await rig.presence("petra", Presence.ONLINE)  # the help desk knows, and nobody was told
            assert await reasons(rig) == {chat: "line-1 has room: about to go out"}
            other = fresh("other")
            await rig.customer(other)
            await rig.by("petra", other, "taken")
            assert await reasons(rig) == {chat: "handed on by ivan; 1 other of line-1 online, full"}

    async def test_because_it_was_left_unanswered(self, open_company: RigOpener) -> None:
        async with open_company(online=("ivan", "lena")) as rig:
            chat = fresh("left")
            await to_line(rig, chat)
            await rig.fast_forward(chat, minutes=11)
            assert (await rig.snapshot(chat)).tab is Tab.UNANSWERED
            assert await reasons(rig) == {chat: "left unanswered; line-1 has room"}
            (row,) = await desk_of(rig).inbox(Tab.UNANSWERED)
            assert row.waiting_since == (await rig.snapshot(chat)).waiting_since

    async def test_a_list_is_ordered_by_the_first_unanswered_message_and_shows_it(
        self, open_company: RigOpener
    ) -> None:
        async with open_company(online=("lena",)) as rig:
            a, b, c = (fresh(name) for name in "abc")
            await to_line(rig, a, b)
            await rig.customer(a, "Hello?")
            await rig.customer(c, at="1999-01-01T00:00:00Z")
            rows = await desk_of(rig).inbox(Tab.NEW)
            assert [row.conversation for row in rows] == [a, b, c]
            for row in rows:
                assert row.waiting_since == (await rig.snapshot(row.conversation)).waiting_since
            tickets = [fresh("T") for _ in range(3)]
            for ticket, at in zip(tickets, (None, None, "1999-01-01T00:00:00Z"), strict=True):
                await rig.on_ticket("customer", ticket, "customer_message", text="?", at=at)
            await rig.on_ticket("customer", tickets[0], "customer_message", text="?")
            assert [row.ticket_id for row in await desk_of(rig).tickets()] == tickets


async def test_the_filter_for_a_queue_finds_all_that_waits_there(open_company: RigOpener) -> None:
    async with open_company(online=("ivan", "lena")) as rig:
        left, waits, pending, ticket = (fresh(name) for name in ("left", "waits", "pending", "T"))
        await rig.customer(left)
        await rig.by("ivan", left, "taken")
        await rig.by("ivan", left, "chat_ended", status="open")
        await rig.presence("ivan", Presence.OFFLINE, ago=timedelta(hours=1))
        await to_line(rig, waits, pending)
        await rig.by("lena", pending, "chat_ended", status="pending")
        await rig.on_ticket("customer", ticket, "customer_message", text="?")
        await rig.on_ticket("lena", ticket, "assigned", line="line-1")
        assert (await rig.snapshot(left)).assignee == "ivan"
        why = dict(await reasons(rig)) | {
            row.ticket_id: row.waits_for for row in await desk_of(rig).tickets()
        }
        assert why == dict.fromkeys((left, waits, ticket), "nobody of line-1 is online")
        (queue,) = [one for one in filters(datetime.now(UTC), line="line-1") if one.name == "queue"]

        async def found() -> set[str]:
            query = f"({queue.query}) AND TaskQueue = '{rig.settings.task_queue}'"
            return {one.id.rpartition(":")[2] async for one in rig.client.temporal.list_workflows(query)}

        await becomes(found, set(why), "what the filter finds")


async def test_the_list_of_staff_says_who_would_get_nothing_more(open_company: RigOpener) -> None:
    async with open_company(online=("ivan", "petra", "lena", "olga")) as rig:
        chat, ticket = fresh("chat"), fresh("T")
        await to_line(rig, chat)
        await rig.on_ticket("customer", ticket, "customer_message", text="?")
        await rig.on_ticket("lena", ticket, "assigned", staff="ivan")
        await come(rig, "petra", Presence.OFFLINE)
        rows = {row.staff: row for row in await desk_of(rig).presence()}

        def said(row: PresenceRow) -> tuple[Any, ...]:
            return row.has_chats, row.has_tickets, row.full, row.off_duty, row.grace_until is not None

        assert {staff: said(row) for staff, row in rows.items()} == {
            "ivan": (1, 1, ("chats", "tickets"), False, False),
            "petra": (0, 0, (), False, True),
            "lena": (0, 0, (), False, False),
            "olga": (0, 0, (), True, False),
        }
        assert (rows["ivan"].max_chats, rows["ivan"].max_tickets) == (1, 1)


class TestComingOnline:
    async def test_tells_once_what_still_waits_after_the_places_are_filled(
        self, open_company: RigOpener
    ) -> None:
        async with open_company(online=("lena",)) as rig:
            queued = [fresh(f"q{number}") for number in range(3)]
            await to_line(rig, *queued)
            await to_line(rig, fresh("other"), line="night")
            new, idle, ticket, second = fresh("new"), fresh("idle"), fresh("T"), fresh("T")
            for conversation in (new, idle):
                await rig.customer(conversation)
            await rig.fast_forward(idle, minutes=11)
            for one in (ticket, second):
                await rig.on_ticket("customer", one, "customer_message", text="?")
                await rig.on_ticket("lena", one, "assigned", line="line-1")
            await rig.settled(idle)
            await come(rig, "ivan")
            # Two chats and one ticket are left in the queue: Ivan got one of each.
            await hears(rig, "ivan", "still waiting: 3 in the queue of line-1, 1 in New, 1 in Unanswered")
            (notice,) = await told(rig, "ivan")
            assert (notice.case_id, notice.conversation, notice.ticket_id) == ("", "", None)
            await come(rig, "ivan")
            await come(rig, "petra")
            await hears(rig, "petra", "still waiting: 1 in the queue of line-1, 1 in New, 1 in Unanswered")
            assert len(await told(rig, "ivan")) == 1, "online already: nothing new"
            assert await told(rig, "lena") == [], "who was there before is told nothing"

    async def test_tells_nothing_where_nothing_waits(self, open_company: RigOpener) -> None:
        async with open_company(online=("lena",)) as rig:
            (chat,) = [fresh("chat")]
            await to_line(rig, chat)
            await come(rig, "ivan")

            async def given() -> bool:
                return (await rig.snapshot(chat)).pinned_to == "ivan"

            await eventually(given, "the chat was not given")
            another = fresh("another")
            await to_line(rig, another)
            await come(rig, "petra")  # who takes the only one that waits, too
            await rig.settled(another)
            await come(rig, "olga", Presence.WITHOUT_CHATS)
            new = fresh("new")
            await rig.customer(new)
            await come(rig, "olga")
            await hears(rig, "olga", "still waiting: 1 in New")
            assert await told(rig, "ivan") == []
            assert await told(rig, "petra") == []

    async def test_tells_again_whoever_was_away_meanwhile(self, open_company: RigOpener) -> None:
        async with open_company(online=("lena",)) as rig:
            await rig.customer(fresh("new"))
            for number in (1, 2):
                await come(rig, "ivan")
                await hears(rig, "ivan", *["still waiting: 1 in New"] * number)
                await come(rig, "ivan", Presence.WITHOUT_CHATS)
