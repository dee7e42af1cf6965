"""Looks into the embedded help desk's tables, past its interface: what is really kept."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from sqlalchemy import Row, Select, select

from helpdesks.embedded import EmbeddedHelpDesk
from helpdesks.schema import applied, cases, events, rule_sets


async def rows(desk: EmbeddedHelpDesk, query: Select[Any]) -> Sequence[Row[Any]]:
    async with desk._database.reading() as connection:
        found: Sequence[Row[Any]] = (await connection.execute(query)).all()
    return found


async def cases_of(desk: EmbeddedHelpDesk, conversation: str) -> Sequence[Row[Any]]:
    """The cases of a conversation, oldest first."""
    return await rows(
        desk, select(cases).where(cases.c.conversation == conversation).order_by(cases.c.opened_at)
    )


async def events_of(desk: EmbeddedHelpDesk, conversation: str, kind: str = "%") -> Sequence[Row[Any]]:
    """The events of a conversation, in the order in which they were taken in."""
    return await rows(
        desk,
        select(events)
        .where(events.c.conversation == conversation, events.c.kind.like(kind))
        .order_by(events.c.decided_at, events.c.id),
    )


async def applied_keys(desk: EmbeddedHelpDesk, ending: str = "") -> list[str]:
    """The keys of all effects that were applied, or of those of one kind."""
    keys = [row.key for row in await rows(desk, select(applied.c.key).order_by(applied.c.at))]
    return [key for key in keys if key.endswith(ending)]


async def rule_digests(desk: EmbeddedHelpDesk) -> list[str]:
    """The digests of the rule sets that were in force."""
    return [row.digest for row in await rows(desk, select(rule_sets.c.digest))]
