"""What staff see: inbox, change log, presence, directory."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import select

from baton.contract import (
    Activity,
    Author,
    AuthorType,
    Department,
    DepartmentState,
    LabelsChanged,
    NoteAdded,
    Presence,
    Status,
    SystemMessage,
    Tab,
)
from baton.desk.api import InboxQuery, TicketQuery
from baton.documents.directory import Directory, Line, Member
from baton.errors import NotAllowed
from baton.model.effects import CaseRef
from helpdesks.embedded import EmbeddedHelpDesk
from helpdesks.queues import KEPT_FOR
from helpdesks.schema import rule_sets
from tests import steps
from tests.directories import parse_directory
from tests.helpdesk import tickets
from tests.helpdesk.chats import ALL, START, agent_says, at, customer_says, nothing, ref, take_in

COMPANY = Directory(
    lines={"first": Line(name="Линия 1"), "second": Line()},
    staff={"ivan": Member(line="first"), "lena": Member(line="second"), "boss": Member()},
)
ENDED = Activity.ENDED
NOW = at(60)
CHATS: dict[str, dict[str, Any]] = {
    "new": {},
    "new-kept": {"assignee": "lena", "line": "second"},
    "queue": {"line": "second"},
    "mine-ivan": {"assignee": "ivan", "pinned_to": "ivan"},
    "mine-lena": {"assignee": "lena", "pinned_to": "lena"},
    "reserved-ivan": {"assignee": "ivan", "reserved_for": "ivan"},
    "unanswered": {"activity": ENDED, "assignee": "ivan", "reserved_for": "ivan"},
    "ended": {"activity": ENDED, "status": Status.PENDING, "assignee": "lena"},
    "closed": {"activity": ENDED, "status": Status.CLOSED, "assignee": "ivan"},
}


@pytest.fixture
async def full(desk: EmbeddedHelpDesk) -> EmbeddedHelpDesk:
    """A help desk with a chat of each sort, in the order in which they wait."""
    await desk.change_directory(COMPANY, based_on=0)
    for second, (conversation, after) in enumerate(CHATS.items()):
        chat = await take_in(desk, nothing(conversation), customer_says("e1"), at(second - 100))
        await take_in(desk, chat, customer_says("e2"), at(second), **after)
    return desk


async def seen(desk: EmbeddedHelpDesk, tab: Tab | None = None, staff: str | None = None) -> Sequence[str]:
    return [row.conversation for row in await desk.inbox(InboxQuery(tab=tab, staff=staff))]


async def test_the_inbox_has_one_list_for_each_tab(full: EmbeddedHelpDesk) -> None:
    assert await seen(full, Tab.NEW) == ["new", "new-kept", "queue"]
    assert await seen(full, Tab.MINE) == ["mine-ivan", "mine-lena"]
    assert await seen(full, Tab.RESERVED) == ["reserved-ivan"]
    assert await seen(full, Tab.UNANSWERED) == ["unanswered"]
    assert await seen(full, Tab.ENDED) == ["ended", "closed"]
    assert await seen(full) == list(CHATS)


async def test_a_queue_is_seen_by_its_line_only(full: EmbeddedHelpDesk) -> None:
    assert await seen(full, Tab.NEW, "ivan") == ["new", "new-kept"]
    assert await seen(full, Tab.NEW, "lena") == ["new", "new-kept", "queue"]
    assert await seen(full, Tab.NEW, "boss") == ["new", "new-kept"]


async def test_mine_and_reserved_are_a_person_s_own(full: EmbeddedHelpDesk) -> None:
    assert await seen(full, Tab.MINE, "ivan") == ["mine-ivan"]
    assert await seen(full, Tab.RESERVED, "ivan") == ["reserved-ivan"]
    assert await seen(full, Tab.RESERVED, "lena") == []
    assert await seen(full, Tab.UNANSWERED, "lena") == ["unanswered"]
    assert await seen(full, None, "lena") == [
        *("new", "new-kept", "queue", "mine-lena", "unanswered", "ended", "closed")
    ]


@pytest.mark.parametrize("staff", [None, "ivan", "lena", "boss"])
async def test_the_counts_are_those_of_the_lists(full: EmbeddedHelpDesk, staff: str | None) -> None:
    assert await full.pages.counts(list(Tab), staff) == {
        tab: len(await seen(full, tab, staff)) for tab in Tab
    }
    assert list(await full.pages.counts([Tab.MINE], staff)) == [Tab.MINE]


async def test_the_inbox_shows_the_longest_waiting_up_to_its_limit(full: EmbeddedHelpDesk) -> None:
    rows = await full.inbox(InboxQuery(limit=2))
    assert [row.conversation for row in rows] == ["new", "new-kept"]


async def test_a_list_is_in_the_order_in_which_customers_began_to_wait(desk: EmbeddedHelpDesk) -> None:
    """Not of the last message, nor of a date that a caller gives, nor of when the chat was opened."""
    began = {"second": 20, "first": 10, "third": 30}
    for opened, (conversation, second) in enumerate(began.items()):
        chat = await take_in(desk, nothing(conversation), customer_says("e1"), at(opened))
        dated: dict[str, Any] = {"waiting_since": at(second), "last_message_at": at(100 - second)}
        await take_in(desk, chat, customer_says("e2"), at(40), **dated)
    answered = await take_in(desk, nothing("answered"), customer_says("e1"), at(0))
    given: dict[str, Any] = {"assignee": "ivan", "pinned_to": "ivan", "held_since": at(25)}
    await take_in(desk, answered, agent_says("e2", "ivan"), at(25), status=Status.PENDING, **given)
    in_order = ["first", "second", "answered", "third"]
    assert await seen(desk) == in_order
    shown = {row.conversation: row.waiting_since for row in await desk.inbox(InboxQuery())}
    assert shown == {"first": at(10), "second": at(20), "answered": None, "third": at(30)}
    touched = await desk.touched_by("ivan")
    assert [case.conversation for case in touched] == ["answered"]


async def test_tickets_without_a_due_time_are_in_the_same_order(desk: EmbeddedHelpDesk) -> None:
    await desk.change_directory(COMPANY, based_on=0)
    began = {"T-2": 20, "T-1": 10, "T-3": 30}
    for opened, (ticket, second) in enumerate(began.items()):
        dated: dict[str, Any] = {"waiting_since": at(second), "last_message_at": at(100 - second)}
        state = {**dated, "line": "first"}
        await tickets.take_in(desk, tickets.no_ticket(ticket), customer_says("e"), at(opened), **state)
    due = Department(label="billing", state=DepartmentState.ASKED, asked_at=START, due_at=at(9000))
    await tickets.take_in(desk, tickets.no_ticket("T-4"), customer_says("e"), at(50), departments=(due,))
    rows = await desk.tickets(TicketQuery())
    assert [(row.ticket_id, row.waiting_since) for row in rows] == [
        ("T-4", None),
        ("T-1", at(10)),
        ("T-2", at(20)),
        ("T-3", at(30)),
    ]
    assert [case.ticket_id for case in await desk.touched_by("ivan")] == ["T-1", "T-2", "T-3"]


async def why(desk: EmbeddedHelpDesk, now: datetime = NOW) -> dict[str, str]:
    """Why each chat and each ticket waits."""
    chats = {row.conversation: row.waits_for for row in await desk.inbox(InboxQuery(), now)}
    return chats | {row.ticket_id: row.waits_for for row in await desk.tickets(TicketQuery(), now)}


async def test_a_list_says_why_a_case_waits(desk: EmbeddedHelpDesk) -> None:
    staff = {"ivan": Member(line="first", max_chats=1), "petra": Member(line="first", max_tickets=1)}
    company = COMPANY.model_copy(update={"staff": {**COMPANY.staff, **staff}})
    await desk.change_directory(company, based_on=0)
    await take_in(desk, nothing("new"), customer_says("e"), at(1))
    await take_in(desk, nothing("waits"), customer_says("e"), at(2), line="first")
    left: dict[str, Any] = {"line": "first", "activity": ENDED, "assignee": "petra"}
    await take_in(desk, nothing("unanswered"), customer_says("e"), at(3), **left)
    ticket: dict[str, Any] = {"line": "first"}
    await tickets.take_in(desk, tickets.no_ticket("T-1"), customer_says("e"), at(4), **ticket)
    nobody = "nobody of first is online"
    assert await why(desk) == {"new": "", "waits": nobody, "unanswered": nobody, "T-1": nobody}

    await desk.set_presence("ivan", Presence.ONLINE, at(5))
    held: dict[str, Any] = {"line": "first", "assignee": "ivan", "pinned_to": "ivan"}
    mine = await take_in(desk, nothing("mine"), customer_says("e"), at(6), **held)
    full, room = "1 of first online, full", "first has room: about to go out"
    assert await why(desk) == {"new": "", "waits": full, "unanswered": full, "T-1": room, "mine": ""}

    handed: dict[str, Any] = {"pinned_to": None, "assignee": None, "handed_on_by": "ivan"}
    await take_in(desk, mine, agent_says("e2", "ivan"), at(7), **handed)
    assert (await why(desk))["mine"] == "handed on by ivan, nobody else of first is there"

    async with steps.queues(desk, "somebody came", NOW) as queues:
        (waits,) = [one.case for one in queues.waiting("first", "ticket", NOW, 9)]
        queues.promise({waits.case_id: "ivan"}, "ticket")
    assert (await why(desk))["T-1"] == "next: goes to ivan"
    assert (await why(desk, NOW + KEPT_FOR))["T-1"] == room, "nobody was told of that place"


async def test_a_list_says_when_the_line_opens(desk: EmbeddedHelpDesk) -> None:
    directory = parse_directory(
        "calendars: {hours: {timezone: Europe/Berlin, "
        "weekly: {mon: ['12:00-18:00'], tue: ['09:00-18:00']}}}\n"
        "lines: {first: {calendar: hours}, second: {}}\nstaff: {ivan: {line: first}, lena: {line: second}}",
        "directory.yaml",
    )
    await desk.change_directory(directory, based_on=0)
    await desk.set_presence("ivan", Presence.ONLINE, START)
    await take_in(desk, nothing("waits"), customer_says("e"), START, line="first")
    assert await why(desk, START) == {"waits": "first opens at 12:00 (Europe/Berlin)"}
    evening = START + timedelta(hours=9)
    assert await why(desk, evening) == {"waits": "first opens on Tue 2026-03-03 at 09:00 (Europe/Berlin)"}
    assert await why(desk, at(3 * 3600)) == {"waits": "first has room: about to go out"}


async def test_presence_concerns_what_a_person_holds_and_the_line_s_queue(full: EmbeddedHelpDesk) -> None:
    async def touched(staff: str) -> Sequence[str]:
        return [case.conversation for case in await full.touched_by(staff)]

    assert await touched("ivan") == ["mine-ivan", "reserved-ivan", "unanswered"]
    assert await touched("lena") == ["new-kept", "queue", "mine-lena", "ended"]
    assert await touched("boss") == []


async def test_presence_concerns_a_chat_whose_effect_is_still_on_its_way(desk: EmbeddedHelpDesk) -> None:
    await take_in(desk, nothing(), customer_says("e"), START, settled={"pinned_to": "ivan"})
    assert [case.conversation for case in await desk.touched_by("ivan")] == ["anna"]


async def test_a_case_tells_its_story(desk: EmbeddedHelpDesk) -> None:
    lena = Author(type=AuthorType.STAFF, id="lena")
    bot = Author(type=AuthorType.SYSTEM, id="bot")
    chat = await take_in(desk, nothing(), customer_says("e1", "Hello"), START)
    chat = await take_in(desk, chat, agent_says("e2", "lena", "Hi"), at(1), pinned_to="lena", assignee="lena")
    chat = await take_in(desk, chat, NoteAdded(id="e3", author=lena, text="VIP"), at(2))
    chat = await take_in(desk, chat, SystemMessage(id="e4", author=bot, text="Rate us"), at(3))
    chat = await take_in(
        desk, chat, LabelsChanged(id="e5", author=lena, add=("vip",)), at(4), labels=("vip",)
    )
    await take_in(desk, chat, customer_says("e6", "Thanks"), at(5))
    assert chat.case_id
    assert [(said.said, said.author, said.text) for said in await desk.messages(ref(chat), ALL)] == [
        ("message", "customer:anna", "Hello"),
        ("message", "staff:lena", "Hi"),
        ("note", "staff:lena", "VIP"),
        ("message", "system:bot", "Rate us"),
        ("message", "customer:anna", "Thanks"),
    ]
    assert [(entry.by, entry.what) for entry in await desk.change_log(chat.case_id)] == [
        ("customer_anna", "activity – → active; status – → open"),
        ("staff_lena", "assignee – → lena; pinned_to – → lena"),
        ("staff_lena", "+vip"),
    ]


async def test_a_case_that_does_not_exist_has_no_story(desk: EmbeddedHelpDesk) -> None:
    assert await desk.messages(CaseRef.at("chat:telegram:nobody"), ALL) == []
    assert await desk.change_log("c-none") == []


async def test_nobody_has_a_presence_before_the_first_change(desk: EmbeddedHelpDesk) -> None:
    assert await desk.presence() == {}
    async with steps.intake(desk, nothing(), customer_says("e"), START, "chain") as intake:
        assert intake.attendance(["ivan"]) == {}


async def test_presence_is_since_its_change(desk: EmbeddedHelpDesk) -> None:
    await desk.set_presence("ivan", Presence.ONLINE, at(1))
    again = await desk.set_presence("ivan", Presence.ONLINE, at(5))
    assert (again.presence, again.since) == (Presence.ONLINE, at(1))
    off = await desk.set_presence("ivan", Presence.OFFLINE, at(9))
    assert (off.presence, off.since) == (Presence.OFFLINE, at(9))
    async with steps.intake(desk, nothing(), customer_says("e"), START, "chain") as intake:
        assert intake.attendance(["ivan", "lena"]) == {"ivan": off}


async def test_an_earlier_presence_that_arrives_late_changes_nothing(desk: EmbeddedHelpDesk) -> None:
    await desk.set_presence("ivan", Presence.OFFLINE, at(9))
    late = await desk.set_presence("ivan", Presence.ONLINE, at(3))
    assert (late.presence, late.since) == (Presence.OFFLINE, at(9))


async def test_many_are_set_at_once_and_each_keeps_what_is_later_or_the_same(desk: EmbeddedHelpDesk) -> None:
    await desk.set_presence("lena", Presence.ONLINE, at(1))
    await desk.set_presence("oleg", Presence.OFFLINE, at(9))
    many = [f"p-{number}" for number in range(700)]

    found = await desk.set_presences(["petra", *many, "oleg", "lena"], Presence.ONLINE, at(5))

    assert list(found) == ["petra", *many, "oleg", "lena"]
    assert {found[one].since for one in ("petra", *many)} == {at(5)}
    assert (found["lena"].presence, found["lena"].since) == (Presence.ONLINE, at(1))
    assert (found["oleg"].presence, found["oleg"].since) == (Presence.OFFLINE, at(9))
    assert await desk.presence() == found
    assert await desk.set_presences([], Presence.ONLINE, at(5)) == {}


async def test_an_empty_help_desk_has_an_empty_directory(desk: EmbeddedHelpDesk) -> None:
    entry = await desk.directory()
    assert (entry.version, entry.directory) == (0, Directory())


async def test_a_changed_directory_is_in_force_for_everybody(url: str) -> None:
    async with EmbeddedHelpDesk.open(url) as one, EmbeddedHelpDesk.open(url) as other:
        assert (await one.change_directory(COMPANY, based_on=0)).version == 1
        assert (await other.directory()).directory == COMPANY
        await one.change_directory(Directory(), based_on=1)
        async with steps.intake(other, nothing(), customer_says("e"), START, "chain") as intake:
            assert intake.directory() == await one.directory()
        assert (await other.directory()).version == 2


async def test_a_change_based_on_an_older_directory_is_refused(desk: EmbeddedHelpDesk) -> None:
    await desk.change_directory(COMPANY, based_on=0)
    with pytest.raises(NotAllowed, match="at version 1 by now"):
        await desk.change_directory(Directory(labels=("vip",)), based_on=0)
    assert (await desk.change_directory(Directory(labels=("vip",)), based_on=None)).version == 2


async def test_a_repeated_change_of_the_directory_is_one_change(desk: EmbeddedHelpDesk) -> None:
    for _ in range(2):
        assert (await desk.change_directory(COMPANY, based_on=0)).version == 1


async def test_rules_are_kept_once(desk: EmbeddedHelpDesk) -> None:
    source = "version: 1\n# правила\n"
    for _ in range(2):
        await desk.keep_rules("abc", source)
    await desk.keep_rules("abd", "version: 1\n")
    async with steps.step_by_step(desk._database.read) as connection:
        kept = (connection.execute(select(rule_sets.c.digest, rule_sets.c.source))).all()
    assert sorted(kept) == [("abc", source), ("abd", "version: 1\n")]
