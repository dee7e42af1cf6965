"""Queues in the ledger: who is next, promised places, and that each place is handed out once."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

import pytest
from sqlalchemy import select

from activities.arrivals import tell_what_waits
from activities.places import fill, look_at_line
from baton.contract import Activity, Presence, Status, TicketStage
from baton.documents.directory import Directory, Line, Member
from baton.errors import NotAllowed
from baton.model.chat.state import ChatState
from helpdesks.base import Intake
from helpdesks.embedded import EmbeddedHelpDesk
from helpdesks.known import StillWaiting
from helpdesks.queues import KEPT_FOR
from helpdesks.schema import cases, promises
from tests import steps
from tests.helpdesk import tickets
from tests.helpdesk.chats import agent_says, at, customer_says, nothing, take_in

COMPANY = Directory(
    lines={"first": Line(), "second": Line()},
    staff={
        "ivan": Member(line="first", max_chats=2, max_tickets=1),
        "petra": Member(line="first", max_chats=2, max_tickets=1),
        "lena": Member(line="second"),
    },
)
NOW = at(1000)


@pytest.fixture
async def line(desk: EmbeddedHelpDesk) -> EmbeddedHelpDesk:
    """A help desk with a line of two people, who take two chats each and are both online."""
    await company(desk)
    return desk


async def company(desk: EmbeddedHelpDesk) -> None:
    await desk.change_directory(COMPANY, based_on=0)
    for staff in COMPANY.staff:
        await desk.set_presence(staff, Presence.ONLINE, at(0))


async def queued(desk: EmbeddedHelpDesk, conversation: str, since: float, line: str = "first") -> ChatState:
    """A chat that waits in the queue of a line."""
    waiting: dict[str, Any] = {"line": line, "waiting_since": at(since)}
    return await take_in(desk, nothing(conversation), customer_says("e"), at(since), **waiting)


async def with_(desk: EmbeddedHelpDesk, conversation: str, staff: str) -> ChatState:
    """A chat that somebody has."""
    held: dict[str, Any] = {"line": "first", "assignee": staff, "pinned_to": staff}
    return await take_in(desk, nothing(conversation), customer_says("e"), at(1), **held)


async def give_places(
    desk: EmbeddedHelpDesk, source: str = "somebody came", now: datetime = NOW
) -> Mapping[str, str]:
    """Hand out what is free; returns who got which place, by conversation."""
    async with steps.queues(desk, source, now) as queues:
        places = fill(queues, COMPANY, ["first"], now)
    return {place.case.rpartition(":")[2]: place.staff for place in places}


async def promised(desk: EmbeddedHelpDesk) -> Mapping[str, str]:
    """What the ledger has promised, by conversation."""
    async with steps.step_by_step(desk._database.read) as connection:
        rows = connection.execute(
            select(cases.c.conversation, cases.c.ticket_id, promises.c.staff).join(
                promises, promises.c.case_id == cases.c.case_id
            )
        )
        return {row.ticket_id or row.conversation: row.staff for row in rows}


async def chats_of(desk: EmbeddedHelpDesk, now: datetime = NOW) -> Mapping[str, int]:
    """How many chats everybody has or is promised, as a decision about another chat sees it."""
    async with steps.intake(desk, nothing("looks"), customer_says("looks"), now, "chain") as intake:
        return dict(intake.load(["ivan", "petra"], "chat"))


# --- Promises --------------------------------------------------------------------------------------


async def test_those_who_have_waited_longest_are_promised_the_free_places(line: EmbeddedHelpDesk) -> None:
    for since, conversation in ((5, "third"), (1, "first"), (9, "fifth"), (3, "second"), (7, "fourth")):
        await queued(line, conversation, since)
    await with_(line, "held", "ivan")
    given = {"first": "petra", "second": "ivan", "third": "petra"}
    assert await give_places(line) == given
    assert await promised(line) == given
    assert await give_places(line, "somebody else came") == {}, "there is no room any more"


async def test_a_callers_date_and_a_second_message_leave_the_order_as_it_is(line: EmbeddedHelpDesk) -> None:
    await with_(line, "a", "ivan")
    for conversation in ("b", "c"):
        await with_(line, conversation, "petra")
    early = await queued(line, "early", 10)
    await queued(line, "late", 20)
    await take_in(line, early, customer_says("again", at=at(999)), at(30), waiting_since=at(10))
    jumper = nothing("jumper")
    arrived: dict[str, Any] = {
        "line": "first",
        "waiting_since": at(40),
        "last_message_at": datetime(1999, 1, 1, tzinfo=UTC),
    }
    await take_in(line, jumper, customer_says("e"), at(40), **arrived)
    assert await give_places(line) == {"early": "ivan"}


async def test_chats_of_other_lines_and_those_that_somebody_has_wait_for_nothing(
    line: EmbeddedHelpDesk,
) -> None:
    await queued(line, "elsewhere", 1, line="second")
    await with_(line, "held", "ivan")
    await take_in(line, nothing("new"), customer_says("e"), at(1))
    assert await give_places(line) == {}


async def test_a_promise_counts_like_a_chat_that_the_person_has(line: EmbeddedHelpDesk) -> None:
    await queued(line, "waits", 1)
    assert await give_places(line) == {"waits": "ivan"}
    assert await chats_of(line) == {"ivan": 1, "petra": 0}


async def test_a_promise_that_is_made_again_by_the_same_source_is_the_same(line: EmbeddedHelpDesk) -> None:
    for since in range(6):
        await queued(line, f"c{since}", since)
    first = await give_places(line, "ivan came")
    assert len(first) == 4
    assert await give_places(line, "ivan came", at(1001)) == first
    assert await promised(line) == first


async def test_a_promise_of_which_nobody_was_told_grows_old_and_is_made_anew(line: EmbeddedHelpDesk) -> None:
    await queued(line, "waits", 1)
    assert await give_places(line, "died before it told") == {"waits": "ivan"}
    late = NOW + KEPT_FOR
    assert await chats_of(line, late) == {"ivan": 0, "petra": 0}
    await with_(line, "held", "ivan")
    assert await give_places(line, "looks next", late) == {"waits": "petra"}
    assert await promised(line) == {"waits": "petra"}


async def test_a_promise_is_redeemed_once_by_the_case_itself(line: EmbeddedHelpDesk) -> None:
    chat = await queued(line, "waits", 1)
    await give_places(line)
    for found in ("ivan", None):
        async with steps.intake(line, chat, customer_says(f"place for {found}"), NOW, "chain") as intake:
            assert intake.redeem("first") == found
    assert await promised(line) == {}


async def test_a_promise_does_not_count_for_the_case_that_it_was_made_to(line: EmbeddedHelpDesk) -> None:
    chat = await queued(line, "waits", 1)
    await give_places(line)
    async with steps.intake(line, chat, customer_says("place"), NOW, "chain") as intake:
        assert intake.load(["ivan"], "chat") == {"ivan": 0}


async def test_an_event_that_is_refused_leaves_no_promise(line: EmbeddedHelpDesk) -> None:
    await queued(line, "waits", 1)

    async def refused() -> None:
        async with steps.intake(line, nothing("other"), customer_says("e"), NOW, "chain") as intake:
            assert fill(intake, COMPANY, ["first"], NOW)
            raise NotAllowed("no")

    with pytest.raises(NotAllowed):
        await refused()
    assert await promised(line) == {}


async def test_nobody_gets_back_what_they_handed_on(line: EmbeddedHelpDesk) -> None:
    handed_on: dict[str, Any] = {"line": "first", "waiting_since": at(1), "handed_on_by": "ivan"}
    await take_in(line, nothing("handed-on"), customer_says("e"), at(1), **handed_on)
    await queued(line, "next", 2)
    await with_(line, "a", "petra")
    await with_(line, "b", "petra")
    assert await give_places(line) == {"next": "ivan"}


async def test_tickets_wait_beside_chats_and_take_none_of_their_places(line: EmbeddedHelpDesk) -> None:
    for number in range(3):
        await queued(line, f"c{number}", number)
        state: dict[str, Any] = {"line": "first", "waiting_since": at(number)}
        await tickets.take_in(line, tickets.no_ticket(f"T-{number}"), customer_says("e"), at(number), **state)
    given = await give_places(line)
    assert Counter(given.values()) == {"ivan": 3, "petra": 2}
    assert {case for case in given if case.startswith("T")} == {"T-0", "T-1"}, "one each, the longest waiting"


async def test_a_ticket_counts_also_when_its_effect_has_been_carried_out(line: EmbeddedHelpDesk) -> None:
    settled = {"assignee": "ivan", "line": "first"}
    event = customer_says("e")
    ticket = await tickets.take_in(line, tickets.no_ticket(), event, at(1), settled=settled)

    async def load() -> int:
        async with steps.intake(
            line, tickets.no_ticket("T-9"), customer_says("looks"), NOW, "chain"
        ) as intake:
            return intake.load(["ivan"], "ticket")["ivan"]

    assert await load() == 1
    assert await line.write_case(tickets.write(ticket, "e", at(1)))
    assert await load() == 1
    answered: dict[str, Any] = {"stage": TicketStage.ANSWERED, "status": Status.PENDING}
    await tickets.take_in(line, ticket, customer_says("f"), at(2), **answered)
    assert await load() == 0


# --- What happens at the same moment ---------------------------------------------------------------


async def frees(desk: EmbeddedHelpDesk, chat: ChatState) -> None:
    """A chat is closed, and what becomes free is given out, as a decision does it."""
    closed = {"activity": Activity.ENDED, "status": Status.CLOSED, "pinned_to": None}
    async with steps.intake(desk, chat, agent_says("bye", "ivan"), NOW, "chain") as intake:
        fill(intake, COMPANY, ["first"], NOW, ["chat"])
        after = chat.model_copy(update=closed)
        intake.take_in(after, after, [], opened=False)


async def arrives(desk: EmbeddedHelpDesk, conversation: str) -> None:
    """A chat comes to the line, as a decision does it: those who have waited longer come first."""
    chat = nothing(conversation)
    async with steps.intake(desk, chat, customer_says("e"), NOW, "chain") as intake:
        staff = await _somebody(intake)
        held = {"assignee": staff, "pinned_to": staff} if staff is not None else {}
        after = chat.model_copy(
            update={
                "case_id": intake.case_id(),
                "activity": Activity.ACTIVE,
                "status": Status.OPEN,
                "opened_at": NOW,
                "waiting_since": NOW,
                "line": "first",
                **held,
            }
        )
        intake.take_in(after, after, [], opened=True)


async def _somebody(intake: Intake) -> str | None:
    found = look_at_line(intake, COMPANY, "first", "chat", NOW)
    return next((one.staff for one in found.members if one.available), None)


@pytest.mark.parametrize("queue", [6, 2], ids=["more wait than places", "more places than wait"])
async def test_what_becomes_free_while_others_arrive_is_handed_out_once(url: str, queue: int) -> None:
    # Two help desks on one database, as two worker processes have them.
    async with EmbeddedHelpDesk.open(url) as one, EmbeddedHelpDesk.open(url) as other:
        await company(one)
        held = [await with_(one, f"held-{number}", ("ivan", "petra")[number % 2]) for number in range(4)]
        for number in range(queue):
            await queued(one, f"q{number}", 10 + number)
        desks = [one, other] * 8
        await asyncio.gather(
            *(frees(desk, chat) for desk, chat in zip(desks, held, strict=False)),
            *(arrives(desk, f"late-{number}") for number, desk in enumerate(desks[:6])),
        )
        # The last place became free in one of these transactions, and nobody may have noticed since.
        await give_places(one, "looks last")
        async with steps.step_by_step(one._database.read) as connection:
            found = connection.execute(
                select(cases.c.conversation, cases.c.holder).where(cases.c.holder.is_not(None))
            )
            has = dict(found.all()) | dict(await promised(one))
        assert Counter(has.values()) == {"ivan": 2, "petra": 2}, "no more than there is room, and no fewer"
        assert {f"q{number}" for number in range(min(queue, 4))} <= set(has), "in the order of their waiting"
        assert queue < 4 or not any(conversation.startswith("late") for conversation in has)


async def test_two_who_come_at_the_same_moment_give_each_place_once(url: str) -> None:
    async with EmbeddedHelpDesk.open(url) as one, EmbeddedHelpDesk.open(url) as other:
        await company(one)
        for number in range(9):
            await queued(one, f"q{number}", number)
        given = await asyncio.gather(
            *(give_places(desk, f"source {number}") for number, desk in enumerate([one, other] * 3))
        )
        all_given = [(case, staff) for places in given for case, staff in places.items()]
        assert sorted(case for case, _ in all_given) == ["q0", "q1", "q2", "q3"]
        assert Counter(staff for _, staff in all_given) == {"ivan": 2, "petra": 2}
        assert await promised(one) == dict(all_given)


# --- What still waits ------------------------------------------------------------------------------


async def test_what_still_waits_is_counted_for_the_line_for_everyone_and_unanswered(
    line: EmbeddedHelpDesk,
) -> None:
    unanswered: dict[str, Any] = {"activity": Activity.ENDED, "waiting_since": at(1)}
    await queued(line, "mine", 1)
    await queued(line, "other's", 1, line="second")
    await take_in(line, nothing("new"), customer_says("e"), at(1))
    await take_in(line, nothing("kept"), customer_says("e"), at(1), assignee="lena", line="second")
    await take_in(line, nothing("idle"), customer_says("e"), at(1), **unanswered)
    await take_in(line, nothing("idle-mine"), customer_says("e"), at(1), line="first", **unanswered)
    await take_in(line, nothing("idle-other's"), customer_says("e"), at(1), line="second", **unanswered)
    await tickets.take_in(line, tickets.no_ticket(), customer_says("e"), at(1), line="first")
    await with_(line, "held", "ivan")
    assert await line.still_waiting("first", NOW) == StillWaiting(queue=3, new=2, unanswered=2)
    assert await line.still_waiting("second", NOW) == StillWaiting(queue=2, new=2, unanswered=2)
    assert await line.still_waiting(None, NOW) == StillWaiting(queue=0, new=2, unanswered=3)


async def test_what_is_just_being_given_to_somebody_waits_no_more(line: EmbeddedHelpDesk) -> None:
    for number in range(6):
        await queued(line, f"q{number}", number)
    assert len(await give_places(line)) == 4
    assert await line.still_waiting("first", NOW) == StillWaiting(queue=2, new=0, unanswered=0)
    aged = await line.still_waiting("first", NOW + KEPT_FOR)
    assert aged == StillWaiting(queue=6, new=0, unanswered=0), "nobody was told of these places"


async def test_whoever_comes_online_is_told_once_also_when_that_is_tried_again(
    line: EmbeddedHelpDesk,
) -> None:
    async def told() -> list[str]:
        return [row.reason for row in await line.notices("lena", 9)]

    assert not await tell_what_waits(line, "lena", "first", "lena came", NOW)
    assert await told() == [], "nothing waits"
    await queued(line, "a", 1)
    assert await tell_what_waits(line, "lena", "first", "lena came", NOW)
    await queued(line, "b", 2)
    await tell_what_waits(line, "lena", "first", "lena came", at(1010))
    assert await told() == ["still waiting: 1 in the queue of first"]
    await tell_what_waits(line, "lena", "first", "lena came back", at(1020))
    assert await told() == [
        "still waiting: 2 in the queue of first",
        "still waiting: 1 in the queue of first",
    ]


async def test_where_nobody_waits_nothing_is_counted(line: EmbeddedHelpDesk) -> None:
    assert await line.still_waiting("first", NOW) == StillWaiting(queue=0, new=0, unanswered=0)
    assert await line.load([], "chat", NOW) == {}


async def test_the_load_that_is_shown_is_the_one_that_counts(line: EmbeddedHelpDesk) -> None:
    await with_(line, "a", "ivan")
    await queued(line, "b", 1)
    await tickets.take_in(line, tickets.no_ticket(), customer_says("e"), at(1), assignee="petra")
    assert await give_places(line) == {"b": "petra"}
    assert await line.load(["ivan", "petra", "lena"], "chat", NOW) == {"ivan": 1, "petra": 1}
    assert await line.load(["ivan", "petra"], "ticket", NOW) == {"petra": 1}
