"""The lists that people work from: inboxes, tickets, who waits, and what people were told."""

from __future__ import annotations

from typing import Annotated

from fastapi import Query, Response
from pydantic import Field

from baton.contract import Status, Tab, TicketStage
from baton.desk.api import InboxQuery, InboxRow, NoticeQuery, NoticeRow, TicketQuery, TicketRow
from baton.desk.apikeys import Scope
from baton.desk.queued import WaitingQuery, WaitingRow
from gateway.api.listing import Asked, Listed, sent_page
from gateway.problems import UNKNOWN_LABEL, UNKNOWN_STAFF
from gateway.routing import BackendOf, api_router, needs
from helpdesks.answers import require_staff, require_told

router = api_router()


class InboxAsked(Asked):
    """Which chats to list."""

    tab: Tab | None = None
    staff: str | None = Field(default=None, description="Only what this person sees in each tab.")


class TicketsAsked(Asked):
    """Which tickets to list: those that pass every given filter."""

    department: str | None = Field(
        default=None, description="The key of a department: its label is on the ticket, and it is open."
    )
    staff: str | None = Field(default=None, description="Assignee or composer.")
    stage: TicketStage | None = None
    status: Status | None = None


class WaitingAsked(Asked):
    """Whose queue to list."""

    line: str | None = Field(default=None, description="The key of a line; all queues without it.")


class NoticesAsked(Asked):
    """Whose notices to list."""

    staff: str | None = Field(default=None, description="Only what this person was told.")


@router.get(
    "/inbox",
    response_model=Listed[InboxRow],
    summary="Chats, those that have waited longest first",
    tags=["lists"],
    **needs(Scope.READ, UNKNOWN_STAFF),
)
async def inbox(asked: Annotated[InboxAsked, Query()], backend: BackendOf) -> Response:
    """As the help desk lists them: consistent, unlike Temporal's own lists."""
    ledger = await backend.ledger()
    await require_staff(ledger, asked.staff)
    return sent_page(await ledger.pages.inbox(asked.query(InboxQuery), asked.after), InboxRow)


@router.get(
    "/tickets",
    response_model=Listed[TicketRow],
    summary="Tickets that are not closed, those that are due first",
    tags=["lists"],
    **needs(Scope.READ, UNKNOWN_STAFF, UNKNOWN_LABEL),
)
async def tickets(asked: Annotated[TicketsAsked, Query()], backend: BackendOf) -> Response:
    """Those without a due time come last, the longest waiting first."""
    ledger = await backend.ledger()
    await require_staff(ledger, asked.staff)
    return sent_page(await ledger.pages.tickets(asked.query(TicketQuery), asked.after), TicketRow)


@router.get(
    "/waiting",
    response_model=Listed[WaitingRow],
    summary="Who waits in which queue, and why",
    tags=["lists"],
    **needs(Scope.READ, UNKNOWN_STAFF),
)
async def waiting(asked: Annotated[WaitingAsked, Query()], backend: BackendOf) -> Response:
    """Chats and tickets alike, those that have waited longest first: whoever is first is next."""
    ledger = await backend.ledger()
    return sent_page(await ledger.pages.waiting(asked.query(WaitingQuery), asked.after), WaitingRow)


@router.get(
    "/notices",
    response_model=Listed[NoticeRow],
    summary="What people were told, latest first",
    tags=["lists"],
    **needs(Scope.READ, UNKNOWN_STAFF),
)
async def notices(asked: Annotated[NoticesAsked, Query()], backend: BackendOf) -> Response:
    """One row for each notice and reason, whoever and however many got it."""
    ledger = await backend.ledger()
    page = await ledger.pages.notices(asked.query(NoticeQuery), asked.after)
    if asked.after is None:
        await require_told(ledger, asked.staff, page.rows)
    return sent_page(page, NoticeRow)
