"""What the embedded help desk shows: lists of chats, of notices, and one case with its story."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, and_, func, or_, select, true
from sqlalchemy.ext.asyncio import AsyncConnection

from baton.contract import Status, Tab
from baton.directory import Directory
from baton.effects import CaseRef, InboxQuery, InboxRow, NoticeRow
from helpdesks.schema import LIVING, cases, changes, entries, events, notifications

SHOWN_TEXT = 500
"""Characters of its last message that a list shows of a chat. A list must fit into one answer of 2 MB."""

_MESSAGES = ("customer_message", "agent_message")
_SPOKEN = (*_MESSAGES, "system_message", "note_added")


@dataclass(frozen=True)
class Said:
    """One message or note of a case. ``by`` is an author such as ``staff:lena``, or ``rule:…``."""

    at: datetime
    kind: str
    by: str
    text: str


@dataclass(frozen=True)
class Changed:
    """One entry of a case's change log. ``by`` is such as ``staff_lena`` or ``rule_support-line``."""

    at: datetime
    by: str
    what: str


def _new_to(staff: str, line: str | None) -> ColumnElement[bool]:
    """A chat in a line's queue is seen by that line only; any other new chat by everybody."""
    return or_(cases.c.assignee.is_not(None), cases.c.line.is_(None), cases.c.line == line)


_SEEN_BY: dict[Tab, Callable[[str, str | None], ColumnElement[bool]]] = {
    Tab.NEW: _new_to,
    Tab.MINE: lambda staff, line: cases.c.pinned_to == staff,
    Tab.RESERVED: lambda staff, line: cases.c.reserved_for == staff,
    Tab.UNANSWERED: lambda staff, line: true(),
    Tab.ENDED: lambda staff, line: true(),
}


async def inbox(connection: AsyncConnection, directory: Directory, query: InboxQuery) -> Sequence[InboxRow]:
    """Chats, those that have waited longest first."""
    tabs = [query.tab] if query.tab is not None else list(Tab)
    line = _line_of(query.staff, directory)
    shown = or_(
        *(
            and_(cases.c.tab == tab, _SEEN_BY[tab](query.staff, line)) if query.staff else cases.c.tab == tab
            for tab in tabs
        )
    )
    last_text = (
        select(func.substr(events.c.text, 1, SHOWN_TEXT))
        .where(events.c.case_id == cases.c.case_id, events.c.kind.in_(_MESSAGES))
        .order_by(events.c.decided_at.desc(), events.c.id.desc())
        .limit(1)
        .scalar_subquery()
        .label("last_text")
    )
    rows = await connection.execute(
        select(cases, last_text)
        .where(shown)
        .order_by(cases.c.last_message_at, cases.c.case_id)
        .limit(query.limit)
    )
    return [_inbox_row(row) for row in rows]


def _inbox_row(row: Any) -> InboxRow:
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
    )


async def touched_by(connection: AsyncConnection, directory: Directory, staff: str) -> Sequence[CaseRef]:
    """The living chats that somebody's presence concerns, the longest waiting first."""
    concerned = [
        cases.c.assignee == staff,
        cases.c.reserved_for == staff,
        # Pinned, or about to be: the effect of a decision may still be on its way.
        cases.c.holder == staff,
    ]
    line = _line_of(staff, directory)
    if line is not None:
        concerned.append(
            and_(cases.c.line == line, cases.c.assignee.is_(None), cases.c.reserved_for.is_(None))
        )
    rows = await connection.execute(
        select(cases.c.case_id, cases.c.channel, cases.c.conversation, cases.c.customer)
        .where(LIVING, or_(*concerned))
        .order_by(cases.c.last_message_at, cases.c.case_id)
    )
    return [CaseRef(**row._mapping) for row in rows]


async def notices(connection: AsyncConnection, staff: str | None, limit: int) -> Sequence[NoticeRow]:
    """What people were told, latest first."""
    told = select(notifications).order_by(notifications.c.at.desc(), notifications.c.id.desc()).limit(limit)
    if staff is not None:
        told = told.where(notifications.c.staff == staff)
    return [
        NoticeRow(
            staff=row.staff,
            case_id=row.case_id,
            channel=row.channel,
            conversation=row.conversation,
            reason=row.reason,
            at=row.at,
        )
        for row in await connection.execute(told)
    ]


async def messages(connection: AsyncConnection, case_id: str) -> Sequence[Said]:
    """All messages and notes of a case, in order, those of rules included."""
    heard = await connection.execute(
        select(events.c.decided_at, events.c.kind, events.c.author, events.c.text)
        .where(events.c.case_id == case_id, events.c.kind.in_(_SPOKEN))
        .order_by(events.c.decided_at, events.c.id)
    )
    said = [Said(row.decided_at, row.kind, row.author, row.text or "") for row in heard]
    written = await connection.execute(
        select(entries).where(entries.c.case_id == case_id).order_by(entries.c.key, entries.c.position)
    )
    said += [Said(row.at, row.kind, f"rule:{','.join(row.rules)}", row.text) for row in written]
    return sorted(said, key=lambda one: one.at)


async def change_log(connection: AsyncConnection, case_id: str) -> Sequence[Changed]:
    """Who changed what about a case, in order."""
    rows = await connection.execute(
        select(changes).where(changes.c.case_id == case_id).order_by(changes.c.at, changes.c.id)
    )
    return [Changed(row.at, row.by, row.what) for row in rows]


def _line_of(staff: str | None, directory: Directory) -> str | None:
    member = directory.staff.get(staff) if staff is not None else None
    return member.line if member else None
