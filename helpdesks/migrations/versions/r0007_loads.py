"""How many cases of each kind each person has, counted by the database.

Triggers count, so that a worker of the release before, which does not know the table, keeps it right.
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0006"


def _counts(row: str) -> str:
    living = f"NOT ({row}.status = 'closed' AND ({row}.kind = 'ticket' OR {row}.activity = 'ended'))"
    return f"{row}.holder IS NOT NULL AND {living}"


_ADD = """INSERT INTO loads (staff, kind, number)
    SELECT staff, kind, SUM(change) FROM ({changes}) AS changed
    WHERE true GROUP BY staff, kind HAVING SUM(change) <> 0 ORDER BY staff
    ON CONFLICT (staff, kind) DO UPDATE SET number = loads.number + excluded.number"""
_GONE = f"SELECT OLD.holder AS staff, OLD.kind AS kind, -1 AS change WHERE {_counts('OLD')}"
_NEW = f"SELECT NEW.holder AS staff, NEW.kind AS kind, 1 AS change WHERE {_counts('NEW')}"
_MOVED = "UPDATE OF holder, status, activity, kind"


def upgrade() -> None:
    op.create_table(
        "loads",
        sa.Column("staff", sa.Text(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("staff", "kind", name="pk_loads"),
        sqlite_with_rowid=False,
    )
    op.execute(
        "INSERT INTO loads (staff, kind, number) "
        f"SELECT holder, kind, COUNT(*) FROM cases WHERE {_counts('cases')} GROUP BY holder, kind"
    )
    if op.get_bind().dialect.name == "sqlite":
        for name, when, changes in (
            ("opened", "INSERT", _NEW),
            ("moved", _MOVED, f"{_GONE} UNION ALL {_NEW}"),
            ("removed", "DELETE", _GONE),
        ):
            op.execute(
                f"CREATE TRIGGER cases_{name} AFTER {when} ON cases BEGIN {_ADD.format(changes=changes)}; END"
            )
        return
    op.execute(
        f"""CREATE FUNCTION baton_count_loads() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'INSERT' THEN
        {_ADD.format(changes=_NEW)};
    ELSIF TG_OP = 'DELETE' THEN
        {_ADD.format(changes=_GONE)};
    ELSE
        {_ADD.format(changes=f"{_GONE} UNION ALL {_NEW}")};
    END IF;
    RETURN NULL;
END
$$"""
    )
    op.execute(
        f"CREATE TRIGGER cases_loads AFTER INSERT OR DELETE OR {_MOVED} ON cases "
        "FOR EACH ROW EXECUTE FUNCTION baton_count_loads()"
    )
