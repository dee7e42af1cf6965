"""Deliveries of hooks that could not be used, kept with the reason, so that somebody can look at them.

Nothing is lost without them: the feed reads what happened. They say what is wrong with a hook, and can be
read again once Baton knows more. There are never more than `MOST`, and whenever one is kept, those older than
`KEPT_FOR` go.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Connection, bindparam, func, select

from baton.desk.hooks import KeptHook
from helpdesks.database import Database
from helpdesks.outside.hooks import Delivery, Unusable, read
from helpdesks.schema import hooks_kept

MOST = 10_000
KEPT_FOR = timedelta(days=30)
_SHOWN = 64 * 1024
"""Bytes of a body that are shown."""
_LONGEST_TYPE = 500
_OLD = hooks_kept.delete().where(
    (hooks_kept.c.at < bindparam("before")) | (hooks_kept.c.id <= bindparam("overrun"))
)
_ROWS = select(
    *(hooks_kept.c.id, hooks_kept.c.desk, hooks_kept.c.reason, hooks_kept.c.at, hooks_kept.c.content_type),
    func.length(hooks_kept.c.body).label("size"),
)


class KeptHooks:
    """The ledger's side of it."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def keep(self, desk: str, delivery: Delivery, reason: str, at: datetime) -> int:
        """Keep a delivery; returns its number."""
        values = {
            "desk": desk,
            "reason": reason,
            "at": at,
            "content_type": delivery.content_type[:_LONGEST_TYPE],
            "body": delivery.body,
        }
        return await self._database.write(lambda connection: _keep(connection, values))

    async def kept(self, limit: int) -> Sequence[KeptHook]:
        """The latest first, without their bodies."""
        query = _ROWS.order_by(hooks_kept.c.id.desc()).limit(limit)
        rows = await self._database.read(lambda connection: connection.execute(query).all())
        return [_row(row) for row in rows]

    async def one(self, number: int) -> KeptHook | None:
        """One of them, with the beginning of its body."""
        query = _ROWS.add_columns(hooks_kept.c.body).where(hooks_kept.c.id == number)
        row = await self._database.read(lambda connection: connection.execute(query).one_or_none())
        if row is None:
            return None
        return _row(row).model_copy(update={"body": row.body[:_SHOWN].decode(errors="replace")})

    async def numbers(self) -> Sequence[int]:
        """Of all that are kept, in their order."""
        query = select(hooks_kept.c.id).order_by(hooks_kept.c.id)
        return await self._database.read(lambda connection: connection.scalars(query).all())

    async def read_again(self, number: int) -> KeptHook | None:
        """Read a delivery with the code as it is now, and forget it if it can be used.

        Returns it with the reason that it has now, which is empty if it can be used; none if there is none.
        """
        return await self._database.write(lambda connection: _read_again(connection, number))


def _keep(connection: Connection, values: dict[str, Any]) -> int:
    number = connection.execute(hooks_kept.insert().returning(hooks_kept.c.id), values).scalar_one()
    connection.execute(_OLD, {"before": values["at"] - KEPT_FOR, "overrun": number - MOST})
    return int(number)


def _read_again(connection: Connection, number: int) -> KeptHook | None:
    this = hooks_kept.c.id == number
    row = connection.execute(_ROWS.add_columns(hooks_kept.c.body).where(this)).one_or_none()
    if row is None:
        return None
    try:
        read(row.desk, Delivery(row.body, {"content-type": row.content_type}), None)
    except Unusable as unusable:
        reason = str(unusable)
        if reason != row.reason:
            connection.execute(hooks_kept.update().where(this).values(reason=reason))
        return _row(row).model_copy(update={"reason": reason})
    connection.execute(hooks_kept.delete().where(this))
    return _row(row).model_copy(update={"reason": ""})


def _row(row: Any) -> KeptHook:
    return KeptHook(
        id=row.id,
        desk=row.desk,
        reason=row.reason,
        at=row.at,
        content_type=row.content_type,
        size=row.size,
    )
