"""Reads the embedded help desk's tables directly, without its interface, to see what is really kept."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Row, Select, select

from helpdesks.embedded import EmbeddedHelpDesk
from helpdesks.schema import applied, case_labels, cases, entries, events, rule_sets


async def rows(desk: EmbeddedHelpDesk, query: Select[Any]) -> Sequence[Row[Any]]:
    return await desk._database.read(lambda connection: connection.execute(query).all())


async def cases_of(desk: EmbeddedHelpDesk, name: str) -> Sequence[Row[Any]]:
    """The cases of a conversation, or of a ticket, oldest first."""
    of_chat = (cases.c.kind == "chat") & (cases.c.conversation == name)
    of_ticket = (cases.c.kind == "ticket") & (cases.c.ticket_id == name)
    return await rows(desk, select(cases).where(of_chat | of_ticket).order_by(cases.c.opened_at))


async def events_of(desk: EmbeddedHelpDesk, name: str, kind: str = "%") -> Sequence[Row[Any]]:
    """The events of a conversation, or of a ticket, in the order in which they were taken in."""
    return await rows(
        desk,
        select(events)
        .where((events.c.conversation == name) | (events.c.ticket_id == name), events.c.kind.like(kind))
        .order_by(events.c.decided_at, events.c.id),
    )


async def labels_of(desk: EmbeddedHelpDesk, case_id: str | None) -> dict[str, datetime | None]:
    """The labels by which a ticket is found, and when the answer of each label's department is due."""
    found = await rows(desk, select(case_labels).where(case_labels.c.case_id == case_id))
    return {row.label: row.due_at for row in found}


async def replies_of(desk: EmbeddedHelpDesk, case_id: str | None) -> Sequence[Row[Any]]:
    """The consolidated replies of a ticket that were sent, in order."""
    return await rows(
        desk,
        select(entries)
        .where(entries.c.case_id == case_id, entries.c.kind == "reply")
        .order_by(entries.c.at, entries.c.key),
    )


async def applied_keys(desk: EmbeddedHelpDesk, ending: str = "") -> list[str]:
    """The keys of all effects that were applied, or of those of one kind."""
    keys = [row.key for row in await rows(desk, select(applied.c.key).order_by(applied.c.at))]
    return [key for key in keys if key.endswith(ending)]


async def rule_digests(desk: EmbeddedHelpDesk) -> list[str]:
    """The digests of the rule sets that were in force."""
    return [row.digest for row in await rows(desk, select(rule_sets.c.digest))]
