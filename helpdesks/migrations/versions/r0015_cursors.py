"""How far a desk was read is kept in the ledger, too, for a feed that begins again."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0015"
down_revision = "0014"


def upgrade() -> None:
    op.add_column("looks", sa.Column("cursor", sa.Text(), nullable=True))
