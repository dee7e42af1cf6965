"""Queues in the embedded help desk: who waits for a line, who has how many cases, and what is promised.

A *promise* is one row: this case gets the next free place, which this person has. It counts like a case that
the person has, so that nobody else is given the same place. It is made under the lock of the line's queue,
and the case's own transaction takes it back under the same lock when the case leaves the queue.

A promise is worth something only if the case is told of it. Whoever made it does so; if that one died, the
promise grows old, and whoever looks at the queue next makes it anew.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime, timedelta

from sqlalchemy import Connection, Integer, and_, bindparam, func, or_, select, union_all

from baton.model.queueing import Waiting
from helpdesks import queries
from helpdesks.database import Database
from helpdesks.directories import Directories
from helpdesks.known import Attendance, Kind, Queued, VersionedDirectory
from helpdesks.locks import Locks
from helpdesks.people import attendance_of
from helpdesks.places import ref_of
from helpdesks.schema import LIVING, cases, promises

KEPT_FOR = timedelta(minutes=1)
"""How long a promise is good. A case that is told of it answers within moments."""

_MADE_BY_OTHERS = and_(promises.c.source != bindparam("source"), promises.c.at > bindparam("fresh_after"))
_HELD = union_all(
    select(cases.c.holder.label("staff")).where(
        LIVING,
        cases.c.kind == bindparam("kind"),
        cases.c.holder.in_(bindparam("staff", expanding=True)),
        cases.c.case_id != bindparam("own_case"),
    ),
    select(promises.c.staff).where(
        promises.c.kind == bindparam("kind"),
        promises.c.staff.in_(bindparam("staff", expanding=True)),
        promises.c.case_id != bindparam("own_case"),
        _MADE_BY_OTHERS,
    ),
).subquery()
LOAD = select(_HELD.c.staff, func.count().label("number")).group_by(_HELD.c.staff)
WAITING = (
    select(
        *(cases.c.case_id, cases.c.kind, cases.c.customer),
        *(cases.c.channel, cases.c.conversation, cases.c.ticket_id),
        *(cases.c.assignee, cases.c.holders, cases.c.handed_on_by),
    )
    .outerjoin(promises, promises.c.case_id == cases.c.case_id)
    .where(
        cases.c.queue == bindparam("line"),
        cases.c.kind == bindparam("kind"),
        cases.c.since <= bindparam("until"),
        cases.c.case_id != bindparam("own_case"),
        or_(promises.c.case_id.is_(None), ~_MADE_BY_OTHERS),
    )
    .order_by(cases.c.since, cases.c.case_id)
    .limit(bindparam("most", type_=Integer))
)


class EmbeddedQueues:
    """A `helpdesks.base.Queues`. Lasts as long as its transaction.

    Args:
        source: what looks at the queues; if it does so again, it makes the same promises again.
        case_id: the case that is being decided, whose own row does not count.
    """

    def __init__(
        self,
        database: Database,
        connection: Connection,
        directories: Directories,
        locks: Locks,
        *,
        source: str,
        now: datetime,
        case_id: str = "",
    ) -> None:
        self._database = database
        self.connection = connection
        self._directories = directories
        self._locks = locks
        self._now = now
        self._promising = {"source": source, "fresh_after": now - KEPT_FOR, "own_case": case_id}

    def directory(self) -> VersionedDirectory:
        return self._directories.current(self.connection)

    def attendance(self, staff: Iterable[str]) -> Mapping[str, Attendance]:
        wanted = list(staff)
        if not wanted:
            return {}
        rows = self.connection.execute(queries.ATTENDANCE, {"staff": wanted})
        return {row.staff: attendance_of(row) for row in rows}

    def load(self, staff: Iterable[str], kind: Kind) -> Mapping[str, int]:
        wanted = list(dict.fromkeys(staff))
        self._locks.load(wanted)
        counted: dict[str, int] = dict.fromkeys(wanted, 0)
        if wanted:
            rows = self.connection.execute(LOAD, {**self._promising, "staff": wanted, "kind": kind})
            counted.update((holder, number) for holder, number in rows)
        return counted

    def waiting(self, line: str, kind: Kind, until: datetime, most: int) -> Sequence[Queued]:
        self._locks.queues([line])
        rows = self.connection.execute(
            WAITING, {**self._promising, "line": line, "kind": kind, "until": until, "most": most}
        )
        return [
            Queued(
                ref_of(row),
                Waiting(row.case_id, row.assignee, (row.holders or {}).get(line), row.handed_on_by),
            )
            for row in rows
        ]

    def promise(self, places: Mapping[str, str], kind: Kind) -> None:
        if not places:
            return
        insert = self._database.insert(promises)
        renewed = {name: insert.excluded[name] for name in ("staff", "source", "at")}
        self.connection.execute(
            insert.on_conflict_do_update(index_elements=[promises.c.case_id], set_=renewed),
            [
                {
                    "case_id": case_id,
                    "kind": kind,
                    "staff": staff,
                    "source": self._promising["source"],
                    "at": self._now,
                }
                for case_id, staff in sorted(places.items())
            ],
        )

    def redeem(self, line: str) -> str | None:
        self._locks.queues([line])
        staff: str | None = self.connection.scalar(
            promises.delete()
            .where(promises.c.case_id == self._promising["own_case"])
            .returning(promises.c.staff)
        )
        return staff
