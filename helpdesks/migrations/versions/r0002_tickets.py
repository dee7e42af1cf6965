"""Tickets beside the chats.

Columns are only added, and none of them has to be filled: for anything else SQLite would have to copy the
whole table of cases, which events refer to. The rows of chats stay as they are.
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"

_LIVING = "NOT (activity = 'ended' AND status = 'closed')"


def upgrade() -> None:
    for name in (
        *("ticket_id", "stage", "composer", "dispatcher", "subject"),
        *("linked_channel", "linked_conversation", "rest"),
    ):
        op.add_column("cases", sa.Column(name, sa.Text(), nullable=True))
    op.add_column("cases", sa.Column("asked", sa.JSON(), nullable=True))
    op.add_column("cases", sa.Column("due_at", sa.DateTime(timezone=True), nullable=True))
    for name in ("composer", "stage"):
        where = sa.text(f"{_LIVING} AND {name} IS NOT NULL")
        op.create_index(f"ix_cases_{name}", "cases", [name], sqlite_where=where, postgresql_where=where)
    op.create_table(
        "case_labels",
        sa.Column("case_id", sa.Text(), nullable=False),
        sa.Column("label", sa.Text(), nullable=False),
        sa.Column("due_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(["case_id"], ["cases.case_id"], name=op.f("fk_case_labels_case_id")),
        sa.PrimaryKeyConstraint("case_id", "label", name=op.f("pk_case_labels")),
    )
    op.create_index("ix_case_labels_label", "case_labels", ["label", "due_at"])
    op.add_column("entries", sa.Column("author", sa.Text(), nullable=True))
