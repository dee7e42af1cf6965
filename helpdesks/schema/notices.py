"""What people were told: see `helpdesks.notices`."""

from __future__ import annotations

from sqlalchemy import Boolean, Column, ForeignKey, Index, Table, UniqueConstraint, text

from helpdesks.columns import Number, Words, key, moment
from helpdesks.schema.tables import metadata, place_columns

notifications = Table(
    "notifications",
    metadata,
    Column("id", Number, primary_key=True),
    key("key"),
    key("reason"),
    # Who was told: one person, or several. See `helpdesks.notices`.
    key("staff", optional=True),
    Column("told", Words, nullable=True),
    Column("everyone", Boolean, nullable=False),  # whether it went to everyone who could be told
    # The case that it is about, if it is about one.
    key("case_id", optional=True),
    *place_columns(),
    moment("at"),
    UniqueConstraint("key", "reason"),
)
_to_one = text("staff IS NOT NULL")
Index(
    "ix_notifications_staff",
    notifications.c.staff,
    notifications.c.id,
    sqlite_where=_to_one,
    postgresql_where=_to_one,
)

recipients = Table(
    "recipients",
    metadata,
    Column("number", Number, primary_key=True),
    key("staff"),
    UniqueConstraint("staff"),
)

heard = Table(
    "heard",
    metadata,
    Column("number", Number, ForeignKey(recipients.c.number), primary_key=True, autoincrement=False),
    Column("block", Number, primary_key=True, autoincrement=False),
    sqlite_with_rowid=False,
)
