"""Queues move by themselves: whoever waits longest gets the next place, whatever made it free."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import Any

import pytest

from baton.contract import Presence, Status, Tab
from baton.desk.client import DeskClient
from lab.rig import CHANNEL, NO_RULES, Rig, becomes, billed, eventually, fresh
from tests.conftest import RigOpener

DIRECTORY = """
lines: {{line-1: {{}}, line-2: {{}}}}
labels: [vip]
staff:
  ivan: {{line: line-1, max_chats: {chats}, max_tickets: {tickets}}}
  petra: {{line: line-1, max_chats: {chats}, max_tickets: {tickets}}}
  lena: {{line: line-2}}
"""


def company(*, chats: int = 1, tickets: int = 1) -> str:
    return DIRECTORY.format(chats=chats, tickets=tickets)


@pytest.fixture
def open_line(open_a_rig: RigOpener) -> RigOpener:
    """Opens rigs without rules, so that only queues move anything."""
    return partial(open_a_rig, rules=NO_RULES, templates=NO_RULES)


def desk_of(rig: Rig) -> DeskClient:
    return DeskClient(rig.client.temporal, task_queue=rig.settings.task_queue)


async def to_line_1(rig: Rig, *conversations: str) -> None:
    """The customers write, and Lena hands their chats to line 1, in this order."""
    for conversation in conversations:
        await rig.customer(conversation)
        await rig.by("lena", conversation, "assigned", line="line-1")


async def holders(rig: Rig, conversations: Sequence[str]) -> list[str | None]:
    return [(await rig.snapshot(one)).pinned_to for one in conversations]


async def become(rig: Rig, conversations: Sequence[str], wanted: Sequence[str | None]) -> None:
    await becomes(partial(holders, rig, conversations), list(wanted), f"who has {conversations}")


async def signals(rig: Rig, conversation: str) -> int:
    """How often the chat was told of a place."""
    timeline = await rig.client.chat(CHANNEL, conversation).timeline()
    return [entry.kind for entry in timeline].count("place_freed")


class TestAPlaceBecomesFree:
    @pytest.mark.parametrize(
        ("kind", "fields"),
        [
            ("chat_ended", {"status": "closed"}),
            ("chat_ended", {"status": "pending"}),
            ("assigned", {"staff": "lena"}),
            ("assigned", {"line": "line-2"}),
            ("assigned", {}),
        ],
        ids=["closed", "ended", "handed to Lena", "handed to line 2", "let go"],
    )
    async def test_by_hand(self, open_line: RigOpener, kind: str, fields: dict[str, Any]) -> None:
        async with open_line(directory=company(), online=("ivan", "lena")) as rig:
            a, b, c = (fresh(name) for name in "abc")
            await to_line_1(rig, a, b, c)
            assert await holders(rig, [a, b, c]) == ["ivan", None, None]
            await rig.by("ivan", a, kind, **fields)
            await become(rig, [b, c], ["ivan", None])
            assert await signals(rig, b) == 1
            assert await signals(rig, c) == 0

    async def test_by_merging(self, open_line: RigOpener) -> None:
        async with open_line(directory=company(), online=("ivan", "lena")) as rig:
            a, b = fresh("a"), fresh("b")
            await to_line_1(rig, a, b)
            await rig.by("lena", a, "merged_into", case=f"chat:{CHANNEL}:{b}")
            await become(rig, [b], ["ivan"])

    async def test_by_taking_another_persons_chat(self, open_line: RigOpener) -> None:
        async with open_line(directory=company(), online=("ivan", "lena")) as rig:
            a, b = fresh("a"), fresh("b")
            await to_line_1(rig, a, b)
            await rig.by("lena", a, "taken")
            await become(rig, [a, b], ["lena", "ivan"])

    async def test_by_an_idle_end(self, open_line: RigOpener) -> None:
        async with open_line(directory=company(), online=("ivan", "lena")) as rig:
            a, b = fresh("a"), fresh("b")
            await to_line_1(rig, a)
            await rig.staff(a, "ivan")
            await rig.fast_forward(a, minutes=9)
            await to_line_1(rig, b)
            await rig.fast_forward(a, minutes=2)
            await become(rig, [b], ["ivan"])
            assert (await rig.snapshot(a)).tab is Tab.ENDED

    async def test_by_a_raised_limit(self, open_line: RigOpener) -> None:
        async with open_line(directory=company(), online=("ivan", "lena")) as rig:
            a, b, c, d = (fresh(name) for name in "abcd")
            await to_line_1(rig, a, b, c, d)
            desk = desk_of(rig)
            shown = await desk.directory()
            staff = {**shown.directory["staff"], "ivan": {"line": "line-1", "max_chats": 3}}
            await desk.change_directory({**shown.directory, "staff": staff}, based_on=shown.version)
            await become(rig, [a, b, c, d], ["ivan", "ivan", "ivan", None])

    async def test_by_somebody_who_comes_online_for_as_many_as_there_is_room(
        self, open_line: RigOpener
    ) -> None:
        async with open_line(directory=company(chats=2), online=("lena",)) as rig:
            chats = [fresh(f"c{number}") for number in range(6)]
            await to_line_1(rig, *chats)
            await desk_of(rig).set_presence("petra", Presence.ONLINE)
            await become(rig, chats, ["petra", "petra", None, None, None, None])
            assert [await signals(rig, one) for one in chats] == [1, 1, 0, 0, 0, 0]

    async def test_costs_one_call_and_one_signal(self, open_line: RigOpener) -> None:
        async with open_line(directory=company(), online=("ivan", "lena")) as rig:
            a, b = fresh("a"), fresh("b")
            await to_line_1(rig, a, b)
            for chat in (a, b):
                await rig.settled(chat)
            before = {chat: Counter(billed(await rig.history(chat))) for chat in (a, b)}
            await rig.by("ivan", a, "chat_ended", status="pending")
            await become(rig, [b], ["ivan"])
            cost = {}
            for chat in (a, b):
                await rig.settled(chat)
                cost[chat] = sorted((Counter(billed(await rig.history(chat))) - before[chat]).elements())
            assert cost[a] == ["decide", "give_places", "update", "upsert"]
            assert cost[b] == ["decide", "notify", "signal", "upsert"]


class TestTheOrder:
    async def test_a_customer_who_writes_twice_does_not_fall_back(self, open_line: RigOpener) -> None:
        async with open_line(directory=company(), online=("ivan", "lena")) as rig:
            a, b, c = (fresh(name) for name in "abc")
            await to_line_1(rig, a, b, c)
            await rig.customer(b, "Still there?", at="1999-01-01T00:00:00Z")
            await rig.customer(b, "Hello?")
            await rig.by("ivan", a, "chat_ended", status="closed")
            await become(rig, [b, c], ["ivan", None])

    async def test_a_callers_clock_does_not_jump_the_queue(self, open_line: RigOpener) -> None:
        async with open_line(directory=company(), online=("ivan", "lena")) as rig:
            a, b, c = (fresh(name) for name in "abc")
            await to_line_1(rig, a, b)
            await rig.customer(c, at="1999-01-01T00:00:00Z")
            await rig.by("lena", c, "assigned", line="line-1")
            await rig.by("ivan", a, "chat_ended", status="closed")
            await become(rig, [b, c], ["ivan", None])

    async def test_who_waited_elsewhere_waited(self, open_line: RigOpener) -> None:
        """The first unanswered message counts, not the moment in which the chat came to this line."""
        async with open_line(directory=company(), online=("ivan", "lena")) as rig:
            early, a, b = (fresh(name) for name in ("early", "a", "b"))
            await rig.customer(early)
            await rig.by("lena", early, "taken")
            await to_line_1(rig, a, b)
            await rig.by("lena", early, "assigned", line="line-1")
            await rig.by("ivan", a, "chat_ended", status="closed")
            await become(rig, [early, b], ["ivan", None])

    async def test_a_newcomer_does_not_overtake_where_nobody_noticed_that_there_is_room(
        self, open_line: RigOpener
    ) -> None:
        async with open_line(directory=company(), online=("lena",)) as rig:
            a, b = fresh("a"), fresh("b")
            await to_line_1(rig, a)
            await rig.presence("ivan", Presence.ONLINE)  # the help desk knows, and nobody was told
            await to_line_1(rig, b)
            await become(rig, [a, b], ["ivan", None])

    async def test_a_chat_that_idled_out_of_the_queue_keeps_its_place(self, open_line: RigOpener) -> None:
        async with open_line(directory=company(), online=("lena",)) as rig:
            a, b = fresh("a"), fresh("b")
            await to_line_1(rig, a, b)
            await rig.fast_forward(a, minutes=11)
            assert (await rig.snapshot(a)).tab is Tab.UNANSWERED
            await desk_of(rig).set_presence("ivan", Presence.ONLINE)
            await become(rig, [a, b], ["ivan", None])
            now = await rig.snapshot(a)
            assert (now.tab, now.status) == (Tab.MINE, Status.OPEN)
            await rig.settled(a)
            await rig.fast_forward(a, minutes=9)
            assert (await rig.snapshot(a)).tab is Tab.MINE, "its idle time began anew"

    async def test_an_unanswered_chat_goes_to_its_assignee_who_comes_back(self, open_line: RigOpener) -> None:
        async with open_line(directory=company(), online=("ivan", "petra", "lena")) as rig:
            chat = fresh("mine")
            await rig.customer(chat)
            await rig.by("ivan", chat, "taken")
            await rig.fast_forward(chat, minutes=11)
            idle = await rig.snapshot(chat)
            assert (idle.tab, idle.assignee) == (Tab.UNANSWERED, "ivan"), "not at once back to who left it"
            await desk_of(rig).set_presence("ivan", Presence.WITHOUT_CHATS)
            await become(rig, [chat], ["petra"])

    async def test_an_unanswered_chat_goes_along_with_who_changes_lines(self, open_line: RigOpener) -> None:
        async with open_line(directory=company(), online=("ivan", "lena")) as rig:
            chat = fresh("moved")
            await rig.customer(chat)
            await rig.by("ivan", chat, "taken")
            await rig.fast_forward(chat, minutes=11)
            assert (await rig.snapshot(chat)).tab is Tab.UNANSWERED
            desk = desk_of(rig)
            shown = await desk.directory()
            staff = {**shown.directory["staff"], "ivan": {"line": "line-2"}}
            await desk.change_directory({**shown.directory, "staff": staff}, based_on=shown.version)
            await become(rig, [chat], ["ivan"])
            assert (await rig.snapshot(chat)).line == "line-2"

    async def test_taking_an_unanswered_chat_activates_it(self, open_line: RigOpener) -> None:
        async with open_line(directory=company(), online=("lena",)) as rig:
            chat = fresh("taken")
            await rig.customer(chat)
            await rig.fast_forward(chat, minutes=11)
            assert (await rig.snapshot(chat)).tab is Tab.UNANSWERED
            taken = (await rig.by("lena", chat, "taken")).snapshot
            assert (taken.tab, taken.pinned_to) == (Tab.MINE, "lena")


class TestTickets:
    async def test_tickets_wait_in_the_same_order_and_take_no_chats_place(self, open_line: RigOpener) -> None:
        async with open_line(directory=company(), online=("ivan", "lena")) as rig:
            chat, first, second = fresh("chat"), fresh("T"), fresh("T")
            await to_line_1(rig, chat)
            for ticket in (first, second):
                await rig.on_ticket("customer", ticket, "customer_message", text="?")
                await rig.on_ticket("lena", ticket, "assigned", line="line-1")
            assert (await rig.ticket(first)).assignee == "ivan", "although he has no room for another chat"
            waits = await rig.ticket(second)
            assert (waits.assignee, waits.line) == (None, "line-1")
            await rig.on_ticket("ivan", first, "status_set", status="closed")

            async def given() -> bool:
                return (await rig.ticket(second)).assignee == "ivan"

            await eventually(given, "the second ticket was not given out")


async def test_places_that_become_free_while_others_arrive_are_each_handed_out_once(
    open_line: RigOpener,
) -> None:
    async with open_line(directory=company(chats=2), online=("ivan", "petra", "lena")) as rig:
        held = [fresh(f"h{number}") for number in range(4)]
        queued = [fresh(f"q{number}") for number in range(4)]
        late = [fresh(f"l{number}") for number in range(3)]
        await to_line_1(rig, *held, *queued)
        for conversation in late:
            await rig.customer(conversation)
        frees = [rig.by("lena", one, "chat_ended", status="closed") for one in held]
        arrivals = [rig.by("lena", one, "assigned", line="line-1") for one in late]
        await asyncio.gather(*frees, *arrivals)

        async def given_out() -> bool:
            return all(await holders(rig, queued))

        await eventually(given_out, "those who waited longest were not all served")
        served = await holders(rig, queued)
        assert sorted(map(str, served)) == ["ivan", "ivan", "petra", "petra"]
        assert await holders(rig, late) == [None, None, None]


async def test_a_line_that_opens_serves_its_queue_in_order(open_line: RigOpener) -> None:
    opening = datetime.now(UTC).replace(hour=9, minute=0, second=0, microsecond=0) + timedelta(days=2)
    directory = f"""
calendars: {{hours: {{weekly: {{{opening:%a}: ["09:00-09:10"]}}}}}}
lines: {{line-1: {{calendar: hours}}, line-2: {{}}}}
staff: {{ivan: {{line: line-1, max_chats: 1}}, lena: {{line: line-2}}}}
""".lower()
    async with open_line(directory=directory, online=("ivan", "lena")) as rig:
        a, b = fresh("a"), fresh("b")
        await to_line_1(rig, a, b)
        assert await holders(rig, [a, b]) == [None, None]
        for conversation in (a, b):
            left = opening - datetime.now(UTC)
            await rig.fast_forward(conversation, seconds=left.total_seconds() + 1)
        await become(rig, [a, b], ["ivan", None])
