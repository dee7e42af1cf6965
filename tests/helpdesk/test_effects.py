"""Carrying out effects: each once, never an earlier one over a later one."""

from __future__ import annotations

import asyncio
from typing import Any

from baton.contract import Activity, Presence, Status, Tab, Tell
from baton.desk.api import InboxQuery, InboxRow
from baton.documents.directory import Directory, Line, Member
from helpdesks.embedded import EmbeddedHelpDesk
from tests.helpdesk.chats import (
    ALL,
    START,
    agent_says,
    at,
    customer_says,
    message,
    nothing,
    notice,
    ref,
    take_in,
    write,
)

COMPANY = Directory(
    lines={"first": Line(), "second": Line()},
    staff={
        "ivan": Member(line="first"),
        "petra": Member(line="first"),
        "lena": Member(line="second", chats=False),
        "oleg": Member(line="second"),
    },
)


async def only_row(desk: EmbeddedHelpDesk) -> InboxRow:
    (row,) = await desk.inbox(InboxQuery())
    return row


async def test_a_write_sets_what_it_carries_and_leaves_the_rest(desk: EmbeddedHelpDesk) -> None:
    chat = await take_in(desk, nothing(), customer_says("e1", "Hello"), START)
    assigned = write(
        chat,
        "e1",
        START,
        assignee="ivan",
        line="first",
        pinned_to="ivan",
        tab=Tab.MINE,
        labels=("vip", "new"),
    )
    assert await desk.write_case(assigned)
    row = await only_row(desk)
    assert (row.assignee, row.line, row.pinned_to, row.tab) == ("ivan", "first", "ivan", Tab.MINE)
    assert (row.labels, row.last_text, row.last_message_at) == (("vip", "new"), "Hello", START)


async def test_a_handoff_is_one_write(desk: EmbeddedHelpDesk) -> None:
    chat = await take_in(desk, nothing(), agent_says("e1", "lena"), START, assignee="lena", pinned_to="lena")
    handoff = write(
        *(chat, "e1", START),
        activity=Activity.ENDED,
        status=Status.PENDING,
        assignee="ivan",
        line="first",
        pinned_to=None,
        tab=Tab.ENDED,
        rules=("support-line", "vip"),
    )
    assert await desk.write_case(handoff)
    row = await only_row(desk)
    assert (row.tab, row.status, row.assignee, row.pinned_to) == (Tab.ENDED, Status.PENDING, "ivan", None)
    assert chat.case_id
    log = await desk.change_log(chat.case_id)
    assert [entry.by for entry in log] == ["staff_lena", "rule_support-line, rule_vip"]
    assert "assignee lena → ivan" in log[1].what
    assert "activity active → ended" in log[1].what


async def test_the_same_write_again_changes_nothing(desk: EmbeddedHelpDesk) -> None:
    chat = await take_in(desk, nothing(), customer_says("e1"), START)
    once = write(chat, "e1", START, assignee="ivan", notes=("Handed over.",))
    assert await desk.write_case(once)
    assert not await desk.write_case(once)
    assert chat.case_id
    assert [said.text for said in await desk.messages(ref(chat), ALL)] == ["Hello", "Handed over."]
    assert len(await desk.change_log(chat.case_id)) == 2


async def test_of_many_attempts_at_once_one_writes(desk: EmbeddedHelpDesk) -> None:
    chat = await take_in(desk, nothing(), customer_says("e1"), START)
    once = write(chat, "e1", START, assignee="ivan", notes=("Handed over.",))
    results = await asyncio.gather(*(desk.write_case(once) for _ in range(8)))
    assert sorted(results) == [False] * 7 + [True]
    sent = await asyncio.gather(*(desk.send_message(message(chat, "k", "Hi")) for _ in range(8)))
    assert sorted(sent) == [False] * 7 + [True]


async def test_an_earlier_decision_does_not_overwrite_a_later_one(desk: EmbeddedHelpDesk) -> None:
    chat = await take_in(desk, nothing(), customer_says("e1"), at(1), settled={"assignee": "ivan"})
    await take_in(desk, chat, agent_says("e2", "lena"), at(2), assignee="lena", pinned_to="lena")
    late = write(chat, "e1", at(1))
    assert not await desk.write_case(late)
    assert not await desk.write_case(late)
    assert (await only_row(desk)).assignee == "lena"


async def test_the_notes_of_a_decision_that_was_overtaken_are_kept(desk: EmbeddedHelpDesk) -> None:
    chat = await take_in(desk, nothing(), customer_says("e1", "Hello"), at(1))
    await take_in(desk, chat, agent_says("e2", "lena", "Hi"), at(2), pinned_to="lena")
    for _ in range(2):
        assert not await desk.write_case(write(chat, "e1", at(1), notes=("VIP: be quick.",)))
    assert chat.case_id
    said = await desk.messages(ref(chat), ALL)
    assert sorted(one.text for one in said) == ["Hello", "Hi", "VIP: be quick."]


async def test_within_one_task_an_effect_does_not_overwrite_the_next_event(desk: EmbeddedHelpDesk) -> None:
    # Both events share their time; the effect of the first arrives after the second was taken in.
    chat = await take_in(desk, nothing(), customer_says("e1"), START, settled={"pinned_to": "ivan"})
    ended: dict[str, Any] = {"activity": Activity.ENDED, "status": Status.CLOSED, "pinned_to": None}
    closed = await take_in(desk, chat, agent_says("e2", "ivan"), START, **ended)
    assert not await desk.write_case(write(chat, "e1", START))
    assert (await only_row(desk)).tab is Tab.ENDED
    assert await desk.write_case(write(closed, "e2", START, labels=("done",)))
    assert (await only_row(desk)).labels == ("done",)


async def test_a_decision_made_anew_after_a_reset_is_carried_out(desk: EmbeddedHelpDesk) -> None:
    event = customer_says("e1", "Hello")
    chat = await take_in(desk, nothing(), event, at(1))
    await desk.write_case(write(chat, "e1", at(1), assignee="ivan", notes=("To Ivan.", "Hurry.")))
    await take_in(desk, nothing(), event, at(101))
    again = write(chat, "e1", at(101), assignee="lena", notes=("To Lena.",))
    assert await desk.write_case(again)
    assert not await desk.write_case(again)
    assert (await only_row(desk)).assignee == "lena"
    assert chat.case_id
    assert [said.text for said in await desk.messages(ref(chat), ALL)] == ["Hello", "To Lena."]
    # What was decided before the reset may still arrive.
    assert not await desk.write_case(write(chat, "e1", at(1), assignee="ivan"))
    assert (await only_row(desk)).assignee == "lena"


async def test_the_same_decision_after_a_reset_is_carried_out_again(desk: EmbeddedHelpDesk) -> None:
    event = customer_says("e1")
    chat = await take_in(desk, nothing(), event, at(1))
    await desk.write_case(write(chat, "e1", at(1), assignee="ivan"))
    await take_in(desk, nothing(), event, at(101))
    assert (await only_row(desk)).assignee is None
    assert await desk.write_case(write(chat, "e1", at(101), assignee="ivan"))
    assert (await only_row(desk)).assignee == "ivan"


async def test_a_write_for_a_case_that_the_database_lost_begins_it_again(desk: EmbeddedHelpDesk) -> None:
    chat = nothing().model_copy(
        update={"case_id": "c-1", "activity": Activity.ACTIVE, "status": Status.OPEN, "pinned_to": "ivan"}
    )
    assert await desk.write_case(write(chat, "e9", START))
    assert (await only_row(desk)).pinned_to == "ivan"
    assert await desk.touched_by("ivan") == [ref(chat)]


async def test_a_message_is_sent_once_whatever_it_says(desk: EmbeddedHelpDesk) -> None:
    chat = await take_in(desk, nothing(), customer_says("e1", "Hello"), START)
    assert await desk.send_message(message(chat, "k1", "Привет 👋"))
    assert not await desk.send_message(message(chat, "k1", "Привет 👋"))
    assert not await desk.send_message(message(chat, "k1", "Something else"))
    assert await desk.send_message(message(chat, "k2", "Bye"))
    assert chat.case_id
    said = await desk.messages(ref(chat), ALL)
    assert [(one.author, one.text) for one in said] == [
        ("customer:anna", "Hello"),
        ("rule:greeting", "Привет 👋"),
        ("rule:greeting", "Bye"),
    ]
    assert (await only_row(desk)).last_text == "Hello"


async def test_a_note_and_a_message_may_share_a_key(desk: EmbeddedHelpDesk) -> None:
    chat = await take_in(desk, nothing(), customer_says("e1"), START)
    assert await desk.write_case(write(chat, "e1", START, key="k", notes=("note",)))
    assert await desk.send_message(message(chat, "k", "message"))
    assert await desk.notify(notice(chat, "k", Tell(staff=("ivan",), reason="new"))) == ("ivan",)


async def staffed(desk: EmbeddedHelpDesk) -> None:
    await desk.change_directory(COMPANY, based_on=0)
    for staff in ("ivan", "lena", "stranger"):
        await desk.set_presence(staff, Presence.ONLINE, START)
    await desk.set_presence("petra", Presence.WITHOUT_CHATS, START)
    await desk.set_presence("oleg", Presence.OFFLINE, START)


async def test_everyone_is_who_is_online_whatever_their_habit(desk: EmbeddedHelpDesk) -> None:
    await staffed(desk)
    chat = await take_in(desk, nothing(), customer_says("e1"), START)
    assert await desk.notify(notice(chat, "k", Tell(everyone=True, reason="new"))) == ("ivan", "lena")


async def test_a_line_is_its_members_who_are_online(desk: EmbeddedHelpDesk) -> None:
    await staffed(desk)
    chat = await take_in(desk, nothing(), customer_says("e1"), START)
    assert await desk.notify(notice(chat, "k1", Tell(line="first", reason="new"))) == ("ivan",)
    assert await desk.notify(notice(chat, "k2", Tell(line="second", reason="new"))) == ("lena",)


async def test_somebody_named_is_told_in_any_presence(desk: EmbeddedHelpDesk) -> None:
    await staffed(desk)
    chat = await take_in(desk, nothing(), customer_says("e1"), START)
    told = await desk.notify(notice(chat, "k", Tell(staff=("oleg", "petra"), reason="mine")))
    assert told == ("oleg", "petra")


async def test_a_notice_is_given_once_and_its_repetition_says_to_whom(desk: EmbeddedHelpDesk) -> None:
    await staffed(desk)
    chat = await take_in(desk, nothing(), customer_says("e1"), START)
    once = notice(
        chat, "k", Tell(everyone=True, reason="new"), Tell(staff=("ivan",), reason="delivery failed")
    )
    assert await desk.notify(once) == ("ivan", "lena")
    await desk.set_presence("oleg", Presence.ONLINE, at(5))
    assert await desk.notify(once) == ("ivan", "lena")
    rows = await desk.notices(None, 10)
    assert [(row.reason, row.staff, row.told, row.count, row.everyone) for row in rows] == [
        ("delivery failed", "ivan", ("ivan",), 1, False),
        ("new", "", ("ivan", "lena"), 2, True),
    ]


async def test_notices_are_listed_latest_first(desk: EmbeddedHelpDesk) -> None:
    chat = await take_in(desk, nothing(), customer_says("e1"), START)
    for number, staff in enumerate(("ivan", "lena", "ivan")):
        await desk.notify(
            notice(chat, f"k{number}", Tell(staff=(staff,), reason=f"r{number}"), now=at(number))
        )
    assert [row.reason for row in await desk.notices(None, 2)] == ["r2", "r1"]
    (latest, _) = await desk.notices("ivan", 10)
    assert (latest.staff, latest.reason, latest.case_id, latest.conversation, latest.at) == (
        *("ivan", "r2", chat.case_id),
        *("anna", at(2)),
    )
