"""Cases as rows: how one is read, and what a change did to it, in words for the change log."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from sqlalchemy import Row, bindparam, select
from sqlalchemy.ext.asyncio import AsyncConnection

from baton.chatstate import ChatState
from baton.contract import Activity, Author, AuthorType, ChatSnapshot, Status, Tab
from helpdesks.database import Database
from helpdesks.schema import cases, changes

BY_ID = select(cases).where(cases.c.case_id == bindparam("wanted"))
UPDATE_CASE = cases.update().where(cases.c.case_id == bindparam("wanted"))

# The fields whose changes somebody may ask about later. Who wrote last is told by the messages.
_LOGGED = ("activity", "status", "assignee", "line", "pinned_to", "reserved_for")


def author_of(written: str) -> Author:
    """The author as `str()` wrote it."""
    type_, _, author_id = written.partition(":")
    return Author(type=AuthorType(type_), id=author_id)


def snapshot_of(row: Row[Any]) -> ChatSnapshot:
    """The case as the world may see it."""
    return ChatSnapshot(
        case_id=row.case_id,
        channel=row.channel,
        conversation=row.conversation,
        customer=row.customer,
        activity=Activity(row.activity),
        status=Status(row.status),
        assignee=row.assignee,
        line=row.line,
        pinned_to=row.pinned_to,
        reserved_for=row.reserved_for,
        tab=Tab(row.tab),
        labels=tuple(row.labels),
        last_author=author_of(row.last_author) if row.last_author else None,
        last_message_at=row.last_message_at,
        previous_case=row.previous_case,
    )


def fields_of(chat: ChatState) -> dict[str, Any]:
    """What staff see of a chat, and what the change log compares."""
    return {
        "activity": chat.activity,
        "status": chat.status,
        "assignee": chat.assignee,
        "line": chat.line,
        "pinned_to": chat.pinned_to,
        "reserved_for": chat.reserved_for,
        "tab": chat.tab,
        "labels": list(chat.labels),
    }


def difference(before: Mapping[str, Any], after: Mapping[str, Any]) -> str:
    """What changed, such as ``assignee lena → ivan; +refund``; empty if nothing did."""
    said = [
        f"{name} {before.get(name) or '–'} → {after[name] or '–'}"
        for name in _LOGGED
        if before.get(name) != after[name]
    ]
    had, has = before.get("labels") or (), after["labels"]
    said += [f"+{label}" for label in has if label not in had]
    said += [f"-{label}" for label in had if label not in has]
    return "; ".join(said)


def overtaken(row: Row[Any], event_id: str, at: datetime, taken_in_at: datetime | None) -> bool:
    """Whether what this event of this time wants to write comes after a later event has been written.

    ``taken_in_at`` is when the event was last taken in. Events of one workflow task share their time; of
    these, one that was taken in then but is not the last is an earlier one.
    """
    if at != row.decided_at:
        return bool(at < row.decided_at)
    return event_id != row.last_event and taken_in_at == at


async def log_change(
    database: Database,
    connection: AsyncConnection,
    case_id: str,
    source: str,
    at: datetime,
    by: str,
    what: str,
) -> None:
    """Note who changed what. One source (an event or an effect) has one entry."""
    insert = database.insert(changes)
    await connection.execute(
        insert.on_conflict_do_update(
            index_elements=[changes.c.case_id, changes.c.source],
            set_={name: insert.excluded[name] for name in ("at", "by", "what")},
        ),
        {"case_id": case_id, "source": source, "at": at, "by": by, "what": what},
    )
