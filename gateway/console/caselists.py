"""The lists that people work from: the inbox of chats, and tickets. Each is also a part of its page."""

from __future__ import annotations

from typing import Annotated, Literal
from urllib.parse import urlencode

from fastapi import Query, Response

from baton.contract import Tab
from baton.desk.accounts import Role
from baton.desk.api import InboxQuery, TicketQuery
from gateway.console.casewords import case_words
from gateway.console.routing import PersonOf, VisitOf, pages_for, require_role

router = pages_for(Role.AGENT)

ROWS = 50
"""How many rows a page of a list has."""
COUNTED = (Tab.NEW, Tab.MINE, Tab.RESERVED, Tab.UNANSWERED)
"""Tabs whose chats are counted: the rest only grows."""
EVERYONE = "everyone"
Part = Annotated[Literal["", "list"], Query()]


@router.get("/inbox")
async def inbox(
    visit: VisitOf,
    person: PersonOf,
    tab: Tab = Tab.NEW,
    who: str = "",
    after: str | None = None,
    part: Part = "",
) -> Response:
    """Chats, those that have waited longest first: what one sees oneself, or everything."""
    staff = None if who == EVERYONE else person.staff
    if staff is None:
        require_role(visit, person, Role.LEAD)
    ledger = await visit.console.ledger()
    directory = (await ledger.directory()).directory
    page = await ledger.pages.inbox(InboxQuery(tab=tab, staff=staff, limit=ROWS), after)

    def path(**asked: str | None) -> str:
        asked = {"tab": tab.value, "who": who, **asked}
        return f"/inbox?{urlencode({name: value for name, value in asked.items() if value})}"

    return visit.page(
        "inboxlist.html" if part else "inbox.html",
        tab=tab,
        tabs=list(Tab),
        counts=await ledger.pages.counts(COUNTED, staff),
        rows=page.rows,
        everyone=staff is None,
        may_see_everyone=person.role.includes(Role.LEAD),
        path=path,
        after=after,
        next=page.next,
        **case_words(visit.texts, directory),
    )


@router.get("/tickets")
async def tickets(
    visit: VisitOf,
    person: PersonOf,
    department: str = "",
    who: str = "",
    after: str | None = None,
    part: Part = "",
) -> Response:
    """Tickets that are not closed, those that are due first: one's own, a department's, or all."""
    ledger = await visit.console.ledger()
    directory = (await ledger.directory()).directory
    mine = not department and who != EVERYONE
    query = TicketQuery(department=department or None, staff=person.staff if mine else None, limit=ROWS)
    page = await ledger.pages.tickets(query, after)
    member = directory.staff.get(person.staff)

    def path(**asked: str | None) -> str:
        asked = {"department": department, "who": who, **asked}
        query = urlencode({name: value for name, value in asked.items() if value})
        return f"/tickets?{query}" if query else "/tickets"

    return visit.page(
        "ticketlist.html" if part else "tickets.html",
        mine=mine,
        everyone=who == EVERYONE and not department,
        department=department,
        departments={
            key: directory.departments[key].name or key
            for key in (member.departments if member else ())
            if key in directory.departments
        },
        rows=page.rows,
        path=path,
        after=after,
        next=page.next,
        **case_words(visit.texts, directory),
    )
