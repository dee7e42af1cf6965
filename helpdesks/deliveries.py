"""What is on its way to a desk that stands beside the ledger, and what that desk showed last.

A write to another program can end in four ways: it was done, it was not, it was done and nobody was told, or
half of it was done. So the ledger notes that a write *begins* before the desk is asked, and that it is *done*
after the desk was read again. Whoever finds a write that began and was not done looks there first.

What the desk showed last is what Baton itself has written there or has read as somebody's change. A field
that shows something else by now was changed by a person, whose change is still on its way here.
"""

from __future__ import annotations

import json
from collections.abc import Collection, Sequence
from datetime import UTC, datetime
from enum import StrEnum
from hashlib import sha256
from typing import Any, NamedTuple, cast

from sqlalchemy import Connection, bindparam, exists, select

from baton.contract import Activity, Status
from baton.model.effects import CaseWrite
from helpdesks import effects, queries
from helpdesks.database import Database
from helpdesks.ledger import Once
from helpdesks.outside.adapter import Change, Difference, applied
from helpdesks.places import place_of
from helpdesks.schema import deliveries, events, looks, shown
from helpdesks.upserts import Upsert

_DELIVERY = select(deliveries).where(deliveries.c.key == bindparam("wanted"))
# The write of an event that was decided, or decided again, later.
_LATER = select(
    exists().where(
        events.c.case_id == bindparam("of_case"),
        events.c.decided_at > bindparam("after"),
        deliveries.c.key == events.c.case_id + ":" + events.c.event_id + ":write",
    )
)
_SHOWN = select(shown.c.shows, shown.c.differing, shown.c.told, shown.c.by).where(
    shown.c.desk == bindparam("at_desk"), shown.c.desk_id == bindparam("wanted")
)
_LOOKED = select(looks.c.at).where(looks.c.desk == bindparam("at_desk"))
_CURSOR = select(looks.c.cursor).where(looks.c.desk == bindparam("at_desk"))
_PROGRESS = deliveries.update().where(deliveries.c.key == bindparam("wanted"))
_BEGIN = Upsert(
    deliveries,
    lambda insert: insert.on_conflict_do_update(
        index_elements=[deliveries.c.key],
        set_={name: insert.excluded[name] for name in ("digest", "at", "state")},
    ),
)
_SHOW = Upsert(
    shown,
    lambda insert: insert.on_conflict_do_update(
        index_elements=[shown.c.desk, shown.c.desk_id],
        set_={name: insert.excluded[name] for name in ("shows", "differing", "told", "by")},
    ),
)
_LOOK = Upsert(
    looks,
    lambda insert: insert.on_conflict_do_update(
        index_elements=[looks.c.desk],
        set_={name: insert.excluded[name] for name in ("at", "cursor")},
        where=looks.c.at < insert.excluded.at,
    ),
)


class Progress(StrEnum):
    """How far a write to the desk is."""

    BEGUN = "begun"
    """It begins now, for the first time."""
    UNKNOWN = "unknown"
    """It began before, and nobody knows how it ended."""
    OVERTAKEN = "overtaken"
    """Something later was written: the case no longer needs it. That something later was only decided is not
    enough, since that may ask nothing of the desk."""
    DONE = "done"


class Seen(NamedTuple):
    """What the desk showed last of a case."""

    shows: Change
    """Empty if nothing of it was ever seen."""
    settled: frozenset[str]
    """Fields that showed something else already before everything was read that people had done: no change
    of these is on its way."""
    unknown: frozenset[str]
    """Fields that somebody has changed in a way that the write did not know."""
    told: tuple[str, ...] = ()
    """What it cannot show and was said there in words, as it was said last."""


class Deliveries:
    """The ledger's notes about writes to a desk."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def begin_write(self, write: CaseWrite) -> Progress:
        """Change the case in the ledger and note that the desk is to follow, in one transaction."""
        return await self._database.write(
            lambda connection: self._begin_write(connection, write), place_of(write.case).lock
        )

    async def begin(self, effect: Once) -> Progress:
        """Note that something is to be said at the desk. Its key counts, whatever its content is."""
        return await self._database.write(
            lambda connection: self._begin(connection, effect.key, effect.decided_at, "")
        )

    async def begin_import(self, key: str) -> None:
        """Note that a case is being taken over from the desk."""
        await self._database.write(lambda connection: self._begin(connection, key, datetime.now(UTC), ""))

    async def is_under_way(self, key: str) -> bool:
        """Whether something with this key began, and was not done."""

        def begun(connection: Connection) -> bool:
            row = connection.execute(_DELIVERY, {"wanted": key}).one_or_none()
            return row is not None and row.state == Progress.BEGUN

        return await self._database.read(begun)

    async def done(self, key: str) -> None:
        """Note that the desk has it."""
        await self._database.write(
            lambda connection: connection.execute(_PROGRESS, {"wanted": key, "state": Progress.DONE})
        )

    async def seen(self, desk: str, desk_id: str, write: CaseWrite) -> Seen:
        """What the desk showed last of a case, and what this write did not know of it yet."""
        return await self._database.read(lambda connection: _seen(connection, desk, desk_id, write))

    async def shows(self, desk: str, desk_id: str) -> Change:
        """What the desk showed last of a case; empty if nothing of it was ever seen."""
        return await self._database.read(lambda connection: _read(_row(connection, desk, desk_id).shows))

    async def wrote(self, desk: str, desk_id: str, shows: Change, differing: Collection[str]) -> None:
        """Note what a case shows since it was written to, and which fields somebody has changed whom nobody
        has heard yet."""
        await self._database.write(
            lambda connection: _note(connection, desk, desk_id, cast(Difference, shows), differing=differing),
            f"shown:{desk}:{desk_id}",
        )

    async def tell(self, desk: str, desk_id: str, told: Sequence[str]) -> None:
        """Note what a case cannot show and was said there in words."""
        await self._database.write(
            lambda connection: _note(connection, desk, desk_id, Difference(), told=told),
            f"shown:{desk}:{desk_id}",
        )

    async def heard(self, desk: str, desk_id: str, shows: Difference, event_id: str | None) -> None:
        """Note what a case shows since somebody has changed it, and the event that tells of it, if one does.

        Noted before the case gets the event: a write that was decided without it must leave these fields.
        """
        await self._database.write(
            lambda connection: _note(connection, desk, desk_id, shows, event_id=event_id),
            f"shown:{desk}:{desk_id}",
        )

    async def looked(self, desk: str, at: datetime, cursor: str | None = None) -> None:
        """Note that everything was read that had happened at the desk until then: up to this cursor."""
        row = {"desk": desk, "at": at, "cursor": cursor}
        await self._database.write(lambda connection: connection.execute(_LOOK.on(connection), row))

    async def cursor(self, desk: str) -> str | None:
        """Where the last complete look ended; None if there was none."""
        return await self._database.read(lambda connection: connection.scalar(_CURSOR, {"at_desk": desk}))

    def _begin_write(self, connection: Connection, write: CaseWrite) -> Progress:
        digest = sha256(write.model_dump_json().encode()).hexdigest()
        progress = self._begin(connection, write.key, write.decided_at, digest)
        if (
            progress is Progress.BEGUN
            and not effects.write_case(connection, write)
            and connection.scalar(_LATER, {"of_case": write.case.case_id, "after": write.decided_at})
        ):
            progress = Progress.OVERTAKEN
            connection.execute(_PROGRESS, {"wanted": write.key, "state": Progress.OVERTAKEN})
        return progress

    def _begin(self, connection: Connection, key: str, at: datetime, digest: str) -> Progress:
        row = connection.execute(_DELIVERY, {"wanted": key}).one_or_none()
        if row is not None and row.digest == digest:
            return Progress.UNKNOWN if row.state == Progress.BEGUN else Progress(row.state)
        # After a reset of the workflow an event may be decided again, with the same key and another result.
        values = {"key": key, "digest": digest, "at": at, "state": Progress.BEGUN}
        connection.execute(_BEGIN.on(connection), values)
        return Progress.BEGUN


class _Row(NamedTuple):
    shows: str = "{}"
    differing: str = "{}"
    told: str = "[]"
    by: str = "{}"


def _row(connection: Connection, desk: str, desk_id: str) -> _Row:
    row = connection.execute(_SHOWN, {"at_desk": desk, "wanted": desk_id}).one_or_none()
    return _Row() if row is None else _Row(*row)


def _seen(connection: Connection, desk: str, desk_id: str, write: CaseWrite) -> Seen:
    row, place = _row(connection, desk, desk_id), place_of(write.case)
    looked_at = connection.scalar(_LOOKED, {"at_desk": desk})
    settled = {
        name
        for name, since in json.loads(row.differing).items()
        if looked_at is not None and datetime.fromisoformat(since) < looked_at
    }
    unknown = set()
    for name, event_id in json.loads(row.by).items():
        decided_at = connection.scalar(
            queries.TAKEN_IN_AT[place.kind], {**place.columns, "event_id": event_id}
        )
        if decided_at is None or decided_at > write.decided_at:
            unknown.add(name)
    return Seen(_read(row.shows), frozenset(settled), frozenset(unknown), tuple(json.loads(row.told)))


def _note(
    connection: Connection,
    desk: str,
    desk_id: str,
    difference: Difference,
    *,
    differing: Collection[str] = (),
    event_id: str | None = None,
    told: Sequence[str] | None = None,
) -> None:
    row, now = _row(connection, desk, desk_id), datetime.now(UTC).isoformat()
    before = _read(row.shows)
    shows = applied(difference, before)
    since = json.loads(row.differing)
    still = {name: at for name, at in since.items() if name not in shows}
    by = {name: told for name, told in json.loads(row.by).items() if name not in shows}
    values = {
        "shows": _written(cast(Change, {**before, **shows})),
        "differing": json.dumps(still | {name: since.get(name, now) for name in differing}),
        "told": row.told if told is None else json.dumps(told, ensure_ascii=False),
        "by": json.dumps(by | ({} if event_id is None else dict.fromkeys(shows, event_id))),
    }
    connection.execute(_SHOW.on(connection), {"desk": desk, "desk_id": desk_id, **values})


def _written(change: Change) -> str:
    fields: dict[str, Any] = dict(change)
    if "labels" in fields:
        fields["labels"] = sorted(fields["labels"])
    return json.dumps(fields, ensure_ascii=False)


def _read(written: str) -> Change:
    fields: Any = json.loads(written)
    for name, kind in (("labels", frozenset), ("status", Status), ("activity", Activity)):
        if name in fields:
            fields[name] = kind(fields[name])
    return cast(Change, fields)
