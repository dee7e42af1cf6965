"""Blocked customers, as the embedded help desk keeps them."""

from __future__ import annotations

from sqlalchemy import Connection

from helpdesks.schema import blocked_customers
from helpdesks.upserts import unless_there

_BLOCK = unless_there(blocked_customers)


def block(connection: Connection, customer: str, *, blocked: bool) -> None:
    """Block or unblock a customer."""
    if blocked:
        connection.execute(_BLOCK.on(connection), {"customer": customer})
    else:
        connection.execute(blocked_customers.delete().where(blocked_customers.c.customer == customer))
