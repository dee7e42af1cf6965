"""How the database keeps count of what each person has: triggers on the table of cases.

A case changes hands in many ways: an event, an effect, a case after it, a repair by hand. If each of them had
to count, one would forget it one day; and a worker of an older release does not count at all.
"""

from __future__ import annotations

from collections.abc import Mapping


def _counts(row: str) -> str:
    """Whether somebody has the case in a row: see `helpdesks.schema.LIVING`."""
    living = f"NOT ({row}.status = 'closed' AND ({row}.kind = 'ticket' OR {row}.activity = 'ended'))"
    return f"{row}.holder IS NOT NULL AND {living}"


# In order of the names, so that two transactions never wait for one another here.
_ADD = """INSERT INTO loads (staff, kind, number)
    SELECT staff, kind, SUM(change) FROM ({changes}) AS changed
    WHERE true GROUP BY staff, kind HAVING SUM(change) <> 0 ORDER BY staff
    ON CONFLICT (staff, kind) DO UPDATE SET number = loads.number + excluded.number"""
_GONE = f"SELECT OLD.holder AS staff, OLD.kind AS kind, -1 AS change WHERE {_counts('OLD')}"
_NEW = f"SELECT NEW.holder AS staff, NEW.kind AS kind, 1 AS change WHERE {_counts('NEW')}"

_MOVED = "UPDATE OF holder, status, activity, kind"
_SQLITE = tuple(
    f"CREATE TRIGGER cases_{name} AFTER {when} ON cases BEGIN {_ADD.format(changes=changes)}; END"
    for name, when, changes in (
        ("opened", "INSERT", _NEW),
        ("moved", _MOVED, f"{_GONE} UNION ALL {_NEW}"),
        ("removed", "DELETE", _GONE),
    )
)
_POSTGRESQL = (
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
$$""",
    f"CREATE TRIGGER cases_loads AFTER INSERT OR DELETE OR {_MOVED} ON cases "
    "FOR EACH ROW EXECUTE FUNCTION baton_count_loads()",
)
TRIGGERS: Mapping[str, tuple[str, ...]] = {"sqlite": _SQLITE, "postgresql": _POSTGRESQL}
"""The statements that make them, by dialect."""
