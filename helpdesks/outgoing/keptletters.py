"""Letters that lie: how many wait or are dead, for people to see; the dead ones wait again if they say so."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Connection, func, select, update

from baton.desk.outgoing import DeadLetter
from helpdesks.outgoing.letter import webhook_id
from helpdesks.outgoing.posting import DEAD, WAITING
from helpdesks.schema import letters, subscribers

DELIVERED = "delivered"
KEPT_DELIVERED = timedelta(days=7)
"""How long a delivered letter is known, so that what is decided again is not told again."""
KEPT_DEAD = timedelta(days=90)
_REMOVED_AT_ONCE = 500


def backlogs(connection: Connection, now: datetime) -> dict[str, tuple[int, int]]:
    """Of each subscriber, how many letters wait whose time has come, and how many are dead."""
    late = (letters.c.state == WAITING) & ((letters.c.attempts > 0) | (letters.c.due_at <= now))
    query = (
        select(
            subscribers.c.id,
            func.count().filter(late).label("late"),
            func.count().filter(letters.c.state == DEAD).label("dead"),
        )
        .outerjoin(letters, (letters.c.subscriber == subscribers.c.id) & (letters.c.state != DELIVERED))
        .group_by(subscribers.c.id)
    )
    return {row.id: (row.late, row.dead) for row in connection.execute(query)}


def dead(connection: Connection, subscriber: str, limit: int) -> list[DeadLetter]:
    """The dead letters, the latest first."""
    query = (
        select(letters)
        .where(letters.c.subscriber == subscriber, letters.c.state == DEAD)
        .order_by(letters.c.id.desc())
        .limit(limit)
    )
    return [_dead(row) for row in connection.execute(query)]


def replay(
    connection: Connection, subscriber: str, now: datetime, ids: Sequence[int], since: datetime | None
) -> int:
    """Let dead letters wait again, as if they had just been written. Returns how many."""
    chosen = [letters.c.subscriber == subscriber, letters.c.state == DEAD]
    if ids:
        chosen.append(letters.c.id.in_(ids))
    if since is not None:
        chosen.append(func.coalesce(letters.c.done_at, letters.c.at) >= since)
    change = (
        update(letters).where(*chosen).values(state=WAITING, attempts=0, due_at=now, done_at=None, error=None)
    )
    number: int = connection.execute(change).rowcount
    at_once = update(subscribers).where(subscribers.c.id == subscriber).values(probe_at=None, failures=0)
    connection.execute(at_once)
    return number


def tidy(connection: Connection, subscriber: str, now: datetime) -> None:
    """Remove what was delivered or died long ago, some of it at a time."""
    for state, kept in ((DELIVERED, KEPT_DELIVERED), (DEAD, KEPT_DEAD)):
        old = (
            select(letters.c.id)
            .where(
                letters.c.subscriber == subscriber,
                letters.c.state == state,
                letters.c.done_at < now - kept,
            )
            .limit(_REMOVED_AT_ONCE)
        )
        connection.execute(letters.delete().where(letters.c.id.in_(old)))


def _dead(row: Any) -> DeadLetter:
    return DeadLetter(
        id=row.id,
        webhook_id=webhook_id(row.subscriber, row.key),
        type=row.type,
        about=row.about,
        staff=row.staff,
        at=row.at,
        died_at=row.done_at,
        attempts=row.attempts,
        why=row.error or "",
    )
