"""A notice is one row for each reason, with who was told, rather than one row for each person.

Who was told with the same key and for the same reason was told by one notice. Rows that were one person's
alone stay that; the others become one row with a delivery list (`helpdesks.notices`). They are read in
portions, since there may be millions. The order of the notices stays what it was.

SQLite uses the space that becomes free for what comes next. ``VACUUM`` gives it back at once.
"""

from __future__ import annotations

from collections.abc import Iterator
from itertools import groupby
from typing import Any

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"

_NUMBER = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
_TO_ONE = sa.text("staff IS NOT NULL")
_BLOCK = 256
_PORTION = 500
"""Notices whose recipients are read at a time."""


def upgrade() -> None:
    op.execute("CREATE TABLE told_one_by_one AS SELECT * FROM notifications")
    op.drop_table("notifications")
    op.create_index("ix_told_one_by_one", "told_one_by_one", ["key", "reason"])
    _create_tables()
    op.execute("INSERT INTO recipients (staff) SELECT DISTINCT staff FROM told_one_by_one ORDER BY staff")
    op.execute(
        "INSERT INTO notifications"
        " (key, reason, staff, everyone, case_id, channel, conversation, ticket_id, at)"
        " SELECT key, reason, CASE WHEN count(*) = 1 THEN min(staff) END, FALSE, min(case_id), min(channel),"
        " min(conversation), min(ticket_id), min(at)"
        " FROM told_one_by_one GROUP BY key, reason ORDER BY min(at), min(id)"
    )
    connection = op.get_bind()
    for first in range(
        0, (connection.scalar(sa.text("SELECT max(id) FROM notifications")) or 0) + 1, _PORTION
    ):
        _make_lists(connection, first)
    op.drop_table("told_one_by_one")


def _make_lists(connection: sa.Connection, first: int) -> None:
    lists = list(_recipients(connection, first))
    if not lists:
        return
    connection.execute(
        sa.text("UPDATE notifications SET told = :told WHERE id = :id"),
        [
            # Hexadecimal digits of the bits, the lowest first.
            {"id": notice, "told": f"{sum(1 << number for number in numbers):x}"[::-1]}
            for notice, numbers in lists
        ],
    )
    connection.execute(
        sa.text("INSERT INTO heard (number, block) VALUES (:number, :block) ON CONFLICT DO NOTHING"),
        [
            {"number": number, "block": block}
            for block, number in sorted(
                {(notice // _BLOCK, number) for notice, numbers in lists for number in numbers}
            )
        ],
    )


def _recipients(connection: sa.Connection, first: int) -> Iterator[tuple[int, list[int]]]:
    """The notices to several people among the next ones, each with the numbers of those people."""
    found: Any = connection.execute(
        sa.text(
            "SELECT notifications.id, recipients.number FROM notifications"
            " JOIN told_one_by_one AS old ON old.key = notifications.key"
            " AND old.reason = notifications.reason"
            " JOIN recipients ON recipients.staff = old.staff"
            " WHERE notifications.staff IS NULL AND notifications.id >= :first AND notifications.id < :end"
            " ORDER BY notifications.id, recipients.number"
        ),
        {"first": first, "end": first + _PORTION},
    )
    for notice, rows in groupby(found, key=lambda row: row[0]):
        yield notice, [row[1] for row in rows]


def _create_tables() -> None:
    op.create_table(
        "notifications",
        sa.Column("id", _NUMBER, nullable=False),
        sa.Column("key", sa.Text(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("staff", sa.Text(), nullable=True),
        sa.Column("told", sa.Text(), nullable=True),
        sa.Column("everyone", sa.Boolean(), nullable=False),
        sa.Column("case_id", sa.Text(), nullable=True),
        sa.Column("channel", sa.Text(), nullable=True),
        sa.Column("conversation", sa.Text(), nullable=True),
        sa.Column("ticket_id", sa.Text(), nullable=True),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_notifications")),
        sa.UniqueConstraint("key", "reason", name=op.f("uq_notifications_key_reason")),
    )
    op.create_index(
        "ix_notifications_staff",
        "notifications",
        ["staff", "id"],
        sqlite_where=_TO_ONE,
        postgresql_where=_TO_ONE,
    )
    op.create_table(
        "recipients",
        sa.Column("number", _NUMBER, nullable=False),
        sa.Column("staff", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("number", name=op.f("pk_recipients")),
        sa.UniqueConstraint("staff", name=op.f("uq_recipients_staff")),
    )
    op.create_table(
        "heard",
        sa.Column("number", _NUMBER, autoincrement=False, nullable=False),
        sa.Column("block", _NUMBER, autoincrement=False, nullable=False),
        sa.ForeignKeyConstraint(["number"], ["recipients.number"], name=op.f("fk_heard_number")),
        sa.PrimaryKeyConstraint("number", "block", name=op.f("pk_heard")),
        sqlite_with_rowid=False,
    )
