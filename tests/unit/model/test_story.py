"""What people read about a chat: who has it, since when, why, and what comes next."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from baton.cli.cases import caseview
from baton.contract import (
    AgentMessage,
    Assigned,
    ChatEnded,
    ChatEvent,
    CustomerMessage,
    Idle,
    LabelsChanged,
    NoteAdded,
    Status,
    StatusSet,
    Taken,
    TimelineEntry,
)
from baton.model.chat import story as chat_story
from baton.model.chat.model import fold
from baton.model.chat.state import ChatState
from baton.model.facts import Previous
from baton.model.story import LONGEST_STORY, told_before
from baton.model.ticket import story as ticket_story
from tests.unit.chat.world import CUSTOMER, NO_CHAT, NOW, SYSTEM, chat, facts, staff
from tests.unit.ticket.world import Ticket, collecting

WROTE = CustomerMessage(id="e", author=CUSTOMER, text="секрет")
OFFER = {"offer_until": NOW + timedelta(minutes=2)}


def entry(**fields: Any) -> TimelineEntry:
    return TimelineEntry(
        **{
            "at": NOW,
            "event_id": "e-1",
            "kind": "taken",
            "author": "staff:ivan",
            "what": "pinned to ivan",
            "moved": True,
            **fields,
        }
    )


# --- Who has it ---------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("state", "said"),
    [
        (chat(NO_CHAT), "No chat is going on."),
        (chat("active open: nobody"), "Nobody has it: it is in New, for **everyone**."),
        (chat("active open: assigned ivan"), "Nobody has it: it is in New, for **everyone**."),
        (chat("active open: queue line-1"), "Nobody has it: it waits in the queue of **line-1**."),
        (chat("active open: mine ivan"), "**ivan** has it, pinned."),
        (
            chat("active pending: reserved ivan"),
            "It is reserved for **ivan**, who gets it when the customer answers.",
        ),
        (
            chat("active open: reserved ivan", **OFFER),
            "It is offered to **ivan** until 2026-03-02 10:02:00.",
        ),
        (chat("ended open: assigned ivan"), "It has ended. Assigned to **ivan**."),
        (chat("ended pending: nobody"), "It has ended. Assigned to **nobody**."),
        (chat("ended pending: reserved ivan"), "It has ended, and stays reserved for **ivan**."),
        (chat("ended closed: assigned ivan"), "It is closed. The last one who had it: ivan."),
        (chat("ended closed: nobody"), "It is closed. The last one who had it: nobody."),
    ],
    ids=[
        "no chat",
        "new",
        "new with an assignee",
        "a queue",
        "mine",
        "reserved",
        "offered",
        "unanswered",
        "ended",
        "ended and reserved",
        "closed",
        "closed without anybody",
    ],
)
def test_one_sentence_says_who_has_it(state: ChatState, said: str) -> None:
    assert chat_story.who_has_it(state) == said


# --- What happened ------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("before", "event", "said"),
    [
        (NO_CHAT, WROTE, "new chat, active · open"),
        (
            NO_CHAT,
            AgentMessage(id="e", author=staff("ivan")),
            "new chat, active · pending, assigned to ivan, pinned to ivan",
        ),
        ("ended pending: reserved ivan", WROTE, "active · open, pinned to ivan"),
        ("active open: mine ivan", WROTE, ""),
        ("active open: mine ivan", NoteAdded(id="e", author=staff("ivan"), text="секрет"), ""),
        (
            "active open: mine ivan",
            Taken(id="e", author=staff("petra")),
            "assigned to petra, pinned to petra",
        ),
        ("active open: mine ivan", Assigned(id="e", author=staff("ivan")), "no assignee, unpinned"),
        (
            "active pending: nobody",
            Assigned(id="e", author=SYSTEM, line="line-1"),
            "assigned to petra, reserved for petra",
        ),
        (
            "active open: mine ivan",
            ChatEnded(id="e", author=staff("ivan"), status=Status.CLOSED),
            "ended · closed, unpinned",
        ),
        ("active pending: mine ivan", Idle(id="e", author=SYSTEM), "ended · pending, unpinned"),
        (
            "active open: mine ivan",
            StatusSet(id="e", author=staff("ivan"), status=Status.CLOSED),
            "active · closed",
        ),
        (
            "active open: mine ivan",
            LabelsChanged(id="e", author=staff("ivan"), add=("vip", "Возврат 🔥"), remove=("refund",)),
            "+vip, +Возврат 🔥, -refund",
        ),
    ],
    ids=[
        "a new chat",
        "an agent begins",
        "the reply to a reservation",
        "another message",
        "a note",
        "a colleague takes it",
        "released",
        "reserved",
        "closed",
        "idle",
        "the status",
        "labels",
    ],
)
def test_a_few_words_say_what_an_event_changed(before: str, event: ChatEvent, said: str) -> None:
    state = chat(before)

    assert chat_story.what_happened(state, fold(state, event, facts()).state) == said


def test_a_few_words_are_few_also_where_many_labels_changed() -> None:
    state = chat("active open: mine ivan")
    many = LabelsChanged(id="e", author=staff("ivan"), add=tuple(f"label-{number}" for number in range(200)))

    said = chat_story.what_happened(state, fold(state, many, facts()).state)

    assert len(said) == LONGEST_STORY
    assert said.startswith("+label-0, +label-1, ")
    assert said.endswith("…")


def test_what_an_event_had_changed_is_found_again() -> None:
    timeline = [
        entry(event_id="e-1", what="new chat"),
        entry(event_id="e-2", what="+vip"),
        entry(event_id="e-2", kind="update_case", what="", refused="the help desk did not take it"),
    ]

    assert told_before("e-1", timeline) == "new chat"
    assert told_before("e-2", timeline) == "+vip"
    assert told_before("e-3", timeline) == ""


def test_an_offer_is_called_an_offer() -> None:
    world = facts(previous=Previous(case_id="case-0", assignee="ivan"))
    state = chat(NO_CHAT)

    assert (
        chat_story.what_happened(state, fold(state, WROTE, world).state)
        == "new chat, active · open, offered to ivan"
    )


def test_falling_into_the_queue_of_another_line_names_it() -> None:
    state = chat("active open: mine ivan")
    event = Assigned(id="e", author=SYSTEM, line="phones")
    after = fold(state, event, facts(away=("maria",))).state

    assert chat_story.what_happened(state, after) == "no assignee, unpinned, in the queue of phones"


# --- The details in the Temporal UI -------------------------------------------------------------


@pytest.mark.parametrize(
    ("state", "who", "assigned", "comes"),
    [
        (
            chat("active open: nobody"),
            "### Nobody has it: it is in New, for **everyone**.",
            "- **Assignee**: – · **line**: –",
            "- **Next**: ends if nobody writes until 2026-03-02 10:05:00",
        ),
        (
            chat("active open: mine ivan", wake_at=NOW),
            "### **ivan** has it, pinned.",
            "- **Assignee**: ivan · **line**: line-1",
            "- **Next**: looks at timed rules and offers at 2026-03-02 10:00:00; ends if nobody writes until "
            "2026-03-02 10:05:00",
        ),
        (
            chat("active open: reserved ivan", **OFFER),
            "### It is offered to **ivan** until 2026-03-02 10:02:00.",
            "- **Assignee**: ivan · **line**: line-1",
            "- **Next**: looks at timed rules and offers at 2026-03-02 10:02:00; ends if nobody writes until "
            "2026-03-02 10:05:00",
        ),
        (
            chat("ended open: assigned ivan"),
            "### It has ended. Assigned to **ivan**.",
            "- **Assignee**: ivan · **line**: line-1",
            "- **Next**: waits for a message",
        ),
        (
            chat("ended pending: nobody", wake_at=NOW),
            "### It has ended. Assigned to **nobody**.",
            "- **Assignee**: – · **line**: –",
            "- **Next**: looks at timed rules and offers at 2026-03-02 10:00:00",
        ),
        (
            chat("ended closed: assigned ivan"),
            "### It is closed. The last one who had it: ivan.",
            "- **Assignee**: ivan · **line**: line-1",
            "- **Next**: a new message begins a new chat",
        ),
    ],
    ids=["new", "mine", "reserved", "unanswered", "ended", "closed"],
)
def test_the_details_tell_who_since_when_why_and_what_comes_next(
    state: ChatState, who: str, assigned: str, comes: str
) -> None:
    lines = chat_story.details(state, [entry()], unsent=0).splitlines()

    assert lines[0] == who
    assert f"- **State**: {state.phase.value} (tab {state.tab})" in lines
    assert assigned in lines
    assert "- **Since**: 2026-03-02 10:00:00" in lines
    assert "- **Why**: taken by staff:ivan" in lines
    assert comes in lines


def test_the_details_of_no_chat_at_all_are_empty_and_not_broken() -> None:
    assert chat_story.details(chat(NO_CHAT), [], unsent=0).splitlines() == [
        "### No chat is going on.",
        "",
        "- **State**: none (tab –)",
        "- **Assignee**: – · **line**: –",
        "- **Since**: –",
        "- **Why**: –",
        "- **Last message**: –",
        "- **Next**: waits for a message",
    ]


def test_the_details_name_labels_the_previous_chat_and_what_the_help_desk_has_not_got_yet() -> None:
    lines = chat_story.details(
        chat("active open: mine ivan", previous_case="case-0"), [], unsent=2
    ).splitlines()

    assert "- **Labels**: billing, refund" in lines
    assert "- **Previous chat**: case-0" in lines
    assert "- **Not yet in the help desk**: 2 writes" in lines
    assert "- **Last message**: customer:c-1, 2026-03-02 09:55:00" in lines


def test_one_write_is_one_write() -> None:
    lines = chat_story.details(chat("active open: nobody"), [], unsent=1).splitlines()
    assert "- **Not yet in the help desk**: 1 write" in lines


MOVED_AT = "2026-03-02 10:00:00"


@pytest.mark.parametrize(
    ("timeline", "since", "why"),
    [
        ([], "–", "–"),
        ([entry(moved=False)], "before the first event that is still in the timeline", "–"),
        ([entry()], MOVED_AT, "taken by staff:ivan"),
        (
            [entry(kind="agent_message", author="staff:lena", rules=("first", "second"))],
            MOVED_AT,
            "rule first, second, after agent_message by staff:lena",
        ),
        (
            [entry(), entry(kind="note_added", moved=False), entry(kind="status_set", moved=False)],
            MOVED_AT,
            "taken by staff:ivan",
        ),
        (
            [entry(), entry(kind="status_set", moved=False, refused="IllegalTransition: no")],
            MOVED_AT,
            "taken by staff:ivan",
        ),
    ],
    ids=["nothing happened", "forgotten", "an event", "rules", "what moved nothing", "what was refused"],
)
def test_since_and_why_are_of_the_last_thing_that_moved_the_chat_here_and_in_the_commands(
    timeline: list[TimelineEntry], since: str, why: str
) -> None:
    details = chat_story.details(chat("active open: mine ivan"), timeline, 0).splitlines()
    assert f"- **Since**: {since}" in details
    assert f"- **Why**: {why}" in details
    shown = dict(caseview.cause(timeline))
    assert shown["Since"].startswith(since)
    assert shown["Why"] == why


def lately(timeline: list[TimelineEntry]) -> list[str]:
    return (
        chat_story.details(chat("active open: mine ivan"), timeline, 0)
        .split("#### Lately\n\n")[1]
        .split("\n")
    )


def test_the_latest_eight_events_are_shown_the_latest_first() -> None:
    timeline = [entry(what=f"step {n}", at=NOW + timedelta(seconds=n)) for n in range(12)]

    shown = lately(timeline)

    assert [item.split(": ")[1] for item in shown] == [f"step {n}" for n in range(11, 3, -1)]
    assert shown[0] == "- 2026-03-02 10:00:11 **taken** by staff:ivan: step 11"


def test_a_refusal_is_shown_with_its_reason() -> None:
    assert lately([entry(refused="IllegalTransition: no chat")]) == [
        "- 2026-03-02 10:00:00 **taken** by staff:ivan: refused: IllegalTransition: no chat"
    ]


def test_the_rules_that_fired_are_named() -> None:
    assert lately([entry(rules=("one", "two"))]) == [
        "- 2026-03-02 10:00:00 **taken** by staff:ivan: pinned to ivan (rule one, two)"
    ]


@pytest.mark.parametrize(
    ("nasty", "shown"),
    [
        ({"what": "+a*b*"}, "by staff:ivan: +a\\*b\\*"),
        ({"what": "+a\n# b"}, "by staff:ivan: +a # b"),
        ({"author": "staff:<b>"}, "by staff:\\<b\\>: pinned to ivan"),
        ({"rules": ("[x](y)",)}, "by staff:ivan: pinned to ivan (rule \\[x\\](y))"),
        ({"refused": "InvalidEvent: 'a|b'\n\n`x`"}, "by staff:ivan: refused: InvalidEvent: 'a\\|b' \\`x\\`"),
    ],
    ids=["emphasis", "a newline", "a tag in the author", "a link in the rules", "in a refusal"],
)
def test_markdown_from_outside_is_shown_as_it_was_written(nasty: dict[str, Any], shown: str) -> None:
    (item,) = lately([entry(**nasty)])

    assert item == f"- 2026-03-02 10:00:00 **taken** {shown}"


def test_the_details_hold_no_message_text() -> None:
    state, timeline = chat("ended pending: reserved ivan"), []
    for event in (WROTE, NoteAdded(id="n", author=staff("lena"), text="секрет")):
        before, state = state, fold(state, event, facts()).state
        timeline.append(
            entry(kind=event.kind, author=str(event.author), what=chat_story.what_happened(before, state))
        )

    assert "секрет" not in chat_story.details(state, timeline, unsent=1)


@pytest.mark.parametrize(
    ("before", "after", "said"),
    [
        (
            chat("ended closed: assigned ivan"),
            chat("active open: nobody", labels=()),
            "new chat, active · open, no assignee",
        ),
        (
            chat("active open: reserved ivan", assignee=None, **OFFER),
            chat("active open: nobody"),
            "the offer ended",
        ),
        (
            chat("active open: mine ivan"),
            chat("active open: queue line-1"),
            "no assignee, unpinned, in the queue of line-1",
        ),
    ],
    ids=["a new chat never had the old one's labels", "the end of an offer", "into the own line's queue"],
)
def test_what_happened_tells_what_baton_itself_did(before: ChatState, after: ChatState, said: str) -> None:
    assert chat_story.what_happened(before, after) == said


@pytest.mark.parametrize(
    ("before", "after", "is_move"),
    [
        (NO_CHAT, "active open: nobody", True),
        ("active open: nobody", "active open: mine ivan", True),
        ("active open: mine ivan", "active open: reserved ivan", True),
        ("active open: mine ivan", "ended open: assigned ivan", True),
        ("active open: nobody", "active open: queue line-1", True),
        ("active open: mine ivan", "active pending: mine ivan", False),
        ("active open: mine ivan", "active open: mine ivan", False),
    ],
)
def test_a_move_is_a_change_of_who_has_the_chat(before: str, after: str, is_move: bool) -> None:
    assert chat_story.moved(chat(before), chat(after)) is is_move


# --- Tickets ------------------------------------------------------------------------------------


async def test_who_must_act_on_a_ticket_is_one_sentence_in_every_stage() -> None:
    ticket = Ticket()
    said = [ticket_story.who_acts(ticket.state)]
    for happens in (
        ticket.customer(),
        ticket.do("taken", "ivan"),
        ticket.ask("billing", "delivery"),
        ticket.note("bella"),
        ticket.decline("delivery"),
        ticket.withdraw("delivery"),
        ticket.reply("bella"),
        ticket.do("merged_into", "petra", case="ticket:t-2"),
    ):
        await happens
        said.append(ticket_story.who_acts(ticket.state))

    assert said == [
        "No ticket is open.",
        "Nobody is asked: somebody has to look at it.",
        "Nobody is asked: **ivan** has to look at it.",
        "It waits for **billing, delivery**.",
        "It waits for **delivery**.",
        "**petra** must see to delivery, who declined.",
        "All have answered: **bella** writes the reply.",
        "The reply was sent. The last one who had it: bella.",
        "It is closed (merged into ticket:t-2).",
    ]


async def test_a_closed_ticket_is_called_closed_once() -> None:
    ticket = Ticket()
    await ticket.customer()
    assert "- **State**: triage · open" in ticket_story.details(ticket.state, [], 0).splitlines()

    await ticket.do("status_set", "ivan", status="closed")

    assert ticket.state.status is Status.CLOSED
    assert "- **State**: closed" in ticket_story.details(ticket.state, [], 0).splitlines()


async def test_a_ticket_in_a_queue_says_so() -> None:
    ticket = Ticket()
    await ticket.customer()
    before = ticket.state
    after = before.model_copy(update={"line": "line-1"})
    given = after.model_copy(update={"assignee": "ivan"})

    assert ticket_story.what_happened(before, after) == "in the queue of line-1"
    assert ticket_story.what_happened(after, after) == ""
    assert ticket_story.what_happened(after, given) == "assigned to ivan"
    assert ticket_story.who_acts(after) == "Nobody has it: it waits in the queue of **line-1**."
    assert ticket_story.who_acts(given) == "Nobody is asked: **ivan** has to look at it."


async def test_what_happened_to_a_ticket_is_said_in_a_few_words() -> None:
    ticket = Ticket()
    said = []
    for happens in (
        ticket.customer(),
        ticket.ask("billing", "delivery"),
        ticket.note("bella", answers=False),
        ticket.note("bella"),
        ticket.decline("delivery"),
        ticket.withdraw("delivery"),
        ticket.again("billing"),
        ticket.do("status_set", "petra", status="pending"),
        ticket.reply("bella"),
        ticket.close(),
    ):
        before = ticket.state
        await happens
        said.append(ticket_story.what_happened(before, ticket.state))

    assert said == [
        "new ticket, triage",
        "collecting, round 1, billing asked, delivery asked, +billing, +delivery, +several-departments",
        "a note of billing",
        "billing answered, -billing",
        "delivery declined (blocks)",
        "composing, delivery withdrawn, bella writes the reply, assigned to bella, -delivery",
        "collecting, round 2, billing asked, +billing",
        "pending, due times pause",
        "answered, billing answered, bella writes the reply, the reply is sent, -billing",
        "closed, closed",
    ]


async def test_a_ticket_moves_where_others_must_act() -> None:
    ticket = Ticket()
    moves = []
    for happens in (
        ticket.ask("billing", "delivery"),
        ticket.customer(),
        ticket.note("bella", answers=False),
        ticket.note("bella"),
        ticket.ask("vip"),
        ticket.note("dan"),
        ticket.note("bella"),
    ):
        before = ticket.state
        await happens
        moves.append(ticket_story.moved(before, ticket.state))

    assert moves == [True, False, False, True, False, True, False]


async def test_the_details_of_a_ticket_have_every_department_and_none_of_its_words() -> None:
    ticket = await collecting()
    await ticket.note("bella", "секрет")
    await ticket.decline("delivery", to="warranty")
    await ticket.withdraw("warranty")

    text = ticket_story.details(ticket.state, [entry(kind="note_added", author="staff:bella", what="x")], 2)

    assert text.startswith("### All have answered: **bella** writes the reply.\n")
    for line in (
        "- **State**: composing · open · round 1",
        "- **Dispatcher**: petra · **composer**: bella",
        "- **Since**: 2026-03-02 10:00:00",
        "- **So far**: 1 prompted, 0 sent",
        "- **billing**: answered by bella, 2026-03-02 09:00:03",
        "- **delivery**: declined, handed on to warranty",
        "- **warranty**: no longer asked",
        "- **Not yet in the help desk**: 2 writes",
        "- **Next**: waits for an event",
    ):
        assert line in text.splitlines()
    assert "секрет" not in text


async def test_the_details_of_a_ticket_say_that_it_waits_for_its_customer_and_what_can_open_it() -> None:
    ticket = await collecting()
    await ticket.do("status_set", "petra", status="pending")
    waiting = ticket_story.details(ticket.state, [], 0)
    await ticket.close(force=True, reason="*done*")

    closed = ticket_story.details(ticket.state, [], 0)

    assert "- **Next**: waits for its customer since 2026-03-02 09:00:03; due times pause" in waiting
    assert "### It is closed (\\*done\\*)." in closed
    assert "- **Next**: a message of its customer opens it again" in closed
