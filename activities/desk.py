"""The help desk's own data: inbox, notices, presence. Programs call these activities without a workflow.

They run in the worker, so that whoever can reach Temporal can use them, and nobody else needs access to
the help desk's database.
"""

from __future__ import annotations

from datetime import timedelta

from temporalio import activity

from activities.answers import with_names
from activities.refusing import refusal, refusing
from baton.desk.api import (
    BLOCK_CUSTOMER,
    INBOX,
    NOTICES,
    SHOW_RULES,
    TICKETS,
    CustomerBlock,
    InboxQuery,
    InboxRow,
    NoticeQuery,
    NoticeRow,
    RulesQuery,
    ShownRules,
    TicketQuery,
    TicketRow,
)
from helpdesks.base import HelpDesk

_SPREAD_TIMEOUT = timedelta(minutes=10)


class Housekeeping:
    """The desk's activities."""

    def __init__(self, desk: HelpDesk) -> None:
        self._desk = desk

    @activity.defn(name=INBOX)
    async def inbox(self, query: InboxQuery) -> list[InboxRow]:
        """Chats as the help desk lists them: consistent, unlike Temporal's visibility."""
        directory = (await self._desk.directory()).directory
        with refusing():
            if query.staff is not None:
                directory.require_staff(query.staff)
        return list(await self._desk.inbox(query))

    @activity.defn(name=TICKETS)
    async def tickets(self, query: TicketQuery) -> list[TicketRow]:
        """Tickets as the help desk lists them, such as those that wait for one department."""
        directory = (await self._desk.directory()).directory
        with refusing():
            if query.staff is not None:
                directory.require_staff(query.staff)
            return list(await self._desk.tickets(query))

    @activity.defn(name=NOTICES)
    async def notices(self, query: NoticeQuery) -> list[NoticeRow]:
        """What people were told, latest first."""
        return with_names(await self._desk.notices(query.staff, query.limit))

    @activity.defn(name=SHOW_RULES)
    async def show_rules(self, query: RulesQuery) -> ShownRules:
        """A rule set that was in force once."""
        kept = await self._desk.kept_rules(query.digest)
        if kept is None:
            raise refusal("InvalidEvent", f"the help desk has no rules with the digest {query.digest!r}")
        return kept

    @activity.defn(name=BLOCK_CUSTOMER)
    async def block_customer(self, block: CustomerBlock) -> None:
        await self._desk.block_customer(block.customer, blocked=block.blocked)
