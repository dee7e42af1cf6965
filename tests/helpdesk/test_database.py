"""The connection: URLs, migrations, and what happens when the database cannot be reached."""

from __future__ import annotations

import asyncio
import sqlite3
import sys
import traceback
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from psycopg import AsyncConnection
from sqlalchemy import Connection, event, inspect, text
from sqlalchemy.exc import IntegrityError

from baton.contract import Activity, Status, Tab
from baton.desk.api import InboxQuery, TicketQuery
from baton.errors import HelpDeskUnavailable, SettingsError
from baton.settings import CHECKOUT
from helpdesks.database import Database
from helpdesks.embedded import EmbeddedHelpDesk
from helpdesks.engines import parse_url
from helpdesks.schema import attendance, events, metadata
from lab.postgres import fresh_database
from tests import steps
from tests.helpdesk import tickets
from tests.helpdesk.chats import ALL, START, agent_says, at, customer_says, nothing, ref, take_in
from tests.helpdesk.revisions import write_at

OPEN_AND_WRITE = """
import asyncio, sys
from helpdesks.embedded import EmbeddedHelpDesk
from tests.helpdesk.chats import START, customer_says, nothing, take_in

async def main(url: str, conversation: str) -> None:
    async with EmbeddedHelpDesk.open(url) as desk:
        await take_in(desk, nothing(conversation), customer_says("e"), START)

asyncio.run(main(*sys.argv[1:]))
"""

BEFORE, SINCE = "2026-03-01 09:00:00.000000", "2026-03-02 09:00:00.000000"
# A living chat and the one before it, as the first release wrote them.
ROWS_OF_THE_FIRST_REVISION = (
    f"""INSERT INTO cases VALUES (
        'c-0', 'chat', 'telegram', 'anna', 'anna', 'ended', 'closed', 'ivan', NULL, NULL, NULL, 'ended',
        NULL, '[]', '{{}}', NULL, '{BEFORE}', NULL, '{BEFORE}', 'e0', '{BEFORE}', 'e0', TRUE)""",
    f"""INSERT INTO cases VALUES (
        'c-1', 'chat', 'telegram', 'anna', 'anna', 'active', 'open', 'ivan', NULL, 'ivan', NULL, 'mine',
        'ivan', '["vip"]', '{{}}', NULL, '{SINCE}', NULL, '{SINCE}', 'e1', '{SINCE}', 'e1', TRUE)""",
    f"""INSERT INTO events
        (channel, conversation, event_id, case_id, chain, kind, author, at, decided_at, text, body, rules)
        VALUES ('telegram', 'anna', 'e1', 'c-1', 'chain', 'customer_message', 'customer:anna', '{SINCE}',
        '{SINCE}', 'Hello', '{{}}', '[]')""",
    f"INSERT INTO entries VALUES ('message', 'c-1:e1:reply:0', 0, 'c-1', 'Hi', '[\"greeting\"]', '{SINCE}')",
)


def _differences(connection: Connection) -> Sequence[Any]:
    context = MigrationContext.configure(
        connection, opts={"compare_type": True, "compare_server_default": True}
    )
    return list(compare_metadata(context, metadata))


async def test_the_migrations_lead_to_the_schema(url: str) -> None:
    async with EmbeddedHelpDesk.open(url):
        pass
    database = Database(parse_url(url))
    assert await database.read(_differences) == []
    indexes = await database.read(
        lambda connection: {index["name"] for index in inspect(connection).get_indexes("cases")}
    )
    await database.close()
    assert indexes == {index.name for index in metadata.tables["cases"].indexes}


async def test_what_was_kept_is_there_when_the_help_desk_is_opened_again(url: str) -> None:
    async with EmbeddedHelpDesk.open(url) as desk:
        await take_in(desk, nothing(), customer_says("e"), START)
    async with EmbeddedHelpDesk.open(url) as desk:
        assert len(await desk.inbox(InboxQuery())) == 1


async def test_processes_that_open_a_new_database_at_once_all_succeed(url: str) -> None:
    processes = [
        await asyncio.create_subprocess_exec(
            *(sys.executable, "-W", "error", "-c", OPEN_AND_WRITE, url, f"customer-{number}"),
            cwd=CHECKOUT,
            stderr=asyncio.subprocess.PIPE,
        )
        for number in range(4)
    ]
    said = [(await process.communicate())[1].decode() for process in processes]
    assert [process.returncode for process in processes] == [0, 0, 0, 0], said
    async with EmbeddedHelpDesk.open(url) as desk:
        assert len(await desk.inbox(InboxQuery())) == 4


async def test_help_desks_that_open_a_new_database_at_once_all_succeed(url: str) -> None:
    async def opened(number: int) -> None:
        async with EmbeddedHelpDesk.open(url) as desk:
            await take_in(desk, nothing(f"customer-{number}"), customer_says("e"), START)

    await asyncio.gather(*(opened(number) for number in range(8)))
    async with EmbeddedHelpDesk.open(url) as desk:
        kept = [row.conversation for row in await desk.inbox(InboxQuery())]
    assert sorted(kept) == [f"customer-{number}" for number in range(8)]


async def test_many_writers_of_one_process_all_get_their_turn(desk: EmbeddedHelpDesk) -> None:
    await asyncio.gather(
        *(take_in(desk, nothing(f"customer-{number}"), customer_says("e"), START) for number in range(60))
    )
    assert len(await desk.inbox(InboxQuery(limit=100))) == 60


async def test_a_writer_that_is_cancelled_does_not_hold_up_the_next(desk: EmbeddedHelpDesk) -> None:
    inside = asyncio.Event()

    async def stalls() -> None:
        async with steps.intake(desk, nothing(), customer_says("e"), START, "chain"):
            inside.set()
            await asyncio.Event().wait()

    stalled = asyncio.create_task(stalls())
    await inside.wait()
    stalled.cancel()
    with pytest.raises(asyncio.CancelledError):
        await stalled
    next_one = await take_in(desk, nothing(), customer_says("e"), START)
    assert next_one.exists, "what the one before had begun is not there, and this one is"
    assert [row.conversation for row in await desk.inbox(InboxQuery())] == [next_one.conversation]


@pytest.mark.parametrize(
    ("url", "hint"),
    [
        ("mysql://root:secret@db/baton", "must begin with postgresql:// or sqlite:///"),
        ("postgresql+pg8000://root:secret@db/baton", "must begin with postgresql:// or sqlite:///"),
        ("sqlite://", "names no file"),
        ("sqlite://root:secret@db/baton", "names no file"),
        ("postgresql://root:secret@db:54x/baton", "host or port"),
        ("sqlite:///:memory:", "names no file"),
        ("sqlite:////no/such/folder/baton.db", "there is no folder /no/such/folder"),
        ("baton.db", "must begin with postgresql:// or sqlite:///"),
    ],
)
def test_a_url_that_cannot_be_used_is_refused_with_the_right_form(url: str, hint: str) -> None:
    with pytest.raises(SettingsError, match=hint) as refused:
        parse_url(url)
    assert "secret" not in str(refused.value)


@pytest.mark.parametrize(
    "url",
    [
        "postgresql://baton:secret@127.0.0.1:1/cases?secret=secret",
        "postgresql+asyncpg://baton:secret@127.0.0.1:1/cases?port=secret",
        "sqlite:///{folder}/baton.db?timeout=secret",
    ],
)
async def test_a_parameter_that_the_driver_does_not_take_is_one_sentence(url: str, tmp_path: Path) -> None:
    with pytest.raises(SettingsError, match=r"has a parameter behind its \? that") as refused:
        async with EmbeddedHelpDesk.open(url.format(folder=tmp_path)):
            pytest.fail("it opened")
    assert "secret" not in "".join(traceback.format_exception(refused.value))


@pytest.mark.parametrize("scheme", ["postgresql", "postgres", "postgresql+psycopg", "postgresql+asyncpg"])
@pytest.mark.parametrize("parameter", ["sslmode", "ssl"])
def test_the_driver_is_filled_in_also_for_urls_of_earlier_releases(scheme: str, parameter: str) -> None:
    url = parse_url(f"{scheme}://baton:secret@db:5433/baton?{parameter}=require")
    assert url.drivername == "postgresql+psycopg"
    assert url.query == {"sslmode": "require"}
    assert (url.host, url.port, url.password) == ("db", 5433, "secret")


async def test_a_database_that_is_not_there_is_unavailable_and_its_password_not_told() -> None:
    with pytest.raises(HelpDeskUnavailable) as unavailable:
        async with EmbeddedHelpDesk.open("postgresql://baton:secret@127.0.0.1:1/cases"):
            pass
    assert "PostgreSQL database cases on 127.0.0.1" in str(unavailable.value)
    assert "secret" not in str(unavailable.value)


async def test_a_database_that_is_locked_is_unavailable(tmp_path: Path) -> None:
    path = tmp_path / "baton.db"
    async with EmbeddedHelpDesk.open(f"sqlite:///{path}?timeout=0.05") as desk:
        other = sqlite3.connect(path, isolation_level=None)
        other.execute("BEGIN IMMEDIATE")
        with pytest.raises(HelpDeskUnavailable, match=r"baton\.db: database is locked"):
            await desk.block_customer("anna", blocked=True)
        assert await desk.inbox(InboxQuery()) == []  # readers do not mind
        other.close()
        await desk.block_customer("anna", blocked=True)


async def test_a_file_that_is_no_database_is_refused_and_left_alone(tmp_path: Path) -> None:
    path = tmp_path / "baton.db"
    path.write_text("Notes of the last meeting. " * 100, encoding="utf-8")
    with pytest.raises(
        SettingsError, match=r"baton\.db is no SQLite database.*BATON_DATABASE_URL"
    ) as refused:
        async with EmbeddedHelpDesk.open(f"sqlite:///{path}"):
            pass
    assert str(refused.value).startswith(f"the SQLite file {path}")
    assert path.read_text(encoding="utf-8").startswith("Notes of the last meeting.")


async def test_a_database_whose_pages_are_damaged_is_unavailable(tmp_path: Path) -> None:
    path = tmp_path / "baton.db"
    async with EmbeddedHelpDesk.open(f"sqlite:///{path}"):
        pass
    whole = path.read_bytes()
    path.write_bytes(whole[:100] + b"\xff" * (len(whole) - 100))
    with pytest.raises(HelpDeskUnavailable, match=r"baton\.db: database disk image is malformed"):
        async with EmbeddedHelpDesk.open(f"sqlite:///{path}"):
            pass


async def test_a_disk_that_is_full_is_unavailable_and_nothing_is_lost(tmp_path: Path) -> None:
    async with EmbeddedHelpDesk.open(f"sqlite:///{tmp_path}/baton.db") as desk:
        await take_in(desk, nothing(), customer_says("e0"), START)
        pages = 1  # SQLite keeps the existing ones

        @event.listens_for(desk._database.engine, "begin")
        def limit(connection: Connection) -> None:
            connection.exec_driver_sql(f"PRAGMA max_page_count = {pages}")

        long = "a text that needs pages of its own " * 2000
        with pytest.raises(HelpDeskUnavailable, match=r"baton\.db: database or disk is full"):
            await take_in(desk, nothing("other"), customer_says("e1", long), START)
        assert len(await desk.inbox(InboxQuery())) == 1, "what can be read is read"
        pages = 100_000
        await take_in(desk, nothing("other"), customer_says("e1", long), START)
        assert len(await desk.inbox(InboxQuery())) == 2


async def test_a_full_disk_of_postgresql_is_unavailable(postgresql: str) -> None:
    database = Database(parse_url(await fresh_database(postgresql)))
    with pytest.raises(HelpDeskUnavailable, match="could not extend file"):
        async with steps.step_by_step(database.write) as connection:
            connection.execute(
                text("DO $$ BEGIN RAISE disk_full USING MESSAGE = 'could not extend file'; END $$")
            )
    await database.close()


async def test_a_connection_that_is_lost_is_unavailable_and_then_replaced(postgresql: str) -> None:
    administrator = await AsyncConnection.connect(postgresql, autocommit=True)
    await administrator.execute("CREATE DATABASE lost")
    async with EmbeddedHelpDesk.open(postgresql.replace("/postgres?", "/lost?")) as desk:
        await take_in(desk, nothing(), customer_says("e"), START)
        await administrator.execute(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = 'lost'"
        )
        with pytest.raises(HelpDeskUnavailable, match="PostgreSQL database lost on"):
            await desk.block_customer("anna", blocked=True)
        await desk.block_customer("anna", blocked=True)
    await administrator.close()


async def test_a_connection_lost_in_the_middle_of_an_intake_leaves_no_trace(postgresql: str) -> None:
    administrator = await AsyncConnection.connect(postgresql, autocommit=True)
    await administrator.execute("CREATE DATABASE lost_inside")

    async def interrupted(desk: EmbeddedHelpDesk) -> None:
        async with steps.intake(desk, nothing(), customer_says("e"), START, "chain") as intake:
            await administrator.execute(
                "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = 'lost_inside'"
            )
            intake.take_in(nothing(), nothing(), [], opened=False)

    async with EmbeddedHelpDesk.open(postgresql.replace("/postgres?", "/lost_inside?")) as desk:
        with pytest.raises(HelpDeskUnavailable):
            await interrupted(desk)
        async with steps.intake(desk, nothing(), customer_says("e"), START, "chain") as intake:
            assert intake.known_event() is None
    await administrator.close()


async def test_a_mistake_in_a_statement_is_not_taken_for_a_lost_database(url: str) -> None:
    async with EmbeddedHelpDesk.open(url):
        pass
    database = Database(parse_url(url))
    with pytest.raises(IntegrityError) as mistake:
        async with steps.step_by_step(database.write) as connection:
            connection.execute(attendance.insert(), [{"staff": "secret"}, {"staff": "secret"}])
    assert "[SQL parameters hidden" in str(mistake.value)
    await database.close()


async def test_an_event_belongs_to_a_case_that_exists(url: str) -> None:
    async with EmbeddedHelpDesk.open(url) as desk:
        await take_in(desk, nothing(), customer_says("e"), START)
    database = Database(parse_url(url))
    with pytest.raises(IntegrityError):
        async with steps.step_by_step(database.write) as connection:
            connection.execute(events.update().values(case_id="c-none"))
    await database.close()


async def test_sqlite_commits_survive_a_power_cut_and_readers_do_not_wait(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path}/baton.db"
    async with EmbeddedHelpDesk.open(url):
        pass
    database = Database(parse_url(url))
    async with steps.step_by_step(database.read) as connection:
        assert connection.scalar(text("PRAGMA journal_mode")) == "wal"
        assert connection.scalar(text("PRAGMA synchronous")) == 2  # FULL
    await database.close()


async def test_a_database_of_the_first_revision_goes_on_with_its_chats(url: str) -> None:
    await write_at(url, "0001", ROWS_OF_THE_FIRST_REVISION)
    chat = nothing(case_id="c-1").model_copy(
        update={"activity": Activity.ACTIVE, "status": Status.OPEN, "assignee": "ivan", "pinned_to": "ivan"}
    )
    async with EmbeddedHelpDesk.open(url) as desk:
        rows = {row.case_id: row for row in await desk.inbox(InboxQuery())}
        assert (rows["c-1"].tab, rows["c-1"].labels, rows["c-1"].last_text) == (Tab.MINE, ("vip",), "Hello")
        assert rows["c-0"].tab is Tab.ENDED
        assert [
            (said.author, said.text) for said in await desk.messages(ref(chat), ALL) if said.case_id == "c-1"
        ] == [
            ("customer:anna", "Hello"),
            ("rule:greeting", "Hi"),
        ]
        assert await desk.touched_by("ivan") == [ref(chat)]
        assert await desk.tickets(TicketQuery()) == []
        async with steps.intake(desk, nothing(), customer_says("e1"), at(9), "chain") as intake:
            known = intake.known_event()
        assert known is not None
        expected = chat.model_copy(update={"labels": ("vip",), "last_message_at": START})
        assert known.snapshot == expected.snapshot()

        await take_in(desk, chat, agent_says("e2", "ivan", "Bye"), at(10), status=Status.PENDING)
        (shown, *_) = await desk.inbox(InboxQuery(tab=Tab.MINE))
        assert (shown.status, shown.last_text) == (Status.PENDING, "Bye")
        await tickets.take_in(desk, tickets.no_ticket(), customer_says("e1"), START)
        assert [row.ticket_id for row in await desk.tickets(TicketQuery())] == ["T-1"]
