"""What was said in one case, in order."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncConnection

from baton.contract import CustomerMessage
from helpdesks.caserows import author_of
from helpdesks.schema import entries, events

_SPOKEN = ("customer_message", "agent_message", "send_reply", "reply_sent", "system_message", "note_added")


@dataclass(frozen=True)
class Said:
    """One message, note or draft of a case. ``by`` is an author such as ``staff:lena``, or ``rule:…``."""

    at: datetime
    kind: str
    by: str
    text: str


async def messages(connection: AsyncConnection, case_id: str) -> Sequence[Said]:
    """All messages and notes of a case, in order, with what rules wrote, and the drafts."""
    heard = await connection.execute(
        select(events.c.decided_at, events.c.kind, events.c.author, events.c.text)
        .where(events.c.case_id == case_id, events.c.kind.in_(_SPOKEN))
        .order_by(events.c.decided_at, events.c.id)
    )
    said = [Said(row.decided_at, row.kind, row.author, row.text or "") for row in heard]
    written = await connection.execute(
        select(entries)
        # The event that asked for a reply already contains it.
        .where(entries.c.case_id == case_id, entries.c.kind != "reply")
        .order_by(entries.c.key, entries.c.position)
    )
    said += [Said(row.at, row.kind, row.author or f"rule:{','.join(row.rules)}", row.text) for row in written]
    return sorted(said, key=lambda one: one.at)


async def customer_messages(connection: AsyncConnection, case_id: str) -> Sequence[CustomerMessage]:
    """What the customer wrote in a case, in order, as the events that brought it."""
    rows = await connection.execute(
        select(events)
        .where(events.c.case_id == case_id, events.c.kind == "customer_message")
        .order_by(events.c.decided_at, events.c.id)
    )
    return [
        CustomerMessage.model_validate(
            {
                **json.loads(row.body),
                "id": row.event_id,
                "at": row.at,
                "author": author_of(row.author),
                **({"text": row.text} if (row.text or "").strip() else {}),
                "message_id": row.message_id,
            }
        )
        for row in rows
    ]
