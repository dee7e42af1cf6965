"""Taking events in: once, in order, and again after a retry or a reset."""

from __future__ import annotations

from typing import Any

import pytest

from baton.contract import Activity, Author, AuthorType, ChatSnapshot, Status, SystemMessage, Tab
from baton.desk.api import InboxQuery, InboxRow
from baton.errors import InvalidEvent
from baton.model.chat.state import ChatState
from baton.model.facts import Previous
from helpdesks.embedded import EmbeddedHelpDesk
from helpdesks.lists import SHOWN_TEXT
from tests import steps
from tests.helpdesk.chats import ALL, START, agent_says, at, customer_says, nothing, ref, take_in, write

CLOSED: dict[str, Any] = {"activity": Activity.ENDED, "status": Status.CLOSED}


async def only_row(desk: EmbeddedHelpDesk) -> InboxRow:
    (row,) = await desk.inbox(InboxQuery())
    return row


async def texts(desk: EmbeddedHelpDesk, chat: ChatState) -> list[str]:
    return [said.text for said in await desk.messages(ref(chat), ALL) if said.case_id == chat.case_id]


async def test_a_first_message_opens_a_case(desk: EmbeddedHelpDesk) -> None:
    chat = await take_in(desk, nothing(), customer_says("e1", "Where is my order?"), START, labels=("vip",))
    row = await only_row(desk)
    assert row.case_id == chat.case_id
    assert (row.tab, row.status, row.labels) == (Tab.NEW, Status.OPEN, ("vip",))
    assert (row.last_text, row.last_message_at) == ("Where is my order?", START)


async def test_an_intake_that_raises_leaves_no_trace(desk: EmbeddedHelpDesk) -> None:
    async def broken() -> None:
        chat = nothing().model_copy(
            update={"case_id": "c", "activity": Activity.ACTIVE, "status": Status.OPEN}
        )
        async with steps.intake(desk, nothing(), customer_says("e1"), START, "chain") as intake:
            intake.take_in(chat, chat, [], opened=True)
            raise RuntimeError("the rules are broken")

    with pytest.raises(RuntimeError, match="rules"):
        await broken()
    assert await desk.inbox(InboxQuery()) == []
    async with steps.intake(desk, nothing(), customer_says("e1"), START, "chain") as intake:
        assert intake.known_event() is None


async def test_the_first_intake_of_an_event_does_not_know_it_and_the_second_does(
    desk: EmbeddedHelpDesk,
) -> None:
    event = customer_says("e1")
    chat = await take_in(desk, nothing(), event, START, chain="first-run")
    await take_in(desk, chat, agent_says("e2", "ivan"), at(5), pinned_to="ivan", status=Status.PENDING)
    async with steps.intake(desk, nothing(), event, at(9), "other-run") as intake:
        known = intake.known_event()
    assert known is not None
    assert (known.case_id, known.decided_at, known.chain) == (chat.case_id, START, "first-run")
    assert isinstance(known.snapshot, ChatSnapshot)
    assert (known.snapshot.pinned_to, known.snapshot.tab) == ("ivan", Tab.MINE)
    assert known.snapshot.last_author == Author(type=AuthorType.STAFF, id="ivan")


async def test_the_same_event_id_in_another_conversation_is_another_event(desk: EmbeddedHelpDesk) -> None:
    await take_in(desk, nothing("anna"), customer_says("e1"), START)
    for other in (nothing("boris"), nothing("anna", channel="email")):
        async with steps.intake(desk, other, customer_says("e1"), START, "chain") as intake:
            assert intake.known_event() is None


async def test_an_event_of_a_closed_chat_is_known_to_the_next_one(desk: EmbeddedHelpDesk) -> None:
    chat = await take_in(desk, nothing(), customer_says("e1"), START)
    chat = await take_in(desk, chat, agent_says("e2", "ivan"), at(1), **CLOSED)
    async with steps.intake(desk, nothing(), customer_says("e1"), at(60), "next-run") as intake:
        known = intake.known_event()
    assert known is not None
    assert known.case_id == chat.case_id
    assert known.snapshot.status is Status.CLOSED


async def test_a_retried_intake_rewrites_and_doubles_nothing(desk: EmbeddedHelpDesk) -> None:
    event = customer_says("e1", "Hello")
    await take_in(desk, nothing(), event, START)
    chat = await take_in(desk, nothing(), event, START, line="first")
    assert (await only_row(desk)).line == "first"
    assert await texts(desk, chat) == ["Hello"]


async def test_something_earlier_than_the_last_event_changes_nothing(desk: EmbeddedHelpDesk) -> None:
    first = customer_says("e1")
    chat = await take_in(desk, nothing(), first, at(10))
    await take_in(desk, chat, agent_says("e2", "ivan"), at(20), pinned_to="ivan")
    await take_in(desk, nothing(), first, at(10))
    await take_in(desk, nothing(), first, at(5))
    assert (await only_row(desk)).pinned_to == "ivan"


async def test_a_message_whose_clock_went_back_is_kept_without_touching_the_case(
    desk: EmbeddedHelpDesk,
) -> None:
    chat = await take_in(desk, nothing(), customer_says("e1", "one"), at(10))
    await take_in(desk, chat, agent_says("e2", "ivan", "two"), at(9), pinned_to="ivan")
    assert (await only_row(desk)).pinned_to is None
    assert sorted(await texts(desk, chat)) == ["one", "two"]


async def test_events_of_one_task_share_their_time_and_the_last_one_counts(desk: EmbeddedHelpDesk) -> None:
    first, second = customer_says("e1", "one"), agent_says("e2", "ivan", "two")
    chat = await take_in(desk, nothing(), first, START)
    await take_in(desk, chat, second, START, pinned_to="ivan")
    await take_in(desk, nothing(), first, START)  # an attempt that had timed out still gets through
    assert (await only_row(desk)).pinned_to == "ivan"
    await take_in(desk, chat, second, START, pinned_to="lena")  # a retry of the last one
    assert (await only_row(desk)).pinned_to == "lena"
    assert await texts(desk, chat) == ["one", "two"]


async def test_a_retry_does_not_undo_the_effect_of_its_own_decision(desk: EmbeddedHelpDesk) -> None:
    event, assigned = customer_says("e1"), {"assignee": "ivan", "pinned_to": "ivan"}
    chat = await take_in(desk, nothing(), event, START, settled=assigned)
    assert await desk.write_case(write(chat, "e1", START))
    await take_in(desk, nothing(), event, START, settled=assigned)
    assert (await only_row(desk)).pinned_to == "ivan"


async def test_after_a_reset_the_same_events_write_the_case_anew(desk: EmbeddedHelpDesk) -> None:
    first, second = customer_says("e1", "one"), agent_says("e2", "ivan", "two")
    chat = await take_in(desk, nothing(), first, at(1))
    await take_in(desk, chat, second, at(2), pinned_to="ivan", labels=("old",))
    chat = await take_in(desk, nothing(), first, at(101), line="first")
    row = await only_row(desk)
    assert (row.pinned_to, row.line, row.labels, row.last_message_at) == (None, "first", (), at(101))
    await take_in(desk, chat, second, at(102), pinned_to="lena")
    assert (await only_row(desk)).pinned_to == "lena"
    assert await texts(desk, chat) == ["one", "two"]


async def test_a_case_that_a_reset_never_opened_leaves_everybody_s_hands(desk: EmbeddedHelpDesk) -> None:
    first = await take_in(desk, nothing(), customer_says("e1"), at(1))
    closed = await take_in(desk, first, agent_says("e2", "ivan"), at(2), **CLOSED)
    ghost = await take_in(desk, closed, customer_says("e3"), at(3), pinned_to="ivan")
    assert ghost.case_id != first.case_id
    # Reset to before e2, which is now decided differently: e3 meets a living chat.
    again = await take_in(desk, first, agent_says("e2", "ivan"), at(102), status=Status.PENDING)
    await take_in(desk, again, customer_says("e3"), at(103))
    rows = {row.case_id: row for row in await desk.inbox(InboxQuery())}
    assert first.case_id
    assert ghost.case_id
    assert rows[first.case_id].tab is Tab.NEW
    assert (rows[ghost.case_id].tab, rows[ghost.case_id].pinned_to) == (Tab.ENDED, None)
    async with steps.intake(desk, nothing("boris"), customer_says("x"), at(104), "chain") as intake:
        assert intake.load(["ivan"], "chat") == {"ivan": 0}


async def test_the_case_id_is_the_same_for_the_same_event(desk: EmbeddedHelpDesk) -> None:
    ids = []
    for conversation, event_id in (("anna", "e1"), ("anna", "e1"), ("anna", "e2"), ("boris", "e1")):
        async with steps.intake(
            desk, nothing(conversation), customer_says(event_id), START, "chain"
        ) as intake:
            ids.append(intake.case_id())
    assert ids[0] == ids[1]
    assert len(set(ids)) == 3


async def test_the_case_id_that_the_start_gives_is_used_for_the_first_chat_only(
    desk: EmbeddedHelpDesk,
) -> None:
    start, first = nothing(case_id="crm-7"), customer_says("e1")
    chat = await take_in(desk, start, first, START)
    assert chat.case_id == "crm-7"
    async with steps.intake(desk, start, first, at(1), "chain") as intake:  # retried
        assert intake.case_id() == "crm-7"
    closed = await take_in(desk, chat, agent_says("e2", "ivan"), at(2), **CLOSED)
    async with steps.intake(desk, closed, customer_says("e3"), at(3), "chain") as intake:
        assert intake.case_id() != "crm-7"
    async with steps.intake(desk, start, customer_says("e3"), at(3), "next-chain") as intake:
        assert intake.case_id() != "crm-7"
        previous = intake.previous()
    assert previous is not None
    assert previous.case_id == "crm-7"


async def test_nobody_takes_the_row_of_another_conversation(desk: EmbeddedHelpDesk) -> None:
    await take_in(desk, nothing("anna", case_id="crm-7"), customer_says("e1"), START)
    boris = nothing("boris", case_id="crm-7")
    with pytest.raises(InvalidEvent, match="another conversation"):
        await take_in(desk, boris, customer_says("e1"), START, case_id="crm-7")
    assert (await only_row(desk)).conversation == "anna"


async def test_the_previous_chat_is_the_latest_other_one_of_the_conversation(desk: EmbeddedHelpDesk) -> None:
    before = nothing()
    for number, assignee in enumerate(("lena", "ivan")):
        chat = await take_in(desk, before, customer_says(f"a{number}"), at(number * 10))
        after: dict[str, Any] = {**CLOSED, "assignee": assignee, "holders": {"first": assignee}}
        before = await take_in(desk, chat, agent_says(f"b{number}", assignee), at(number * 10 + 5), **after)
    await take_in(desk, nothing("boris"), customer_says("c"), at(50), assignee="petra")
    async with steps.intake(desk, before, customer_says("e"), at(60), "chain") as intake:
        previous = intake.previous()
    assert previous == Previous(
        case_id=before.case_id or "",
        assignee="ivan",
        status=Status.CLOSED,
        closed_at=at(15),
        holders={"first": "ivan"},
    )


async def test_the_holders_are_as_the_rules_left_them(desk: EmbeddedHelpDesk) -> None:
    settled = {"assignee": "ivan", "holders": {"first": "ivan"}, **CLOSED}
    chat = await take_in(desk, nothing(), agent_says("e1", "lena"), START, settled=settled)
    await desk.write_case(write(chat, "e1", START))
    async with steps.intake(desk, nothing(), customer_says("e2"), at(1), "chain") as intake:
        previous = intake.previous()
    assert previous is not None
    assert (previous.assignee, previous.holders) == ("ivan", {"first": "ivan"})


async def test_the_previous_chat_is_as_the_rules_left_it_before_anybody_has_written_that(
    desk: EmbeddedHelpDesk,
) -> None:
    settled = {"assignee": "ivan", "line": "first", "labels": ("vip",), **CLOSED}
    await take_in(desk, nothing(), agent_says("e1", "lena"), START, settled=settled, assignee="lena")
    async with steps.intake(desk, nothing(), customer_says("e2"), at(1), "chain") as intake:
        previous = intake.previous()
    assert previous is not None
    assert (previous.assignee, previous.line, previous.labels) == ("ivan", "first", ("vip",))
    assert (previous.status, previous.closed_at) == (Status.CLOSED, START)


async def test_a_customer_s_other_active_chat_is_found_by_its_holder(desk: EmbeddedHelpDesk) -> None:
    email = nothing("a@mail", channel="email", customer="anna")
    here = nothing("anna")
    async with steps.intake(desk, here, customer_says("e1"), START, "chain") as intake:
        assert intake.other_holder() is None
    other = await take_in(desk, email, customer_says("e1"), START, reserved_for="lena")
    await take_in(desk, nothing("anna"), customer_says("e2"), START, pinned_to="ivan")
    async with steps.intake(desk, here, customer_says("e3"), at(1), "chain") as intake:
        assert intake.other_holder() == "lena"
    await take_in(desk, other, agent_says("e4", "lena"), at(2), activity=Activity.ENDED)
    async with steps.intake(desk, here, customer_says("e5"), at(3), "chain") as intake:
        assert intake.other_holder() is None


async def test_the_writer_of_a_message_is_found_in_this_conversation_only(desk: EmbeddedHelpDesk) -> None:
    chat = await take_in(desk, nothing(), customer_says("e1", message_id="m1"), START)
    await take_in(desk, chat, agent_says("e2", "lena", message_id="m2"), at(1))
    async with steps.intake(desk, chat, customer_says("e3"), at(2), "chain") as intake:
        assert intake.author_of("m2") == "lena"
        assert intake.author_of("m1") is None
        assert intake.author_of("m3") is None
    async with steps.intake(desk, nothing("boris"), customer_says("e3"), at(2), "chain") as intake:
        assert intake.author_of("m2") is None


async def test_a_blocked_customer_s_message_is_recorded_and_opens_no_case(desk: EmbeddedHelpDesk) -> None:
    await desk.block_customer("anna", blocked=True)
    await desk.block_customer("anna", blocked=True)
    chat, event = nothing(), customer_says("e1", "Spam!")
    async with steps.intake(desk, chat, event, START, "chain") as intake:
        assert intake.blocked()
        intake.take_in(chat, chat, [], opened=False)
    assert await desk.inbox(InboxQuery()) == []
    async with steps.intake(desk, chat, event, START, "chain") as intake:
        known = intake.known_event()
        assert known is not None
        assert isinstance(known.snapshot, ChatSnapshot)
        assert (known.case_id, known.snapshot.activity) == (None, None)
    await desk.block_customer("anna", blocked=False)
    async with steps.intake(desk, chat, event, START, "chain") as intake:
        assert not intake.blocked()


async def test_a_blocked_customer_s_message_does_not_reopen_a_closed_case(desk: EmbeddedHelpDesk) -> None:
    chat = await take_in(desk, nothing(), customer_says("e1", "Hello"), START)
    closed = await take_in(desk, chat, agent_says("e2", "ivan", "Bye"), at(1), **CLOSED)
    async with steps.intake(desk, closed, customer_says("e3", "Spam!"), at(2), "chain") as intake:
        intake.take_in(closed, closed, [], opened=False)
    assert await texts(desk, chat) == ["Hello", "Bye"]


async def test_a_system_message_without_a_chat_is_recorded(desk: EmbeddedHelpDesk) -> None:
    event = SystemMessage(id="s1", author=Author(type=AuthorType.SYSTEM, id="campaign"), text="Sale!")
    async with steps.intake(desk, nothing(), event, START, "chain") as intake:
        intake.take_in(nothing(), nothing(), [], opened=False)
    async with steps.intake(desk, nothing(), event, START, "chain") as intake:
        assert intake.known_event() is not None
    assert await desk.inbox(InboxQuery()) == []


@pytest.mark.parametrize(
    "text",
    [
        "Здравствуйте! Где мой заказ №5? 📦👩‍👩‍👧 שלום 你好",
        "x" * 100_000,
        "Ж" * 100_000,
        """'; DROP TABLE cases; -- " \\ % _ :name ? $1 {} \r\n\t""",
        "",
    ],
    ids=["many scripts", "100,000 characters", "100,000 Cyrillic letters", "SQL", "empty"],
)
async def test_a_text_comes_back_as_it_was(desk: EmbeddedHelpDesk, text: str) -> None:
    chat = await take_in(
        desk, nothing(text[:50] or "anna"), customer_says("e1", text), START, labels=(text[:9],)
    )
    assert await texts(desk, chat) == [text]
    row = await only_row(desk)
    assert row.last_text == text[:SHOWN_TEXT], "a list shows the beginning"
    assert (row.conversation, row.labels) == (text[:50] or "anna", (text[:9],))


async def test_a_text_with_a_nul_does_not_stop_the_chat(desk: EmbeddedHelpDesk) -> None:
    event = customer_says("e1", "a\0b", attachments=({"name": "x\0y"},))
    chat = await take_in(desk, nothing(), event, START)
    assert await texts(desk, chat) == ["a\ufffdb"]
