"""What all tables share: their metadata, and the place of a case."""

from __future__ import annotations

from typing import Any

from sqlalchemy import Column, MetaData

from helpdesks.columns import key

# Names for constraints: SQLite and PostgreSQL would otherwise invent different ones, or none.
metadata = MetaData(
    naming_convention={
        "ix": "ix_%(table_name)s_%(column_0_N_name)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
        "fk": "fk_%(table_name)s_%(column_0_name)s",
        "pk": "pk_%(table_name)s",
    }
)


def place_columns() -> tuple[Column[Any], ...]:
    """The place that something belongs to: the first two for a chat, the third for a ticket."""
    return tuple(key(name, optional=True) for name in ("channel", "conversation", "ticket_id"))
