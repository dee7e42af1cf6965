"""The embedded help desk: cases in a database of Baton's own.

Enough of a help desk to work without another one: it keeps what `helpdesks.base` asks for, and staff read it
with ``baton inbox``. Nothing here decides anything about a case.

    async with EmbeddedHelpDesk.open("sqlite:///baton.db") as desk:
        rows = await desk.inbox(InboxQuery(tab=Tab.NEW))
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterable, Mapping, Sequence
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from typing import Self

from sqlalchemy import URL, select

from baton.contract import CustomerMessage, Event, Presence, Tell
from baton.desk.api import InboxQuery, InboxRow, NoticeRow, ShownRules, TicketQuery, TicketRow
from baton.documents.directory import Directory
from baton.documents.directorychange import DirectoryDifference
from baton.model.decision import CaseState, Kept
from baton.model.effects import (
    CaseRef,
    CaseWrite,
    ConsolidatedReply,
    Escalation,
    Forward,
    Message,
    Notice,
    Prompt,
    Reminder,
)
from helpdesks import (
    changelog,
    concerned,
    effects,
    keeping,
    lists,
    migrations,
    notices,
    people,
    stories,
    telling,
    waiting,
)
from helpdesks.arrival import Arrival
from helpdesks.base import Intake, Queues
from helpdesks.changelog import Changed
from helpdesks.database import Database, parse_url
from helpdesks.directories import Directories
from helpdesks.intake import EmbeddedIntake
from helpdesks.known import Attendance, Concerned, Heard, Kind, StillWaiting, VersionedDirectory
from helpdesks.ledger import enter_once
from helpdesks.locks import Locks
from helpdesks.places import place_of
from helpdesks.queues import EmbeddedQueues
from helpdesks.schema import blocked_customers, rule_sets
from helpdesks.stories import Said


class EmbeddedHelpDesk:
    """A `helpdesks.base.HelpDesk` on SQLite or PostgreSQL. Several processes may use one database."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._directories = Directories(database)

    @classmethod
    @asynccontextmanager
    async def open(cls, url: str) -> AsyncIterator[Self]:
        """The help desk at ``url``, with its schema brought up to date.

        Raises ``SettingsError`` for a URL that is neither SQLite's nor PostgreSQL's.
        """
        database = Database(parse_url(url))
        try:
            await _migrate(database, parse_url(url))
            yield cls(database)
        finally:
            await database.engine.dispose()

    @asynccontextmanager
    async def intake(
        self, before: CaseState, event: Event, now: datetime, chain: str
    ) -> AsyncIterator[Intake]:
        async with self._database.writing(place_of(before).lock) as connection:
            arrival = Arrival(self._database, connection, before, event, now, chain)
            yield EmbeddedIntake(await arrival.begin(), self._directories)

    @asynccontextmanager
    async def queues(self, source: str, now: datetime) -> AsyncIterator[Queues]:
        async with self._database.writing() as connection:
            locks = Locks(self._database, connection)
            yield EmbeddedQueues(self._database, connection, self._directories, locks, source=source, now=now)

    async def write_case(self, write: CaseWrite) -> bool:
        async with self._database.writing(place_of(write.case).lock) as connection:
            return await effects.write_case(self._database, connection, write)

    async def send_message(self, message: Message) -> bool:
        async with self._database.writing() as connection:
            return await effects.send_message(self._database, connection, message)

    async def notify(self, notice: Notice) -> tuple[str, ...]:
        async with self._database.writing() as connection:
            directory = (await self._directories.current(connection)).directory
            return await telling.notify(self._database, connection, directory, notice)

    async def tell(self, key: str, tell: Tell, at: datetime) -> tuple[str, ...]:
        async with self._database.writing() as connection:
            directory = (await self._directories.current(connection)).directory
            return await telling.tell_of_no_case(self._database, connection, directory, key, tell, at)

    async def kept(self, case: CaseRef) -> Kept | None:
        async with self._database.reading() as connection:
            place = place_of(case)
            rows = await connection.execute(keeping.LATEST[place.kind], place.columns)
            row = rows.one_or_none()
            return await keeping.kept(connection, row) if row is not None else None

    async def prompt_reply(self, prompt: Prompt, draft: str) -> bool:
        async with self._database.writing() as connection:
            directory = (await self._directories.current(connection)).directory
            return await telling.prompt_reply(self._database, connection, directory, prompt, draft)

    async def send_reply(self, reply: ConsolidatedReply) -> bool:
        async with self._database.writing() as connection:
            return await effects.send_reply(self._database, connection, reply)

    async def remind(self, reminder: Reminder) -> tuple[str, ...]:
        async with self._database.writing() as connection:
            directory = (await self._directories.current(connection)).directory
            return await telling.remind(self._database, connection, directory, reminder)

    async def escalate(self, escalation: Escalation) -> tuple[str, ...]:
        async with self._database.writing() as connection:
            directory = (await self._directories.current(connection)).directory
            return await telling.escalate(self._database, connection, directory, escalation)

    async def set_presence(self, staff: str, presence: Presence, at: datetime) -> Attendance:
        async with self._database.writing() as connection:
            return await people.set_presence(self._database, connection, staff, presence, at)

    async def presence(self) -> Mapping[str, Attendance]:
        async with self._database.reading() as connection:
            return await people.everybody(connection)

    async def touched_by(self, staff: str) -> Sequence[CaseRef]:
        async with self._database.reading() as connection:
            directory = (await self._directories.current(connection)).directory
            return await lists.touched_by(connection, directory, staff)

    async def directory(self, version: int | None = None) -> VersionedDirectory:
        async with self._database.reading() as connection:
            if version is not None:
                return await self._directories.at_version(connection, version)
            return await self._directories.current(connection)

    async def concerned_by(self, change: DirectoryDifference) -> Sequence[Concerned]:
        async with self._database.reading() as connection:
            return await concerned.concerned_by(connection, change)

    async def change_directory(self, directory: Directory, *, based_on: int | None) -> VersionedDirectory:
        return await self._directories.change(directory, based_on)

    async def keep_rules(self, digest: str, source: str) -> None:
        async with self._database.writing() as connection:
            await connection.execute(
                self._database.insert(rule_sets).on_conflict_do_nothing(),
                {"digest": digest, "source": source, "stored_at": datetime.now(UTC)},
            )

    async def kept_rules(self, digest: str) -> ShownRules | None:
        async with self._database.reading() as connection:
            rows = await connection.execute(
                select(rule_sets.c.digest, rule_sets.c.source)
                .where(rule_sets.c.digest.startswith(digest, autoescape=True))
                .order_by(rule_sets.c.digest)
                .limit(1)
            )
            row = rows.one_or_none()
        return ShownRules(digest=row.digest, source=row.source) if row else None

    async def block_customer(self, customer: str, *, blocked: bool) -> None:
        async with self._database.writing() as connection:
            if blocked:
                await connection.execute(
                    self._database.insert(blocked_customers).on_conflict_do_nothing(), {"customer": customer}
                )
            else:
                await connection.execute(
                    blocked_customers.delete().where(blocked_customers.c.customer == customer)
                )

    async def load(self, staff: Iterable[str], kind: Kind, at: datetime) -> Mapping[str, int]:
        async with self._database.reading() as connection:
            return await waiting.load(connection, staff, kind, at)

    async def still_waiting(self, line: str | None, at: datetime) -> StillWaiting:
        async with self._database.reading() as connection:
            return await waiting.still_waiting(connection, line, at)

    async def inbox(self, query: InboxQuery, at: datetime | None = None) -> Sequence[InboxRow]:
        async with self._database.reading() as connection:
            directory = (await self._directories.current(connection)).directory
            return await lists.inbox(connection, directory, query, at or datetime.now(UTC))

    async def tickets(self, query: TicketQuery, at: datetime | None = None) -> Sequence[TicketRow]:
        async with self._database.reading() as connection:
            directory = (await self._directories.current(connection)).directory
            return await lists.tickets(connection, directory, query, at or datetime.now(UTC))

    async def customer_messages(self, case: CaseRef) -> Sequence[CustomerMessage]:
        async with self._database.reading() as connection:
            return await stories.customer_messages(connection, case.case_id)

    async def note_forwarded(self, forward: Forward) -> bool:
        async with self._database.writing() as connection:
            return await enter_once(self._database, connection, "forward", forward)

    async def heard(self, case: CaseRef, event_id: str) -> Heard | None:
        async with self._database.reading() as connection:
            return await stories.heard(connection, place_of(case), event_id)

    async def notices(self, staff: str | None, limit: int) -> Sequence[NoticeRow]:
        async with self._database.reading() as connection:
            return await notices.notices(connection, staff, limit)

    # --- Beyond the protocol: one case, for whoever operates the help desk ---------------------------

    async def messages(self, case_id: str) -> Sequence[Said]:
        """Every message, note and draft of a case, in order; empty for a case that does not exist."""
        async with self._database.reading() as connection:
            return await stories.messages(connection, case_id)

    async def change_log(self, case_id: str) -> Sequence[Changed]:
        """Who changed what about a case, in order."""
        async with self._database.reading() as connection:
            return await changelog.change_log(connection, case_id)


async def _migrate(database: Database, url: URL) -> None:
    async with database.reading() as connection:
        if await connection.run_sync(migrations.at_head):
            return
    # Copying years of events takes longer than an activity may.
    patient = Database(url, patient=True)
    try:
        # Workers often start together: the second one waits, and finds nothing left to do.
        async with patient.writing("migrations") as connection:
            if not await connection.run_sync(migrations.at_head):
                await connection.run_sync(migrations.upgrade)
    finally:
        await patient.engine.dispose()
