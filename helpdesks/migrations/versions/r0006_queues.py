"""Who waits in which queue, and since when; and the places that are promised to them.

``since`` of an old row is the time of its last message, or when it was opened: nobody knows any more which
message was the first unanswered one. A living case writes these columns itself with its next event.
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"

_LIVING = "NOT (status = 'closed' AND (kind = 'ticket' OR activity = 'ended'))"


def upgrade() -> None:
    op.drop_index("ix_cases_tab", "cases")
    op.add_column("cases", sa.Column("queue", sa.Text(), nullable=True))
    op.add_column("cases", sa.Column("handed_on_by", sa.Text(), nullable=True))
    op.add_column("cases", sa.Column("waiting_since", sa.DateTime(timezone=True), nullable=True))
    op.add_column("cases", sa.Column("since", sa.DateTime(timezone=True), nullable=True))
    op.execute("UPDATE cases SET since = COALESCE(last_message_at, opened_at)")
    op.execute(
        f"UPDATE cases SET queue = line WHERE {_LIVING} AND assignee IS NULL AND holder IS NULL "
        "AND (kind = 'ticket' OR activity = 'active' OR status = 'open')"
    )
    op.create_index("ix_cases_tab", "cases", ["tab", "since"])
    where = sa.text("queue IS NOT NULL")
    op.create_index(
        "ix_cases_queue", "cases", ["queue", "kind", "since"], sqlite_where=where, postgresql_where=where
    )
    op.create_table(
        "promises",
        sa.Column("case_id", sa.Text(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("staff", sa.Text(), nullable=False),
        sa.Column("source", sa.Text(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["case_id"], ["cases.case_id"], name="fk_promises_case_id"),
        sa.PrimaryKeyConstraint("case_id", name="pk_promises"),
    )
    op.create_index("ix_promises_staff", "promises", ["staff"])
