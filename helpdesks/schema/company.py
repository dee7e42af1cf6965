"""The company: its directory, who is there, its rules; and which database this is."""

from __future__ import annotations

from sqlalchemy import Column, Integer, Table

from helpdesks.columns import Words, key, moment
from helpdesks.schema.tables import metadata

blocked_customers = Table("blocked_customers", metadata, Column("customer", Words, primary_key=True))

directories = Table(
    "directories",
    metadata,
    Column("version", Integer, primary_key=True, autoincrement=False),
    Column("document", Words, nullable=False),
    moment("changed_at"),
)

attendance = Table(
    "attendance",
    metadata,
    Column("staff", Words, primary_key=True),
    # Null if the person was only assigned something and never set a presence.
    key("presence", optional=True),
    moment("since", optional=True),
    moment("last_assigned_at", optional=True),
)

rule_sets = Table(
    "rule_sets",
    metadata,
    Column("digest", Words, primary_key=True),
    Column("source", Words, nullable=False),
    moment("stored_at"),
)

# One row: see `helpdesks.identity`.
identity = Table("identity", metadata, Column("id", Words, primary_key=True))
