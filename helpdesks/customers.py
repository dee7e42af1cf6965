"""Blocked customers, as the embedded help desk keeps them."""

from __future__ import annotations

from sqlalchemy import Connection

from helpdesks.database import Database
from helpdesks.schema import blocked_customers


def block(database: Database, connection: Connection, customer: str, *, blocked: bool) -> None:
    """Block or unblock a customer."""
    if blocked:
        insert = database.insert(blocked_customers)
        connection.execute(insert.on_conflict_do_nothing(), {"customer": customer})
    else:
        connection.execute(blocked_customers.delete().where(blocked_customers.c.customer == customer))
