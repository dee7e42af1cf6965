"""The lists of the embedded help desk in pages, for readers who go through all of a list.

Every method raises ``InvalidEvent`` for a cursor that is none of its list, and ``HelpDeskUnavailable`` when
trying again may work.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime

from sqlalchemy import Connection

from baton.contract import Tab
from baton.desk.api import InboxQuery, InboxRow, NoticeQuery, NoticeRow, TicketQuery, TicketRow
from baton.desk.queued import WaitingQuery, WaitingRow
from baton.desk.said import MessageRow
from baton.documents.directory import Directory
from baton.model.effects import CaseRef
from helpdesks import conversations, lists, notices
from helpdesks.database import Database
from helpdesks.directories import Directories
from helpdesks.paging import Page
from helpdesks.places import place_of


class Pages:
    """The lists of one database."""

    def __init__(self, database: Database, directories: Directories) -> None:
        self._database = database
        self._directories = directories

    async def inbox(self, query: InboxQuery, after: str | None = None) -> Page[InboxRow]:
        """As `helpdesks.base.Ledger.inbox`."""
        return await self._database.read(
            lambda connection: lists.inbox(
                connection, self._directory(connection), query, datetime.now(UTC), after
            )
        )

    async def counts(self, tabs: Sequence[Tab], staff: str | None) -> Mapping[Tab, int]:
        """How many chats there are in each of these tabs, or how many somebody sees there."""
        return await self._database.read(
            lambda connection: lists.counts(connection, self._directory(connection), tabs, staff)
        )

    async def tickets(self, query: TicketQuery, after: str | None = None) -> Page[TicketRow]:
        """As `helpdesks.base.Ledger.tickets`."""
        return await self._database.read(
            lambda connection: lists.tickets(
                connection, self._directory(connection), query, datetime.now(UTC), after
            )
        )

    async def waiting(self, query: WaitingQuery, after: str | None = None) -> Page[WaitingRow]:
        """Who waits in queues, the longest first. Raises ``UnknownStaff`` for an unknown line."""
        return await self._database.read(
            lambda connection: lists.waiting(
                connection, self._directory(connection), query, datetime.now(UTC), after
            )
        )

    async def notices(self, query: NoticeQuery, after: str | None = None) -> Page[NoticeRow]:
        """As `helpdesks.base.Ledger.notices`."""
        return await self._database.read(
            lambda connection: notices.notices(connection, query.staff, query.limit, after)
        )

    async def messages(self, case: CaseRef, limit: int, before: str | None = None) -> Page[MessageRow]:
        """As `helpdesks.base.Ledger.messages`. The next page is an earlier one."""
        place = place_of(case)
        return await self._database.read(
            lambda connection: conversations.messages(connection, place, limit, before)
        )

    def _directory(self, connection: Connection) -> Directory:
        return self._directories.current(connection).directory
