"""The ledger keeps each case whole: what a new workflow finds of a case whose own workflow is gone."""

from __future__ import annotations

import json
from typing import Any

from sqlalchemy import text

from baton.contract import (
    Activity,
    Author,
    AuthorType,
    DepartmentState,
    Event,
    Note,
    NoteAdded,
    Status,
    Tell,
    TicketStage,
)
from baton.model.chat.state import ChatState
from baton.model.decision import CaseState, Kept
from baton.model.ticket.state import DraftSources, TicketState
from helpdesks import migrations
from helpdesks.database import Database
from helpdesks.embedded import EmbeddedHelpDesk
from helpdesks.engines import parse_url
from lab.ledger import events_of
from tests import steps
from tests.helpdesk import tickets
from tests.helpdesk.chats import (
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
from tests.helpdesk.tickets import department, no_ticket

CLOSED: dict[str, Any] = {"activity": Activity.ENDED, "status": Status.CLOSED}
IVAN = Tell(staff=("ivan",), reason="mine")


async def lost(
    desk: EmbeddedHelpDesk, before: CaseState, chain: str = "new", event: Event | None = None
) -> Kept | None:
    """What a chain of runs finds that has no case yet."""
    async with steps.intake(desk, before, event or customer_says("next"), at(900), chain) as intake:
        return intake.lost()


async def found(desk: EmbeddedHelpDesk, before: CaseState, chain: str = "new") -> Kept:
    kept = await lost(desk, before, chain)
    assert kept is not None
    return kept


def keys(kept: Kept) -> list[str]:
    return [effect.key for effect in kept.unsent]


# --- Which case ---------------------------------------------------------------------------------


async def test_nothing_is_lost_where_there_was_no_case(desk: EmbeddedHelpDesk) -> None:
    assert await lost(desk, nothing()) is None
    assert await lost(desk, no_ticket()) is None


async def test_a_chat_is_found_by_another_chain_as_the_rules_left_it(desk: EmbeddedHelpDesk) -> None:
    times = {"wrote_at": START, "held_since": at(1), "idle_after": 60.0, "wake_at": at(30)}
    left = {"assignee": "ivan", "pinned_to": "ivan", "timed": {"slow": at(3)}, "holders": {"line-1": "ivan"}}
    chat = await take_in(desk, nothing(), customer_says("e1"), START, settled={**times, **left})

    kept = await found(desk, nothing())

    assert (kept.state, kept.unsent, kept.seen, kept.done) == (chat, (), {"e1": START}, False)
    assert await lost(desk, nothing(), chain="chain") is None, "it is deciding about its first event again"
    by_place = await desk.kept(ref(chat).model_copy(update={"case_id": ""}))
    assert by_place == kept.model_copy(update={"seen": {}})


async def test_a_chain_that_took_a_case_over_finds_it_again_with_what_came_since(
    desk: EmbeddedHelpDesk,
) -> None:
    """Otherwise a worker that dies at that moment, or a reset, would make a separate case from the event."""
    chat = await take_in(desk, nothing(), customer_says("e1"), START)
    later = await take_in(desk, chat, agent_says("e2", "ivan"), at(5), chain="new", pinned_to="ivan")

    kept = await found(desk, nothing())

    assert (kept.state, list(kept.seen)) == (later, ["e1", "e2"])


async def test_a_chat_that_is_closed_and_written_is_not_lost(desk: EmbeddedHelpDesk) -> None:
    chat = await take_in(desk, nothing(), customer_says("e1"), START)
    closing = notice(chat, "c:e2:notify", IVAN)
    closed = await take_in(desk, chat, agent_says("e2", "ivan"), at(5), effects=[closing], **CLOSED)
    assert closed.final

    waits = await found(desk, nothing())
    assert (waits.state, keys(waits), waits.done) == (closed, ["c:e2:notify"], False)
    await desk.notify(closing)

    assert await lost(desk, nothing()) is None
    kept = await desk.kept(ref(chat))
    assert kept is not None
    assert kept.done


async def test_of_two_chats_of_the_same_moment_the_living_one_is_found(desk: EmbeddedHelpDesk) -> None:
    first = await take_in(desk, nothing(), customer_says("e1"), START)
    closed = await take_in(desk, first, agent_says("e2", "ivan"), START, **CLOSED)
    second = await take_in(desk, closed, customer_says("e3"), START)
    assert first.opened_at == second.opened_at

    assert (await found(desk, nothing())).state == second


async def test_a_case_that_a_reset_withdrew_is_not_found(desk: EmbeddedHelpDesk) -> None:
    chat = await take_in(desk, nothing(), customer_says("e1"), START)
    closed = await take_in(desk, chat, agent_says("e2", "ivan"), at(5), **CLOSED)
    await take_in(desk, closed, customer_says("e3"), at(10))
    # After the reset the second message came before the end.
    again = await take_in(desk, chat, customer_says("e3"), at(20))
    assert again.case_id == chat.case_id
    assert (await found(desk, nothing())).state == again
    await take_in(desk, again, agent_says("e2", "ivan"), at(30), **CLOSED)

    assert await lost(desk, nothing()) is None


# --- What is not yet carried out ----------------------------------------------------------------


async def test_what_still_waits_is_kept_and_what_was_sent_is_not(desk: EmbeddedHelpDesk) -> None:
    chat = await take_in(desk, nothing(), customer_says("e1"), START)
    one, two = message(chat, "c:e2:reply:0", "One"), message(chat, "c:e2:reply:1", "Two")
    chat = await take_in(desk, chat, customer_says("e2"), at(1), effects=[one, two])
    assert (await found(desk, nothing())).unsent == (one, two)
    third = write(chat, "e3", at(2), key="c:e3:write")
    chat = await take_in(desk, chat, customer_says("e3"), at(2), effects=[third], waiting=[two.key])

    kept = await found(desk, nothing())
    assert kept.unsent == (two, third)
    assert kept.unsent_size >= sum(len(one.model_dump_json()) for one in kept.unsent)
    await take_in(desk, chat, customer_says("e4"), at(3))
    assert (await found(desk, nothing())).unsent == ()


async def test_what_a_chat_had_not_sent_is_kept_with_the_next_one_of_its_workflow(
    desk: EmbeddedHelpDesk,
) -> None:
    first = await take_in(desk, nothing(), customer_says("e1"), START)
    last = notice(first, "c:e2:notify", IVAN)
    closed = await take_in(desk, first, agent_says("e2", "ivan"), at(1), effects=[last], **CLOSED)
    hello = message(closed, "c:e3:reply:0", "Hello again")
    await take_in(desk, closed, customer_says("e3"), at(2), effects=[hello], waiting=[last.key])

    assert (await found(desk, nothing())).unsent == (last, hello)


# --- Tickets and their notes --------------------------------------------------------------------


def noted(event_id: str, by: Author, said: str) -> NoteAdded:
    return NoteAdded(id=event_id, author=by, text=said)


async def test_a_ticket_is_found_whole_with_its_notes(desk: EmbeddedHelpDesk) -> None:
    """A note for two departments is kept once; a note for none belongs to no department."""
    asked = (department("billing", due_at=at(3600)), department("shipping"))
    told: dict[str, Any] = {
        "sources": DraftSources(people={"vera": "Vera"}),
        "template": "refund",
        "round": 1,
    }
    ticket = await tickets.take_in(
        desk, no_ticket(), customer_says("e1"), START, stage=TicketStage.COLLECTING, **told
    )
    note = Note(author=tickets.VERA, text="Paid twice.", at=at(5), event_id="n1", round=1)
    answered = tuple(
        one.model_copy(update={"state": DepartmentState.ANSWERED, "notes": (note,), "note_count": 1})
        for one in asked
    )
    ticket = await tickets.take_in(
        desk,
        ticket,
        noted("n1", tickets.VERA, "Paid twice."),
        at(5),
        departments=answered,
        contributed=("vera",),
    )
    ticket = await tickets.take_in(desk, ticket, noted("n2", tickets.IVAN, "Hurry up."), at(6))

    kept = await found(desk, no_ticket())

    assert isinstance(kept.state, TicketState)
    assert kept.state == ticket
    assert list(kept.seen) == ["e1", "n1", "n2"]
    rows = {row.event_id: row.credited for row in await events_of(desk, "T-1")}
    assert rows == {
        "e1": None,
        "n1": {"labels": ["billing", "shipping"], "keys": [None, None], "round": 1},
        "n2": None,
    }
    assert await desk.kept(tickets.ref(ticket)) == kept.model_copy(update={"seen": {}})


# --- Rows of the previous release ---------------------------------------------------------------

MOMENT = "2026-03-02 09:00:00.000000"
OLD_REST = {
    "round": 1,
    "prompts": 1,
    "departments": [
        {
            "label": "billing",
            "state": "answered",
            "asked_at": START.isoformat(),
            "answered_at": at(60).isoformat(),
            "answered_by": "vera",
            "notes": [
                {
                    "author": {"type": "staff", "id": "vera"},
                    "text": "Paid twice.",
                    "at": at(60).isoformat(),
                    "event_id": "n1",
                    "round": 1,
                }
            ],
        },
        {
            "label": "shipping",
            "state": "asked",
            "asked_at": START.isoformat(),
            "due_at": at(3600).isoformat(),
        },
    ],
}


async def _of_the_second_revision(url: str) -> None:
    """A chat and a ticket, both living, as a worker of the previous release left them."""
    common = {
        "customer": "anna",
        "status": "open",
        "assignee": "ivan",
        "line": None,
        "reserved_for": None,
        "holders": '{"line-1": "ivan"}',
        "last_author": "customer:anna",
        "previous_case": None,
        "settled": True,
        "ticket_id": None,
    }
    chat = common | {
        "case_id": "c-1",
        "kind": "chat",
        "channel": "telegram",
        "conversation": "anna",
        "activity": "active",
        "pinned_to": "ivan",
        "tab": "mine",
        "holder": "ivan",
        "labels": '["vip"]',
        "opened_by": "e1",
        "last_event": "e1",
    }
    ticket = common | {
        "case_id": "t-1",
        "kind": "ticket",
        "channel": "ticket:",
        "conversation": "T-1",
        "activity": "active",
        "pinned_to": None,
        "tab": "ticket",
        "holder": None,
        "labels": '["several-departments", "shipping"]',
        "opened_by": "t1",
        "last_event": "n1",
        "stage": "collecting",
        "dispatcher": "ivan",
        "subject": "Two invoices",
        "linked_channel": "telegram",
        "linked_conversation": "anna",
        "asked": '["shipping"]',
        "due_at": str(at(3600))[:19] + ".000000",
        "rest": json.dumps(OLD_REST),
    }
    event = {"chain": "old", "author": "customer:anna", "text": "Hello", "body": "{}", "rules": "[]"}
    events = [
        event
        | {"channel": "telegram", "conversation": "anna", "event_id": "e1", "case_id": "c-1"}
        | {"kind": "customer_message"},
        event
        | {"channel": "ticket:", "conversation": "T-1", "event_id": "t1", "case_id": "t-1"}
        | {"kind": "customer_message"},
        event
        | {"channel": "ticket:", "conversation": "T-1", "event_id": "n1", "case_id": "t-1"}
        | {"kind": "note_added", "author": "staff:vera", "text": "Paid twice."}
        | {"decided_at": MOMENT.replace("09:00", "09:01")},
    ]
    database = Database(parse_url(url))
    async with steps.step_by_step(database.write) as connection:
        migrations.upgrade(connection, "0002")
        if database.dialect == "postgresql":
            connection.execute(text("SET LOCAL TIME ZONE 'UTC'"))
        for table, rows in (("cases", [chat, ticket]), ("events", events)):
            moments = (
                ("last_message_at", "opened_at", "decided_at") if table == "cases" else ("at", "decided_at")
            )
            for row in rows:
                whole = {**dict.fromkeys(moments, MOMENT), **row}
                values = ", ".join(_literal(value) for value in whole.values())
                connection.execute(text(f"INSERT INTO {table} ({', '.join(whole)}) VALUES ({values})"))
    await database.close()


def _literal(value: Any) -> str:
    if value is None:
        return "NULL"
    if isinstance(value, bool):
        return str(value).upper()
    # A colon would begin a parameter.
    return "'" + str(value).replace("'", "''").replace(":", "\\:") + "'"


async def test_cases_of_the_release_before_are_found_with_all_that_their_rows_have(url: str) -> None:
    await _of_the_second_revision(url)
    async with EmbeddedHelpDesk.open(url) as desk:
        chat = (await found(desk, nothing())).state
        assert isinstance(chat, ChatState)
        customer = Author(type=AuthorType.CUSTOMER, id="anna")
        assert chat == nothing(
            case_id="c-1",
            activity=Activity.ACTIVE,
            status=Status.OPEN,
            assignee="ivan",
            pinned_to="ivan",
            labels=("vip",),
            holders={"line-1": "ivan"},
            last_author=customer,
            last_message_at=START,
            opened_at=START,
            # The clocks of idle end and timed rules run from the last message.
            wrote_at=START,
            customer_wrote_at=START,
        )

        kept = await found(desk, no_ticket())
        ticket = kept.state
        assert isinstance(ticket, TicketState)
        assert (ticket.stage, ticket.customer, ticket.subject) == (
            TicketStage.COLLECTING,
            "anna",
            "Two invoices",
        )
        assert (ticket.channel, ticket.conversation, ticket.ticket_id) == ("telegram", "anna", "T-1")
        assert (ticket.asked, ticket.due_at, ticket.contributed) == (("shipping",), at(3600), ("vera",))
        assert [[note.text for note in one.notes] for one in ticket.departments] == [["Paid twice."], []]
        assert (ticket.round, ticket.prompts, list(kept.seen)) == (1, 1, ["t1", "n1"])

        # The next event keeps it as this release does.
        later = await tickets.take_in(desk, ticket, customer_says("t2"), at(70), chain="old")
        assert (await found(desk, no_ticket())).state == later
