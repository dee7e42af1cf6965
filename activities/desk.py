"""The help desk's own data: inbox, notices, presence. Programs call these activities without a workflow.

They run in the worker, so that whoever can reach Temporal can use them, and nobody else needs access to
the help desk's database.
"""

from __future__ import annotations

from activities.answers import that_fit, with_names
from activities.calls import call
from activities.refusing import refusal, refusing
from baton.desk.api import (
    BLOCK_CUSTOMER,
    INBOX,
    MESSAGES,
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
from baton.desk.reports import REPORT, Report, ReportQuery
from baton.desk.said import MessageQuery, Messages
from baton.model.effects import CaseRef
from helpdesks.answers import require_staff, require_told
from helpdesks.base import Ledger


class Housekeeping:
    """The desk's activities."""

    def __init__(self, desk: Ledger) -> None:
        self._desk = desk

    @call(INBOX)
    async def inbox(self, query: InboxQuery) -> list[InboxRow]:
        """Chats as the help desk lists them: consistent, unlike Temporal's visibility."""
        with refusing():
            await require_staff(self._desk, query.staff)
            return list(await self._desk.inbox(query))

    @call(TICKETS)
    async def tickets(self, query: TicketQuery) -> list[TicketRow]:
        """Tickets as the help desk lists them, such as those that wait for one department."""
        with refusing():
            await require_staff(self._desk, query.staff)
            return list(await self._desk.tickets(query))

    @call(NOTICES)
    async def notices(self, query: NoticeQuery) -> list[NoticeRow]:
        """What people were told, latest first."""
        found = await self._desk.notices(query.staff, query.limit)
        with refusing():
            await require_told(self._desk, query.staff, found)
        return with_names(found)

    @call(MESSAGES)
    async def messages(self, query: MessageQuery) -> Messages:
        """What was said in a conversation or a ticket."""
        case = CaseRef.at(query.workflow_id)
        if case.place_is_empty:
            raise refusal(
                "InvalidEvent",
                f"{query.workflow_id!r} names no case; give chat:CHANNEL:CONVERSATION or ticket:ID",
            )
        found = await self._desk.messages(case, query.limit + 1)
        latest = that_fit(found[-query.limit :])
        return Messages(messages=latest, earlier=len(latest) < len(found))

    @call(SHOW_RULES)
    async def show_rules(self, query: RulesQuery) -> ShownRules:
        """A rule set that was in force once."""
        kept = await self._desk.kept_rules(query.digest)
        if kept is None:
            raise refusal("InvalidEvent", f"the help desk has no rules with the digest {query.digest!r}")
        return kept

    @call(REPORT)
    async def report(self, query: ReportQuery) -> Report:
        """Figures about a period, or about now."""
        with refusing():
            return await self._desk.report(query)

    @call(BLOCK_CUSTOMER)
    async def block_customer(self, block: CustomerBlock) -> None:
        await self._desk.block_customer(block.customer, blocked=block.blocked)
