"""What tells one database from another: a random ID that it is given with its tables, and keeps.

A copy or a backup has the same ID, and so has a database that is moved, or reached by another path.
"""

from __future__ import annotations

from sqlalchemy import Connection, select

from helpdesks.schema import identity as identities


def identity(connection: Connection) -> str:
    """The ID of this database, which has its tables."""
    return str(connection.execute(select(identities.c.id)).scalar_one())
