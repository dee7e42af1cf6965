"""What is told elsewhere: letters, and their subscribers."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0011"
down_revision = "0010"

_NUMBER = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
_WAITING = sa.text("state = 'waiting'")


def _moment(name: str, *, optional: bool = False) -> sa.Column[object]:
    return sa.Column(name, sa.DateTime(timezone=True), nullable=optional)


def upgrade() -> None:
    op.create_table(
        "subscribers",
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("way", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("staff", sa.Text(), nullable=True),
        sa.Column("url", sa.Text(), nullable=True),
        sa.Column("secrets", sa.Text(), nullable=False),
        sa.Column("types", sa.Text(), nullable=False),
        sa.Column("with_text", sa.Boolean(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("capacity", sa.Integer(), nullable=False),
        sa.Column("failures", sa.Integer(), nullable=False),
        _moment("probe_at", optional=True),
        sa.Column("last_error", sa.Text(), nullable=True),
        _moment("last_error_at", optional=True),
        _moment("last_delivered_at", optional=True),
        _moment("made_at"),
        sa.PrimaryKeyConstraint("id", name="pk_subscribers"),
    )
    op.create_table(
        "letters",
        sa.Column("id", _NUMBER, nullable=False),
        sa.Column("subscriber", sa.Text(), nullable=False),
        sa.Column("key", sa.Text(), nullable=False),
        sa.Column("type", sa.Text(), nullable=False),
        sa.Column("staff", sa.Text(), nullable=True),
        sa.Column("about", sa.Text(), nullable=False),
        sa.Column("body", sa.Text(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("attempts", sa.Integer(), nullable=False),
        _moment("at"),
        _moment("due_at"),
        _moment("done_at", optional=True),
        sa.Column("error", sa.Text(), nullable=True),
        sa.PrimaryKeyConstraint("id", name="pk_letters"),
        sa.ForeignKeyConstraint(
            ["subscriber"], ["subscribers.id"], name="fk_letters_subscriber", ondelete="CASCADE"
        ),
        sa.UniqueConstraint("subscriber", "key", name="uq_letters_subscriber_key"),
    )
    for name, columns in (
        ("ix_letters_due", ["subscriber", "due_at", "id"]),
        ("ix_letters_about", ["subscriber", "about", "id"]),
    ):
        op.create_index(name, "letters", columns, sqlite_where=_WAITING, postgresql_where=_WAITING)
    op.create_index("ix_letters_done", "letters", ["subscriber", "state", "done_at"])
