"""Presence, as the embedded help desk keeps it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Row, select

from baton.contract import Presence
from helpdesks.known import Attendance
from helpdesks.schema import attendance
from helpdesks.upserts import Upsert

_PRESENCES = select(attendance.c.staff, attendance.c.presence).where(attendance.c.presence.is_not(None))
_SET_PRESENCE = Upsert(
    attendance,
    lambda insert: insert.on_conflict_do_update(
        index_elements=[attendance.c.staff],
        set_={"presence": insert.excluded.presence, "since": insert.excluded.since},
        where=attendance.c.presence.is_(None)
        | (
            (attendance.c.presence != insert.excluded.presence)
            & (attendance.c.since <= insert.excluded.since)
        ),
    ),
)


def attendance_of(row: Row[Any]) -> Attendance:
    """What a person with a presence is doing."""
    return Attendance(Presence(row.presence), row.since, row.last_assigned_at)


def everybody(connection: Connection) -> Mapping[str, Attendance]:
    """The presence of everybody who ever had one."""
    rows = connection.execute(
        select(attendance).where(attendance.c.presence.is_not(None)).order_by(attendance.c.staff)
    )
    return {row.staff: attendance_of(row) for row in rows}


def presences(connection: Connection) -> Mapping[str, Presence]:
    """What everybody is doing who ever had a presence."""
    return {staff: Presence(presence) for staff, presence in connection.execute(_PRESENCES)}


def set_presences(
    connection: Connection, staff: Sequence[str], presence: Presence, at: datetime
) -> Mapping[str, Attendance]:
    """Note what people are doing from ``at`` on. Anything older than the known presence changes nothing."""
    if not staff:
        return {}
    connection.execute(
        _SET_PRESENCE.on(connection),
        # In one order, so that two who set the same people do not wait for each other.
        [{"staff": one, "presence": presence, "since": at} for one in sorted(staff)],
    )
    rows = connection.execute(select(attendance).where(attendance.c.staff.in_(staff)))
    found = {row.staff: attendance_of(row) for row in rows}
    return {one: found[one] for one in staff}
