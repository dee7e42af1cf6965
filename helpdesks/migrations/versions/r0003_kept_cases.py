"""A case is kept whole: its workflow can be started anew from here, with what it had not yet written.

Columns are only added, and none of them has to be filled. A row that was written before has less in ``rest``,
which is then read together with its other columns (`helpdesks.keeping`).
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"


def upgrade() -> None:
    op.add_column("cases", sa.Column("unsent", sa.Text(), nullable=True))
    op.add_column("events", sa.Column("credited", sa.JSON(), nullable=True))
