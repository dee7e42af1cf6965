"""What the ledger says about closed cases: their messages, their tickets, what they were merged into."""

from __future__ import annotations

from typing import Any

from baton.contract import (
    Activity,
    Author,
    AuthorType,
    ReplySent,
    SendReply,
    Status,
    SystemMessage,
    TicketStage,
)
from baton.model.effects import CaseRef, Forward
from helpdesks.embedded import EmbeddedHelpDesk
from helpdesks.known import CaseAt
from tests import steps
from tests.helpdesk import tickets
from tests.helpdesk.chats import START, agent_says, at, customer_says, nothing, ref, take_in

CLOSED: dict[str, Any] = {"activity": Activity.ENDED, "status": Status.CLOSED}
BOT = Author(type=AuthorType.SYSTEM, id="bot")
VERA = Author(type=AuthorType.STAFF, id="vera")
ANNA, BORIS = CaseRef.at("chat:telegram:anna"), CaseRef.at("chat:telegram:boris")


async def test_only_what_was_sent_to_the_customer_can_fail_to_arrive(desk: EmbeddedHelpDesk) -> None:
    chat = await take_in(desk, nothing(), customer_says("e1", message_id="in"), START)
    chat = await take_in(desk, chat, agent_says("e2", "lena", message_id="by-staff"), at(1))
    chat = await take_in(desk, chat, ReplySent(id="e3", author=VERA, message_id="reply"), at(2))
    await take_in(desk, chat, SystemMessage(id="e4", author=BOT, message_id="by-a-bot"), at(3))
    async with steps.intake(desk, chat, customer_says("e9"), at(4), "chain") as intake:
        sent = [one for one in ("in", "by-staff", "reply", "by-a-bot", "?") if intake.was_sent(one)]
        authors = {one: intake.author_of(one) for one in sent}
    assert authors == {"by-staff": "lena", "reply": "vera", "by-a-bot": None}


async def test_messages_of_a_twin_are_found_where_one_looks_for_them(desk: EmbeddedHelpDesk) -> None:
    await take_in(desk, nothing(), agent_says("e1", "lena", message_id="m"), START)
    async with steps.intake(desk, nothing("boris"), customer_says("e1"), at(1), "chain") as intake:
        assert not intake.was_sent("m")
        assert intake.was_sent("m", [ANNA])
        assert intake.author_of("m", [BORIS, ANNA]) == "lena"


async def test_the_consolidated_reply_of_a_ticket_is_a_message_too(desk: EmbeddedHelpDesk) -> None:
    ticket = await tickets.take_in(desk, tickets.no_ticket(), customer_says("e1"), START)
    await tickets.take_in(desk, ticket, SendReply(id="e2", author=VERA, text="Paid."), at(1))
    async with steps.intake(desk, ticket, customer_says("e3"), at(2), "chain") as intake:
        assert intake.author_of(f"{ticket.case_id}:e2") == "vera"
        assert not intake.was_sent(f"{ticket.case_id}:e1")
        assert not intake.was_sent("another:e2")


async def test_the_previous_chat_brings_its_tickets_and_its_twins(desk: EmbeddedHelpDesk) -> None:
    linked: dict[str, Any] = {
        "assignee": "ivan",
        "line": "first",
        "ticket_id": "T-2",
        "tickets": ("T-1", "T-2"),
        "merged_from": ("chat:telegram:boris",),
        "merged_into": "ticket:T-9",
    }
    chat = await take_in(desk, nothing(), customer_says("e1"), START)
    await take_in(desk, chat, agent_says("e2", "ivan"), at(1), **linked, **CLOSED)
    async with steps.intake(desk, nothing(), customer_says("e3"), at(2), "next") as intake:
        found = intake.previous()
        assert intake.case_at(ANNA) == CaseAt(final=True, merged_into="ticket:T-9")
        assert intake.case_at(BORIS) is None
    assert found is not None
    assert found.case_id == chat.case_id
    kept = {name: getattr(found, name) for name in linked if name != "ticket_id"}
    assert kept == {name: value for name, value in linked.items() if name != "ticket_id"}


async def test_how_another_case_stands_is_said_of_its_latest_one(desk: EmbeddedHelpDesk) -> None:
    ticket = await tickets.take_in(desk, tickets.no_ticket(), customer_says("e1"), START)
    over: dict[str, Any] = {"stage": TicketStage.CLOSED, "status": Status.CLOSED, "merged_into": "ticket:T-2"}
    closed = await tickets.take_in(desk, ticket, agent_says("e2", "ivan"), at(1), **over)
    here = CaseRef.at("ticket:T-1")
    async with steps.intake(desk, nothing(), customer_says("e1"), at(2), "chain") as intake:
        assert intake.case_at(here) == CaseAt(final=True, merged_into="ticket:T-2")
    await tickets.take_in(desk, closed, customer_says("e3"), at(3))
    async with steps.intake(desk, nothing(), customer_says("e1"), at(4), "chain") as intake:
        assert intake.case_at(here) == CaseAt(final=False, merged_into=None)


async def test_what_was_heard_is_found_by_its_id_with_the_case_that_had_it(desk: EmbeddedHelpDesk) -> None:
    message = customer_says("e1", "Hello", message_id="m", attachments=("a.pdf",), at=START)
    chat = await take_in(desk, nothing(), message, START)
    async with steps.intake(desk, nothing("boris"), message, START, "chain") as intake:
        intake.take_in(nothing("boris"), nothing("boris"), [], opened=False)  # such as a blocked one's

    found = await desk.heard(ANNA, "e1")
    assert found is not None
    assert found.event == message
    assert found.snapshot is not None
    assert found.snapshot.case_id == chat.case_id
    blocked = await desk.heard(BORIS, "e1")
    assert blocked is not None
    assert blocked.snapshot is None
    assert await desk.heard(ANNA, "e2") is None


async def test_a_merged_case_is_done_once_everything_was_forwarded(desk: EmbeddedHelpDesk) -> None:
    chat = await take_in(desk, nothing(), customer_says("e1"), START)
    forward = Forward(
        key=f"{chat.case_id}:e2:forward",
        case=ref(chat),
        event_id="e2",
        decided_at=at(1),
        to="chat:telegram:boris",
        merged_by=VERA,
    )
    over = {**CLOSED, "merged_into": "chat:telegram:boris"}
    await take_in(desk, chat, agent_says("e2", "ivan"), at(1), effects=[forward], **over)
    kept = await desk.kept(ANNA)
    assert kept is not None
    assert (kept.done, kept.unsent) == (False, (forward,))

    assert await desk.note_forwarded(forward)
    assert not await desk.note_forwarded(forward), "once"
    kept = await desk.kept(ANNA)
    assert kept is not None
    assert kept.done
