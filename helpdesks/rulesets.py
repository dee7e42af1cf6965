"""Rule sets that were in force, as the embedded help desk keeps them."""

from __future__ import annotations

from datetime import UTC, datetime

from sqlalchemy import Connection, select

from baton.desk.api import ShownRules
from helpdesks.schema import rule_sets
from helpdesks.upserts import unless_there

_KEEP = unless_there(rule_sets)


def keep(connection: Connection, digest: str, source: str) -> None:
    """Keep a rule set, unless it is there."""
    values = {"digest": digest, "source": source, "stored_at": datetime.now(UTC)}
    connection.execute(_KEEP.on(connection), values)


def kept(connection: Connection, digest: str) -> ShownRules | None:
    """The rule set whose digest begins so."""
    rows = connection.execute(
        select(rule_sets.c.digest, rule_sets.c.source)
        .where(rule_sets.c.digest.startswith(digest, autoescape=True))
        .order_by(rule_sets.c.digest)
        .limit(1)
    )
    row = rows.one_or_none()
    return ShownRules(digest=row.digest, source=row.source) if row else None
