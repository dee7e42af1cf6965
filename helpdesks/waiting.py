"""Why cases wait, and how much everybody has to do, as the embedded help desk shows it.

Nothing is locked here: lists may be a moment behind what is just being decided.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, and_, false, func, or_, select, true

from baton.contract import Activity, Tab
from baton.desk.waits import Colleague, InQueue, closed, waits_for
from baton.documents.directory import Directory
from helpdesks.known import Kind, StillWaiting
from helpdesks.queues import KEPT_FOR
from helpdesks.schema import cases, promises
from helpdesks.standing import standing


def reasons(
    connection: Connection, directory: Directory, rows: Iterable[Any], kind: Kind, now: datetime
) -> Mapping[str, str]:
    """Why the cases in these rows wait, by case ID; only of those that are in a queue."""
    queued = [row for row in rows if row.queue is not None]
    promised = _promised(connection, [row.case_id for row in queued], now)
    lines = dict.fromkeys(row.queue for row in queued)
    colleagues = _colleagues(connection, directory, lines, kind, now)
    shut = {line: closed(line, directory, now) for line in lines}
    return {
        row.case_id: waits_for(
            InQueue(
                line=row.queue,
                promised_to=promised.get(row.case_id),
                handed_on_by=row.handed_on_by,
                ended=row.activity == Activity.ENDED,
                assignee=row.assignee,
            ),
            colleagues[row.queue],
            shut[row.queue],
        )
        for row in queued
    }


def _promised(connection: Connection, case_ids: Iterable[str], now: datetime) -> Mapping[str, str]:
    wanted = list(case_ids)
    if not wanted:
        return {}
    found = connection.execute(
        select(promises.c.case_id, promises.c.staff).where(
            promises.c.case_id.in_(wanted), promises.c.at > now - KEPT_FOR
        )
    )
    return {row.case_id: row.staff for row in found}


def _colleagues(
    connection: Connection, directory: Directory, lines: Iterable[str], kind: Kind, now: datetime
) -> Mapping[str, list[Colleague]]:
    members = {line: directory.members(line) for line in lines}
    staff = [one for line in members.values() for one in line]
    if not staff:
        return {line: [] for line in members}
    found = {
        one.staff: one for one in standing(connection, staff, kind, online=False, fresh_after=now - KEPT_FOR)
    }
    return {
        line: [
            Colleague(one, found[one].online, found[one].load < member.most(kind), member.chats)
            for one, member in of_line.items()
        ]
        for line, of_line in members.items()
    }


def load(connection: Connection, staff: Iterable[str], kind: Kind, now: datetime) -> Mapping[str, int]:
    """How many cases of this kind these people have, or are promised; those without any are left out."""
    # Every case and every promise counts: nothing is being decided here.
    found = standing(connection, staff, kind, online=False, fresh_after=now - KEPT_FOR)
    return {one.staff: one.load for one in found if one.load}


def still_waiting(connection: Connection, line: str | None, now: datetime) -> StillWaiting:
    """How many cases wait that somebody of a line could take, and that nobody is promised."""
    promised = select(promises.c.case_id).where(promises.c.at > now - KEPT_FOR)
    queued = cases.c.queue == line if line is not None else false()
    new = and_(cases.c.tab == Tab.NEW, cases.c.queue.is_(None))
    elsewhere = cases.c.queue.is_distinct_from(line) if line is not None else true()
    unanswered = and_(cases.c.tab == Tab.UNANSWERED, elsewhere)
    lists = {"queue": queued, "new": new, "unanswered": unanswered}
    rows = connection.execute(
        select(*(func.count().filter(one).label(name) for name, one in lists.items())).where(
            or_(*lists.values()), cases.c.case_id.not_in(promised)
        )
    )
    return StillWaiting(**rows.one()._mapping)
