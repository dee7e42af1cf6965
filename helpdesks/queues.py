"""Queues in the embedded help desk: who waits for a line, who has how many cases, and what is promised.

A *promise* is one row: this case gets the next free place, which this person has. It counts like a case that
the person has, so that nobody else is given the same place. It is made under the lock of the line's queue,
and the case's own transaction takes it back under the same lock when the case leaves the queue.

A promise is worth something only if the case is told of it. Whoever made it does so; if that one died, the
promise grows old, and whoever looks at the queue next makes it anew.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from datetime import datetime, timedelta
from itertools import islice
from typing import Any

from sqlalchemy import Connection, Integer, Row, bindparam, or_, select

from baton.model.queueing import Waiting
from helpdesks import queries
from helpdesks.caserows import is_over
from helpdesks.directories import Directories
from helpdesks.known import Attendance, Kind, Queued, Standing, VersionedDirectory
from helpdesks.locks import Locks
from helpdesks.people import attendance_of
from helpdesks.places import ref_of
from helpdesks.schema import cases, promises
from helpdesks.standing import KEPT_FOR_OTHERS, standing
from helpdesks.upserts import Upsert

KEPT_FOR = timedelta(minutes=1)
"""How long a promise is good. A case that is told of it answers within moments."""

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
        or_(promises.c.case_id.is_(None), ~KEPT_FOR_OTHERS),
    )
    .order_by(cases.c.since, cases.c.case_id)
    .limit(bindparam("most", type_=Integer))
)
_PROMISE = Upsert(
    promises,
    lambda insert: insert.on_conflict_do_update(
        index_elements=[promises.c.case_id],
        set_={name: insert.excluded[name] for name in ("staff", "source", "at")},
    ),
)


class EmbeddedQueues:
    """A `helpdesks.base.Queues`. Lasts as long as its transaction.

    Args:
        source: what looks at the queues; if it does so again, it makes the same promises again.
        case_id: the case that is being decided, which does not count.
        own: the row of that case, if there is one.
    """

    def __init__(
        self,
        connection: Connection,
        directories: Directories,
        locks: Locks,
        *,
        source: str,
        now: datetime,
        case_id: str = "",
        own: Row[Any] | None = None,
    ) -> None:
        self.connection = connection
        self._directories = directories
        self._locks = locks
        self._now = now
        self._source = source
        self._fresh_after = now - KEPT_FOR
        self._own_case = case_id
        self._own = own

    def directory(self) -> VersionedDirectory:
        return self._directories.current(self.connection)

    def attendance(self, staff: Iterable[str]) -> Mapping[str, Attendance]:
        wanted = list(staff)
        if not wanted:
            return {}
        rows = self.connection.execute(queries.ATTENDANCE, {"staff": wanted})
        return {row.staff: attendance_of(row) for row in rows}

    def load(self, staff: Iterable[str], kind: Kind) -> Mapping[str, int]:
        return {one.staff: one.load for one in self.standing(staff, kind)}

    def standing(self, staff: Iterable[str], kind: Kind) -> Sequence[Standing]:
        wanted = list(dict.fromkeys(staff))
        self._locks.load(wanted)
        return list(self._in_order(wanted, kind, online=False)) if wanted else []

    def first(
        self, staff: Iterable[str], kind: Kind, fits: Callable[[Standing], bool], most: int
    ) -> Sequence[Standing]:
        wanted = list(staff)
        while True:
            found = list(islice(filter(fits, self._in_order(wanted, kind, online=True)), most))
            if not self._locks.load(one.staff for one in found):
                return found
            # Until they were locked, somebody else may have given them something.

    def _in_order(self, staff: Iterable[str], kind: Kind, *, online: bool) -> Iterator[Standing]:
        return standing(
            self.connection,
            staff,
            kind,
            online=online,
            fresh_after=self._fresh_after,
            source=self._source,
            own_case=self._own_case,
            own_holder=self._own_holder(kind),
        )

    def _own_holder(self, kind: Kind) -> str | None:
        """Who has the case that is being decided, if that counts among cases of this kind."""
        if self._own is None or self._own.kind != kind or is_over(self._own):
            return None
        holder: str | None = self._own.holder
        return holder

    def waiting(self, line: str, kind: Kind, until: datetime, most: int) -> Sequence[Queued]:
        self._locks.queues([line])
        rows = self.connection.execute(
            WAITING,
            {
                "line": line,
                "kind": kind,
                "until": until,
                "most": most,
                "source": self._source,
                "fresh_after": self._fresh_after,
                "own_case": self._own_case,
            },
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
        self.connection.execute(
            _PROMISE.on(self.connection),
            [
                {
                    "case_id": case_id,
                    "kind": kind,
                    "staff": staff,
                    "source": self._source,
                    "at": self._now,
                }
                for case_id, staff in sorted(places.items())
            ],
        )

    def redeem(self, line: str) -> str | None:
        self._locks.queues([line])
        staff: str | None = self.connection.scalar(
            promises.delete().where(promises.c.case_id == self._own_case).returning(promises.c.staff)
        )
        return staff
