"""What the embedded help desk shows: lists of chats and tickets."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Connection, ScalarSelect, Select, and_, func, or_, select, true

from baton.contract import Status, Tab, TicketStage
from baton.desk.api import InboxQuery, InboxRow, TicketQuery, TicketRow
from baton.desk.queued import WaitingQuery, WaitingRow
from baton.documents.directory import Directory
from baton.model.effects import CaseRef
from helpdesks.paging import Cursors, Page, behind
from helpdesks.places import ref_of
from helpdesks.schema import LIVING, case_labels, cases, events
from helpdesks.waiting import reasons

SHOWN_TEXT = 500
"""How many characters of a case's last message a list shows. A list must fit into one answer of 2 MB."""

_MESSAGES = ("customer_message", "agent_message")
_REPLIES = ("send_reply", "reply_sent")


_BY_WAITING = Cursors(tuple[datetime | None, str])
_BY_DUE = Cursors(tuple[datetime | None, datetime | None, str])

# The state and the unsent effects may be long.
_LISTED = [column for column in cases.c if column not in (cases.c.rest, cases.c.unsent)]


def _new_to(staff: str, line: str | None) -> ColumnElement[bool]:
    """Only the line itself sees a chat in its queue; everybody sees any other new chat."""
    return or_(cases.c.assignee.is_not(None), cases.c.line.is_(None), cases.c.line == line)


_SEEN_BY: dict[Tab, Callable[[str, str | None], ColumnElement[bool]]] = {
    Tab.NEW: _new_to,
    Tab.MINE: lambda staff, line: cases.c.pinned_to == staff,
    Tab.RESERVED: lambda staff, line: cases.c.reserved_for == staff,
    Tab.UNANSWERED: lambda staff, line: true(),
    Tab.ENDED: lambda staff, line: true(),
}


def inbox(
    connection: Connection,
    directory: Directory,
    query: InboxQuery,
    now: datetime,
    after: str | None = None,
) -> Page[InboxRow]:
    """Chats, those that have waited longest first, and why they wait.

    Raises ``InvalidEvent`` for a cursor that is none of this list.
    """
    shown = _shown([query.tab] if query.tab is not None else list(Tab), query.staff, directory)
    found = connection.execute(
        select(*_LISTED, _last_text(*_MESSAGES).label("last_text"))
        .where(shown, _behind(connection, _BY_WAITING.read(after)))
        .order_by(cases.c.since, cases.c.case_id)
        .limit(query.limit + 1)
    )
    rows, following = _page(found.all(), query.limit)
    why = reasons(connection, directory, rows, "chat", now)
    return Page([_inbox_row(row, why.get(row.case_id, "")) for row in rows], following)


def counts(
    connection: Connection, directory: Directory, tabs: Sequence[Tab], staff: str | None
) -> Mapping[Tab, int]:
    """How many chats `inbox` lists in each of these tabs."""
    found = connection.execute(
        select(cases.c.tab, func.count()).where(_shown(tabs, staff, directory)).group_by(cases.c.tab)
    )
    return {**dict.fromkeys(tabs, 0), **{Tab(tab): number for tab, number in found}}


def _shown(tabs: Sequence[Tab], staff: str | None, directory: Directory) -> ColumnElement[bool]:
    """Which chats are in these tabs, or what somebody sees of them."""
    line = _line_of(staff, directory)
    return or_(
        *(
            and_(cases.c.tab == tab, _SEEN_BY[tab](staff, line)) if staff else cases.c.tab == tab
            for tab in tabs
        )
    )


def _behind(connection: Connection, key: tuple[datetime | None, str] | None) -> ColumnElement[bool]:
    """What comes behind a key in a list of those who have waited longest."""
    if key is None:
        return true()
    columns = (cases.c.since, key[0]), (cases.c.case_id, key[1])
    # Where the order does not say it, the databases differ.
    return behind(*columns, nulls_last=connection.dialect.name == "postgresql")


def _page(rows: Sequence[Any], most: int) -> tuple[Sequence[Any], str | None]:
    """The rows of a page of such a list, from one row more, and the cursor for the next."""
    if len(rows) <= most:
        return rows, None
    last = rows[most - 1]
    return rows[:most], _BY_WAITING.of((last.since, last.case_id))


def _last_text(*kinds: str) -> ScalarSelect[str]:
    """The beginning of the last text of these kinds in a case of the enclosing query."""
    return (
        select(func.substr(events.c.text, 1, SHOWN_TEXT))
        .where(events.c.case_id == cases.c.case_id, events.c.kind.in_(kinds))
        .order_by(events.c.decided_at.desc(), events.c.id.desc())
        .limit(1)
        .scalar_subquery()
    )


def _inbox_row(row: Any, waits_for: str) -> InboxRow:
    return InboxRow(
        case_id=row.case_id,
        channel=row.channel,
        conversation=row.conversation,
        customer=row.customer,
        tab=Tab(row.tab),
        status=Status(row.status),
        assignee=row.assignee,
        line=row.line,
        pinned_to=row.pinned_to,
        reserved_for=row.reserved_for,
        labels=tuple(row.labels),
        last_message_at=row.last_message_at,
        last_text=row.last_text or "",
        waiting_since=row.waiting_since,
        waits_for=waits_for,
    )


def tickets(
    connection: Connection,
    directory: Directory,
    query: TicketQuery,
    now: datetime,
    after: str | None = None,
) -> Page[TicketRow]:
    """Living tickets, those that are due first, then those that have waited longest, and why they wait.

    Raises ``UnknownLabel`` for a department that the directory does not have, and ``InvalidEvent`` for a
    cursor that is none of this list.
    """
    found: Select[Any] = select(*_LISTED, _last_text(*_MESSAGES, *_REPLIES).label("last_text"))
    found = found.where(LIVING, cases.c.stage.is_not(None))
    due_at = cases.c.due_at
    if query.department is not None:
        due_at = case_labels.c.due_at
        found = found.join(case_labels, case_labels.c.case_id == cases.c.case_id).where(
            case_labels.c.label == directory.label_of(query.department), cases.c.status == Status.OPEN
        )
    if query.staff is not None:
        found = found.where(or_(cases.c.assignee == query.staff, cases.c.composer == query.staff))
    if query.stage is not None:
        found = found.where(cases.c.stage == query.stage)
    if query.status is not None:
        found = found.where(cases.c.status == query.status)
    key = _BY_DUE.read(after)
    if key is not None:
        columns = (due_at, key[0]), (cases.c.since, key[1]), (cases.c.case_id, key[2])
        found = found.where(behind(*columns, nulls_last=True))
    listed = connection.execute(
        found.add_columns(due_at.label("due"))
        .order_by(due_at.nulls_last(), cases.c.since.nulls_last(), cases.c.case_id)
        .limit(query.limit + 1)
    )
    rows = listed.all()
    following = None
    if len(rows) > query.limit:
        rows, last = rows[: query.limit], rows[query.limit - 1]
        following = _BY_DUE.of((last.due, last.since, last.case_id))
    why = reasons(connection, directory, rows, "ticket", now)
    return Page([_ticket_row(row, why.get(row.case_id, "")) for row in rows], following)


def _ticket_row(row: Any, waits_for: str) -> TicketRow:
    return TicketRow(
        case_id=row.case_id,
        ticket_id=row.ticket_id,
        customer=row.customer,
        subject=row.subject or "",
        stage=TicketStage(row.stage),
        status=Status(row.status),
        assignee=row.assignee,
        line=row.line,
        composer=row.composer,
        dispatcher=row.dispatcher,
        labels=tuple(row.labels),
        asked=tuple(row.asked or ()),
        due_at=row.due,
        last_message_at=row.last_message_at,
        last_text=row.last_text or "",
        waiting_since=row.waiting_since,
        waits_for=waits_for,
    )


def waiting(
    connection: Connection,
    directory: Directory,
    query: WaitingQuery,
    now: datetime,
    after: str | None = None,
) -> Page[WaitingRow]:
    """Who waits in a queue, chats and tickets alike, those that have waited longest first, and why.

    Raises ``UnknownStaff`` for a line that the directory does not have, and ``InvalidEvent`` for a cursor
    that is none of this list.
    """
    if query.line is not None:
        directory.require_line(query.line)
    queue = cases.c.queue.is_not(None) if query.line is None else cases.c.queue == query.line
    found = connection.execute(
        select(*_LISTED)
        .where(queue, _behind(connection, _BY_WAITING.read(after)))
        .order_by(cases.c.since, cases.c.case_id)
        .limit(query.limit + 1)
    )
    rows, following = _page(found.all(), query.limit)
    why = {
        **reasons(connection, directory, [row for row in rows if row.kind == "chat"], "chat", now),
        **reasons(connection, directory, [row for row in rows if row.kind == "ticket"], "ticket", now),
    }
    return Page([_waiting_row(row, why.get(row.case_id, "")) for row in rows], following)


def _waiting_row(row: Any, waits_for: str) -> WaitingRow:
    is_chat = row.kind == "chat"
    return WaitingRow(
        case_id=row.case_id,
        kind=row.kind,
        line=row.queue,
        channel=row.channel if is_chat else None,
        conversation=row.conversation if is_chat else None,
        ticket_id=None if is_chat else row.ticket_id,
        customer=row.customer,
        assignee=row.assignee,
        since=row.since,
        waits_for=waits_for,
    )


def touched_by(connection: Connection, directory: Directory, staff: str) -> Sequence[CaseRef]:
    """The living cases that somebody's presence concerns, the longest waiting first."""
    concerned = [
        cases.c.assignee == staff,
        cases.c.composer == staff,
        cases.c.reserved_for == staff,
        # Pinned, or about to be: the effect of a decision may still be on its way.
        cases.c.holder == staff,
    ]
    line = _line_of(staff, directory)
    if line is not None:
        concerned.append(
            and_(cases.c.line == line, cases.c.assignee.is_(None), cases.c.reserved_for.is_(None))
        )
    rows = connection.execute(
        select(
            *(cases.c.case_id, cases.c.kind, cases.c.customer),
            *(cases.c.channel, cases.c.conversation, cases.c.ticket_id),
        )
        .where(LIVING, or_(*concerned))
        .order_by(cases.c.since, cases.c.case_id)
    )
    return [ref_of(row) for row in rows]


def _line_of(staff: str | None, directory: Directory) -> str | None:
    member = directory.staff.get(staff) if staff is not None else None
    return member.line if member else None
