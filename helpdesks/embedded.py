"""The embedded help desk: cases in a database of Baton's own.

Enough of a help desk to work without another one: it keeps what `helpdesks.base` asks for, and staff read it
with ``baton inbox``. Nothing here decides anything about a case.

    async with EmbeddedHelpDesk.open("sqlite:///baton.db") as desk:
        rows = await desk.inbox(InboxQuery(tab=Tab.NEW))
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Iterable, Mapping, Sequence
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from typing import Self, TypeVar

from sqlalchemy import URL, Connection

from baton.contract import CustomerMessage, Event, Presence, Tell
from baton.databaseurl import sqlite_file
from baton.desk.api import InboxQuery, InboxRow, NoticeRow, ShownRules, TicketQuery, TicketRow
from baton.desk.reports import Report, ReportQuery
from baton.desk.said import MessageRow
from baton.documents.directory import Directory
from baton.documents.directorychange import DirectoryDifference
from baton.errors import HelpDeskUnavailable
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
    conversations,
    customers,
    effects,
    keeping,
    lists,
    migrations,
    notices,
    people,
    rulesets,
    stories,
    telling,
    waiting,
)
from helpdesks.accountrows import shut_out_who_left
from helpdesks.accounts import Accounts
from helpdesks.apikeys import ApiKeys
from helpdesks.arrival import Arrival
from helpdesks.base import Intake, Queues
from helpdesks.changelog import Changed
from helpdesks.database import Database
from helpdesks.deliveries import Deliveries
from helpdesks.directories import Directories
from helpdesks.engines import parse_url
from helpdesks.identity import identity
from helpdesks.intake import EmbeddedIntake
from helpdesks.kepthooks import KeptHooks
from helpdesks.known import Attendance, Concerned, Heard, Kind, StillWaiting, VersionedDirectory
from helpdesks.ledger import enter_once
from helpdesks.locks import Locks
from helpdesks.outgoing.letters import Letters
from helpdesks.outgoing.subscribers import Subscribers
from helpdesks.outgoing.ways import Ways
from helpdesks.pages import Pages
from helpdesks.places import place_of
from helpdesks.queues import EmbeddedQueues
from helpdesks.reports.making import make
from helpdesks.sessions import Sessions

T = TypeVar("T")


class EmbeddedHelpDesk:
    """A `helpdesks.base.Ledger` on SQLite or PostgreSQL. Several processes may use one database."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._directories = Directories()
        self.deliveries = Deliveries(database)
        """What is noted here for a desk that stands beside this ledger."""
        self.api_keys = ApiKeys(database)
        """The keys that let programs in at the gateway."""
        self.pages = Pages(database, self._directories)
        """The lists, in pages."""
        self.accounts = Accounts(database, self._directories)
        """With which people log in to the console."""
        self.sessions = Sessions(database, self._directories)
        """Who is signed in there."""
        self.subscribers = Subscribers(database)
        """Who is told elsewhere what happens."""
        self.letters = Letters(database)
        """What they are told."""
        self.ways = Ways(database)
        """How each person is told elsewhere."""
        self.hooks = KeptHooks(database)
        """Deliveries of its hooks that could not be used."""

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
            await database.close()

    @classmethod
    @asynccontextmanager
    async def open_as_it_is(cls, url: str) -> AsyncIterator[Self]:
        """The help desk at ``url``, for reading: nothing is made, and its schema is left as it is.

        Raises ``HelpDeskUnavailable`` if there is none, or not with the schema of this release: its worker
        brings that up to date. Raises ``SettingsError`` as `open`.
        """
        parsed = parse_url(url)
        file = sqlite_file(url)
        if file is not None and not file.exists():
            raise HelpDeskUnavailable("there is no database yet: a worker makes it at its start")
        database = Database(parsed)
        try:
            desk = cls(database)
            await desk.require_own_schema()
            yield desk
        finally:
            await database.close()

    async def require_own_schema(self) -> None:
        """Raise ``HelpDeskUnavailable`` if the database has an earlier or later schema than this release."""
        if not await self._database.read(migrations.at_head):
            raise HelpDeskUnavailable(
                "the database has the schema of another release: this process and the workers must be of the "
                "same one"
            )

    async def intake(
        self, before: CaseState, event: Event, now: datetime, chain: str, decide: Callable[[Intake], T]
    ) -> T:
        def work(connection: Connection) -> T:
            arrival = Arrival(connection, before, event, now, chain)
            return decide(EmbeddedIntake(arrival.begin(), self._directories))

        return await self._database.write(work, place_of(before).lock)

    async def queues(self, source: str, now: datetime, look: Callable[[Queues], T]) -> T:
        def work(connection: Connection) -> T:
            locks = Locks(connection)
            return look(EmbeddedQueues(connection, self._directories, locks, source=source, now=now))

        return await self._database.write(work)

    async def write_case(self, write: CaseWrite) -> bool:
        return await self._database.write(
            lambda connection: effects.write_case(connection, write),
            place_of(write.case).lock,
        )

    async def send_message(self, message: Message) -> bool:
        return await self._database.write(lambda connection: effects.send_message(connection, message))

    async def notify(self, notice: Notice) -> tuple[str, ...]:
        return await self._database.write(
            lambda connection: telling.notify(connection, self._directory(connection), notice)
        )

    async def tell(self, key: str, tell: Tell, at: datetime) -> tuple[str, ...]:
        return await self._database.write(
            lambda connection: telling.tell_of_no_case(connection, self._directory(connection), key, tell, at)
        )

    async def kept(self, case: CaseRef) -> Kept | None:
        return await self._database.read(lambda connection: keeping.latest(connection, place_of(case)))

    async def prompt_reply(self, prompt: Prompt, draft: str) -> bool:
        return await self._database.write(
            lambda connection: telling.prompt_reply(connection, self._directory(connection), prompt, draft)
        )

    async def send_reply(self, reply: ConsolidatedReply) -> bool:
        return await self._database.write(lambda connection: effects.send_reply(connection, reply))

    async def remind(self, reminder: Reminder) -> tuple[str, ...]:
        return await self._database.write(
            lambda connection: telling.remind(connection, self._directory(connection), reminder)
        )

    async def escalate(self, escalation: Escalation) -> tuple[str, ...]:
        return await self._database.write(
            lambda connection: telling.escalate(connection, self._directory(connection), escalation)
        )

    async def set_presence(self, staff: str, presence: Presence, at: datetime) -> Attendance:
        return (await self.set_presences([staff], presence, at))[staff]

    async def set_presences(
        self, staff: Sequence[str], presence: Presence, at: datetime
    ) -> Mapping[str, Attendance]:
        return await self._database.write(
            lambda connection: people.set_presences(connection, staff, presence, at)
        )

    async def presence(self) -> Mapping[str, Attendance]:
        return await self._database.read(lambda connection: people.everybody(connection))

    async def touched_by(self, staff: str) -> Sequence[CaseRef]:
        return await self._database.read(
            lambda connection: lists.touched_by(connection, self._directory(connection), staff)
        )

    async def directory(self, version: int | None = None) -> VersionedDirectory:
        return await self._database.read(
            lambda connection: (
                self._directories.current(connection)
                if version is None
                else self._directories.at_version(connection, version)
            )
        )

    async def concerned_by(self, change: DirectoryDifference) -> Sequence[Concerned]:
        return await self._database.read(lambda connection: concerned.concerned_by(connection, change))

    async def change_directory(self, directory: Directory, *, based_on: int | None) -> VersionedDirectory:
        def work(connection: Connection) -> VersionedDirectory:
            changed = self._directories.change(connection, directory, based_on)
            shut_out_who_left(connection, changed.directory, datetime.now(UTC))
            return changed

        return await self._database.write(work, "directory")

    async def keep_rules(self, digest: str, source: str) -> None:
        await self._database.write(lambda connection: rulesets.keep(connection, digest, source))

    async def kept_rules(self, digest: str) -> ShownRules | None:
        return await self._database.read(lambda connection: rulesets.kept(connection, digest))

    async def block_customer(self, customer: str, *, blocked: bool) -> None:
        await self._database.write(lambda connection: customers.block(connection, customer, blocked=blocked))

    async def load(self, staff: Iterable[str], kind: Kind, at: datetime) -> Mapping[str, int]:
        return await self._database.read(lambda connection: waiting.load(connection, staff, kind, at))

    async def still_waiting(self, line: str | None, at: datetime) -> StillWaiting:
        return await self._database.read(lambda connection: waiting.still_waiting(connection, line, at))

    async def inbox(self, query: InboxQuery, at: datetime | None = None) -> Sequence[InboxRow]:
        return await self._database.read(
            lambda connection: (
                lists.inbox(connection, self._directory(connection), query, at or datetime.now(UTC)).rows
            )
        )

    async def tickets(self, query: TicketQuery, at: datetime | None = None) -> Sequence[TicketRow]:
        return await self._database.read(
            lambda connection: (
                lists.tickets(connection, self._directory(connection), query, at or datetime.now(UTC)).rows
            )
        )

    async def customer_messages(self, case: CaseRef) -> Sequence[CustomerMessage]:
        return await self._database.read(
            lambda connection: stories.customer_messages(connection, case.case_id)
        )

    async def note_forwarded(self, forward: Forward) -> bool:
        return await self._database.write(lambda connection: enter_once(connection, "forward", forward))

    async def heard(self, case: CaseRef, event_id: str) -> Heard | None:
        return await self._database.read(
            lambda connection: stories.heard(connection, place_of(case), event_id)
        )

    async def notices(self, staff: str | None, limit: int) -> Sequence[NoticeRow]:
        return await self._database.read(lambda connection: notices.notices(connection, staff, limit).rows)

    async def messages(self, case: CaseRef, limit: int) -> Sequence[MessageRow]:
        place = place_of(case)
        return await self._database.read(
            lambda connection: conversations.messages(connection, place, limit).rows
        )

    async def report(self, query: ReportQuery, at: datetime | None = None) -> Report:
        return await self._database.read(
            lambda connection: make(connection, self._directory(connection), query, at or datetime.now(UTC))
        )

    async def identity(self) -> str:
        return await self._database.read(identity)

    # --- Beyond the protocol: one case, for whoever operates the help desk ---------------------------

    async def change_log(self, case_id: str) -> Sequence[Changed]:
        """Who changed what about a case, in order."""
        return await self._database.read(lambda connection: changelog.change_log(connection, case_id))

    def _directory(self, connection: Connection) -> Directory:
        return self._directories.current(connection).directory


async def _migrate(database: Database, url: URL) -> None:
    if await database.read(migrations.at_head):
        return
    # Copying years of events takes longer than an activity may.
    patient = Database(url, patient=True)
    try:
        # Workers often start together: the second one waits, and finds nothing left to do.
        await patient.write(migrations.bring_to_head, "migrations")
    finally:
        await patient.close()
