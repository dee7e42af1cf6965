"""Chats and tickets side by side in the tables, each in its own place; and how old rows get there."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pytest
from sqlalchemy import Connection, Select, create_engine, inspect, select, text

from baton.contract import DepartmentState, Note, NoteAdded, Status, Tell, TicketSnapshot, TicketStage
from baton.desk.api import InboxQuery, TicketQuery
from baton.errors import InvalidEvent
from baton.model.chat.state import ChatState
from baton.model.effects import Notice
from baton.model.ticket.state import TicketState
from helpdesks import keeping, migrations, queries, queues
from helpdesks.embedded import EmbeddedHelpDesk
from helpdesks.known import Kind
from helpdesks.places import derived_case_id, place_of
from helpdesks.schema import cases, events, metadata, notifications
from lab.ledger import cases_of, events_of, labels_of, rows
from lab.postgres import fresh_database
from tests import steps
from tests.helpdesk import chats, tickets
from tests.helpdesk.chats import START, at, customer_says, nothing
from tests.helpdesk.revisions import insert, migrated_and_made, write_at
from tests.helpdesk.tickets import IVAN, VERA, no_ticket

AT = [f"2026-03-02 09:00:0{second}.000000" for second in range(4)]
_OPEN = {"customer": "anna", "activity": "active", "status": "open", "assignee": "ivan", "holders": "{}"}
_CLOSED = {"customer": "anna", "activity": "ended", "status": "closed", "holders": "{}"}
_SAID = {"chain": "chain", "body": "{}", "rules": "[]"}
T_1 = {"channel": "ticket:", "conversation": "T-1"}
STATE_OF_T_1 = """{"ticket_id":"T-1","customer":"anna","subject":"Two invoices","channel":"telegram",
"conversation":"anna","case_id":"t-5ec0da9622ee","stage":"collecting","status":"open","assignee":"ivan",
"composer":"ivan","labels":["billing"],"departments":[{"label":"billing","state":"answered",
"asked_at":"2026-03-02T09:00:00Z"}],"opened_at":"2026-03-02T09:00:01Z"}"""
# A chat with the ticket that it opened, and one ticket more: closed, and linked to no chat.
ROWS_OF_THE_THIRD_REVISION = (
    insert(
        "cases",
        case_id="c-07f971788aa0",
        kind="chat",
        channel="telegram",
        conversation="anna",
        **{**_OPEN, "pinned_to": "ivan", "tab": "mine", "holder": "ivan", "labels": "[]", "ticket_id": "T-1"},
        opened_at=AT[0],
        opened_by="e1",
        decided_at=AT[0],
        last_event="e1",
        settled=True,
    ),
    insert(
        "cases",
        **{"case_id": "t-5ec0da9622ee", "kind": "ticket", **T_1, **_OPEN, "tab": "ticket"},
        opened_at=AT[1],
        opened_by="e1",
        decided_at=AT[2],
        last_event="n1",
        settled=False,
        stage="collecting",
        composer="ivan",
        subject="Two invoices",
        labels='["billing"]',
        linked_channel="telegram",
        linked_conversation="anna",
        rest=STATE_OF_T_1,
        asked="[]",
    ),
    insert(
        "cases",
        case_id="t-5fc7b5dc5521",
        kind="ticket",
        channel="ticket:",
        conversation="T-2",
        **{**_CLOSED, "tab": "ticket", "labels": "[]", "stage": "closed", "subject": "Thanks", "asked": "[]"},
        opened_at=AT[0],
        opened_by="e1",
        decided_at=AT[3],
        last_event="e2",
        settled=False,
    ),
    insert("case_labels", case_id="t-5ec0da9622ee", label="billing"),
    insert(
        "events",
        channel="telegram",
        conversation="anna",
        event_id="e1",
        case_id="c-07f971788aa0",
        **{**_SAID, "kind": "customer_message", "author": "customer:anna", "at": AT[0], "decided_at": AT[0]},
        text="Two invoices",
    ),
    insert(
        "events",
        **{**T_1, "event_id": "e1", "case_id": "t-5ec0da9622ee", "text": "Two invoices"},
        **{**_SAID, "kind": "customer_message", "author": "customer:anna", "at": AT[1], "decided_at": AT[1]},
    ),
    insert(
        "events",
        **{**T_1, "event_id": "n1", "case_id": "t-5ec0da9622ee", "text": "One is a copy"},
        **{**_SAID, "kind": "note_added", "author": "staff:vera", "at": AT[2], "decided_at": AT[2]},
        credited='{"labels": ["billing"], "round": 1}',
    ),
    insert(
        "events",
        **{**T_1, "event_id": "r1", "message_id": "m1", "text": "Soon"},
        **{**_SAID, "kind": "reply_sent", "author": "staff:ivan", "at": AT[0], "decided_at": AT[0]},
    ),
    insert(
        "events",
        channel="ticket:",
        conversation="T-2",
        event_id="e2",
        case_id="t-5fc7b5dc5521",
        **{**_SAID, "kind": "customer_message", "author": "customer:anna", "at": AT[3], "decided_at": AT[3]},
        text="Thanks",
    ),
    insert(
        "notifications",
        **{**T_1, "case_id": "t-5ec0da9622ee", "key": "n", "staff": "ivan", "reason": "note", "at": AT[2]},
    ),
    insert(
        "notifications",
        channel="telegram",
        conversation="anna",
        case_id="c-07f971788aa0",
        key="c",
        staff="ivan",
        reason="waiting",
        at=AT[0],
    ),
)
LINKED = no_ticket("T-1", channel="telegram", conversation="anna")


async def test_the_rows_of_a_ticket_move_to_its_own_place(url: str) -> None:
    await write_at(url, "0003", ROWS_OF_THE_THIRD_REVISION)
    async with EmbeddedHelpDesk.open(url) as desk:
        by_id = select(
            *(cases.c.kind, cases.c.channel, cases.c.conversation, cases.c.ticket_id),
            *(cases.c.activity, cases.c.tab, cases.c.settled),
        ).order_by(cases.c.case_id)
        assert [tuple(row) for row in await rows(desk, by_id)] == [
            ("chat", "telegram", "anna", "T-1", "active", "mine", True),
            ("ticket", "telegram", "anna", "T-1", None, None, False),
            ("ticket", None, None, "T-2", None, None, False),
        ]
        placed = select(events.c.channel, events.c.conversation, events.c.ticket_id, events.c.event_id)
        assert [tuple(row) for row in await rows(desk, placed.order_by(events.c.id))] == [
            ("telegram", "anna", None, "e1"),
            (None, None, "T-1", "e1"),
            (None, None, "T-1", "n1"),
            (None, None, "T-1", "r1"),
            (None, None, "T-2", "e2"),
        ]
        told = select(notifications.c.channel, notifications.c.conversation, notifications.c.ticket_id)
        assert [tuple(row) for row in await rows(desk, told.order_by(notifications.c.key))] == [
            ("telegram", "anna", None),
            (None, None, "T-1"),
        ]


async def test_a_migration_takes_as_long_as_it_takes(
    postgresql: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Statements of an activity are given up in time; but a migration that is given up would never finish."""
    url = await fresh_database(postgresql)
    await write_at(url, "0003", ())
    monkeypatch.setattr("helpdesks.engines._STATEMENT_SECONDS", 3)
    upgrade = migrations.upgrade

    def slow(connection: Connection) -> None:
        connection.execute(text("SELECT pg_sleep(4)"))
        upgrade(connection)

    monkeypatch.setattr(migrations, "upgrade", slow)
    async with EmbeddedHelpDesk.open(url) as desk:
        assert await desk.tickets(TicketQuery()) == []


async def test_cases_of_the_third_revision_are_shown_as_before(url: str) -> None:
    await write_at(url, "0003", ROWS_OF_THE_THIRD_REVISION)
    async with EmbeddedHelpDesk.open(url) as desk:
        (row,) = await desk.tickets(TicketQuery())
        assert (row.ticket_id, row.stage, row.composer) == ("T-1", TicketStage.COLLECTING, "ivan")
        assert [chat.conversation for chat in await desk.inbox(InboxQuery())] == ["anna"]
        assert [(one.ticket_id, one.channel, one.conversation) for one in await desk.notices("ivan", 9)] == [
            ("T-1", "", ""),
            (None, "telegram", "anna"),
        ]
        chat_ref, ticket_ref = await desk.touched_by("ivan")
        assert (chat_ref.workflow_id, ticket_ref.workflow_id) == ("chat:telegram:anna", "ticket:T-1")
        assert (ticket_ref.channel, ticket_ref.conversation) == ("telegram", "anna")
        assert await labels_of(desk, "t-5ec0da9622ee") == {"billing": None}


async def test_cases_of_the_third_revision_are_kept_whole(url: str) -> None:
    await write_at(url, "0003", ROWS_OF_THE_THIRD_REVISION)
    async with EmbeddedHelpDesk.open(url) as desk:
        chat_ref, ticket_ref = await desk.touched_by("ivan")
        chat, ticket = await desk.kept(chat_ref), await desk.kept(ticket_ref)
    assert chat is not None
    assert isinstance(chat.state, ChatState)
    assert (chat.state.pinned_to, chat.state.ticket_id) == ("ivan", "T-1")
    assert ticket is not None
    assert isinstance(ticket.state, TicketState)
    (billing,) = ticket.state.departments
    assert billing.state is DepartmentState.ANSWERED
    assert billing.notes == (Note(author=VERA, text="One is a copy", at=at(2), event_id="n1", round=1),)


async def test_a_ticket_of_the_third_revision_knows_its_events_and_goes_on(url: str) -> None:
    await write_at(url, "0003", ROWS_OF_THE_THIRD_REVISION)
    async with EmbeddedHelpDesk.open(url) as desk:
        known = await tickets.known(desk, LINKED, customer_says("e1"), at(9))
        assert known.case_id == "t-5ec0da9622ee"
        assert isinstance(known.snapshot, TicketSnapshot)
        assert (known.snapshot.channel, known.snapshot.conversation) == ("telegram", "anna")
        async with steps.intake(desk, LINKED, customer_says("e9"), at(9), "chain") as intake:
            assert intake.author_of("m1") == "ivan"
        ticket = LINKED.model_copy(
            update={"case_id": "t-5ec0da9622ee", "stage": TicketStage.COLLECTING, "status": Status.OPEN}
        )
        note = NoteAdded(id="n2", author=IVAN, text="And the other?")
        ticket = await tickets.take_in(desk, ticket, note, at(10), labels=("billing", "shipping"))
        await desk.write_case(tickets.write(ticket, "n2", at(10)))
        assert [row.event_id for row in await events_of(desk, "T-1", "note_added")] == ["n1", "n2"]
        (row,) = await desk.tickets(TicketQuery())
        assert row.labels == ("billing", "shipping")


async def test_a_chat_and_its_ticket_do_not_get_into_each_other_s_way(desk: EmbeddedHelpDesk) -> None:
    chat = await chats.take_in(desk, nothing(), customer_says("e1"), START, ticket_id="T-1")
    ticket = await tickets.take_in(desk, LINKED, customer_says("e1"), at(1))
    await desk.write_case(chats.write(chat, "e1", START))
    await desk.write_case(tickets.write(ticket, "e1", at(1)))
    assert [row.case_id for row in await cases_of(desk, "anna")] == [chat.case_id]
    assert [row.case_id for row in await cases_of(desk, "T-1")] == [ticket.case_id]
    # A new case in one place closes what lives there, and nothing in the other.
    again = await tickets.take_in(desk, LINKED, customer_says("e2"), at(2))
    assert [(row.case_id, row.stage) for row in await cases_of(desk, "T-1")] == [
        (ticket.case_id, TicketStage.CLOSED),
        (again.case_id, TicketStage.TRIAGE),
    ]
    (row,) = await cases_of(desk, "anna")
    assert (row.activity, row.tab) == ("active", "new")


async def test_a_case_of_a_database_that_is_younger_gets_its_place(desk: EmbeddedHelpDesk) -> None:
    ticket = LINKED.model_copy(
        update={"case_id": "t-1", "stage": TicketStage.TRIAGE, "status": Status.OPEN, "assignee": "ivan"}
    )
    await desk.write_case(tickets.write(ticket, "e1", START))
    (row,) = await cases_of(desk, "T-1")
    assert (row.kind, row.channel, row.conversation) == ("ticket", "telegram", "anna")
    assert await desk.touched_by("ivan") == [tickets.ref(ticket)]


async def test_nobody_takes_the_row_of_a_ticket(desk: EmbeddedHelpDesk) -> None:
    await tickets.take_in(desk, no_ticket("T-1", case_id="crm-7"), customer_says("e1"), START)
    with pytest.raises(InvalidEvent, match="'crm-7' belongs to another ticket, 'T-1': start"):
        await chats.take_in(desk, nothing(case_id="crm-7"), customer_says("e1"), at(1))


def test_the_locks_of_a_chat_and_of_a_ticket_differ() -> None:
    assert place_of(nothing("T-1", ticket_id="T-1")).lock == "chat:telegram:T-1"
    assert place_of(LINKED).lock == "ticket:T-1"


def test_the_id_of_a_case_stays_what_it_was() -> None:
    """The IDs are as the release made them that wrote the rows above."""
    assert derived_case_id(place_of(nothing()), "e1") == "c-07f971788aa0"
    assert derived_case_id(place_of(no_ticket("T-1")), "e1") == "t-5ec0da9622ee"


async def test_a_notice_belongs_to_the_place_of_its_case(desk: EmbeddedHelpDesk) -> None:
    ticket = await tickets.take_in(desk, LINKED, customer_says("e1"), START)
    chat = await chats.take_in(desk, nothing(), customer_says("e1"), START)
    tell = (Tell(staff=("ivan",), reason="r"),)
    await desk.notify(Notice(**tickets.effect(ticket, "n"), tell=tell))
    await desk.notify(chats.notice(chat, "n", *tell))
    assert {(one.ticket_id, one.channel, one.conversation) for one in await desk.notices(None, 9)} == {
        ("T-1", "", ""),
        (None, "telegram", "anna"),
    }


# --- What the database makes of it ----------------------------------------------------------------


def _conditions(connection: Connection) -> Mapping[str, str]:
    """Each index as the database says it, by name."""
    said = (
        "SELECT name, sql FROM sqlite_master WHERE type = 'index' AND sql IS NOT NULL"
        if connection.dialect.name == "sqlite"
        else "SELECT indexname, indexdef FROM pg_indexes WHERE schemaname = current_schema"
    )
    found = connection.execute(text(said))
    schema = f"{inspect(connection).default_schema_name}."
    return {
        name: " ".join(sql.replace('"', "").replace(schema, "").split())
        for name, sql in found
        if "alembic" not in name
    }


async def test_the_migrations_make_the_same_indexes_as_the_schema(
    url: str, request: pytest.FixtureRequest
) -> None:
    """Alembic does not compare their conditions."""
    migrated, made = await migrated_and_made(url, request, _conditions)
    assert migrated.keys() >= {"ix_cases_tab", "ix_cases_holder"}
    assert made == migrated


PARAMETERS: Mapping[str, Any] = {
    "channel": "telegram",
    "conversation": "anna",
    "ticket_id": "T-1",
    "event_id": "e",
    "case_id": "c",
    "wanted": "c",
    "message_id": "m",
    "customer": "anna",
    "blocked_customer": "anna",
    "staff": ["ivan"],
    "kind": "chat",
    "own_case": "c",
    "source": "c:e",
    "fresh_after": START,
    "line": "line-1",
    "until": START,
    "most": 50,
}
EVENT_OF: Mapping[Kind, str] = {
    "chat": "uq_events_channel_conversation_event_id",
    "ticket": "uq_events_ticket_id_event_id",
}
CASE_OF: Mapping[Kind, str] = {"chat": "ix_cases_channel_conversation", "ticket": "ix_cases_ticket_id"}
MESSAGE_OF: Mapping[Kind, str] = {"chat": "ix_events_message_id", "ticket": "ix_events_ticket_message_id"}


def _plan(statement: Select[Any]) -> str:
    """How SQLite would carry out a statement."""
    engine = create_engine("sqlite://")
    metadata.create_all(engine)
    bound = statement.params(**PARAMETERS)
    options = {"literal_binds": True, "render_postcompile": True}
    written = str(bound.compile(engine, compile_kwargs=options))
    with engine.connect() as connection:
        steps = [row[3] for row in connection.exec_driver_sql(f"EXPLAIN QUERY PLAN {written}")]
    engine.dispose()
    # SQLite makes indexes for uniqueness without a name of ours: identify them by their columns.
    named = {
        "(channel=? AND conversation=? AND event_id=?)": EVENT_OF["chat"],
        "(ticket_id=? AND event_id=?)": EVENT_OF["ticket"],
    }
    return "\n".join(
        [f"{step} {''.join(name for columns, name in named.items() if columns in step)}" for step in steps]
    )


@pytest.mark.parametrize("kind", ["chat", "ticket"])
def test_whatever_is_asked_about_a_place_is_found_by_an_index(kind: Kind) -> None:
    """A case piles up events for years; every event of every case would cause a scan of them."""
    for statement, indexes in (
        (queries.FOUND[kind], (EVENT_OF[kind],)),
        (queries.TAKEN_IN_AT[kind], (EVENT_OF[kind],)),
        (queries.PREVIOUS[kind], (CASE_OF[kind],)),
        (keeping.LATEST[kind], (CASE_OF[kind], EVENT_OF[kind])),
        (queries.SENDER[kind], (MESSAGE_OF[kind],)),
        (queries.OTHER_HOLDER[kind], ("ix_cases_customer",)),
        (queues.WAITING, ("ix_cases_queue",)),
    ):
        plan = _plan(statement)
        assert [index for index in indexes if index not in plan] == [], plan
        assert "SCAN cases" not in plan
        assert "SCAN events" not in plan
