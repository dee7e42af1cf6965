"""How each person is told elsewhere, as the ledger keeps it. An address is personal data: lists hide it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import Connection, delete, select, update

from baton.desk.outgoing import MAIL, Way
from baton.desk.ways import NoticeKind, PersonsWay, Wishes
from baton.errors import NotAllowed
from helpdesks.database import Database
from helpdesks.outgoing.subscribers import place_of_url
from helpdesks.schema import subscribers, ways
from helpdesks.upserts import Upsert

_SET = Upsert(
    ways,
    lambda insert: insert.on_conflict_do_update(
        index_elements=[ways.c.staff, ways.c.way],
        set_={
            name: insert.excluded[name]
            for name in ("subscriber", "address", "kinds", "urgent", "digest_minutes", "quiet", "set_at")
        }
        | {"last_error": None, "last_error_at": None},
    ),
)


class Ways:
    """The ways in a ledger's database."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def of(self, staff: str | None) -> list[PersonsWay]:
        """The ways of a person, or of everybody, with addresses hidden."""
        query = (
            select(ways, subscribers.c.url)
            .outerjoin(subscribers, subscribers.c.id == ways.c.subscriber)
            .order_by(ways.c.staff, ways.c.way)
        )
        if staff is not None:
            query = query.where(ways.c.staff == staff)
        return await self._database.read(
            lambda connection: [_way(row, whole=staff is not None) for row in connection.execute(query)]
        )

    async def address(self, staff: str) -> str | None:
        """A person's address of e-mail."""
        query = select(ways.c.address).where(ways.c.staff == staff, ways.c.way == Way.EMAIL)
        return await self._database.read(lambda connection: connection.scalar(query))

    async def set(
        self, staff: str, way: Way, wishes: Wishes, *, subscriber: str, address: str | None = None
    ) -> None:
        """Tell a person by this way from now on.

        Raises ``NotAllowed`` for e-mail while no worker has a mail server.
        """
        values = {
            "staff": staff,
            "way": way,
            "subscriber": subscriber,
            "address": address,
            "kinds": _written(wishes.kinds),
            "urgent": _written(wishes.urgent),
            "digest_minutes": wishes.digest_minutes,
            "quiet": wishes.quiet,
            "set_at": datetime.now(UTC),
        }

        def work(connection: Connection) -> None:
            there = select(subscribers.c.id).where(subscribers.c.id == subscriber)
            if subscriber == MAIL and connection.scalar(there) is None:
                raise NotAllowed("no worker has a mail server: set BATON_MAIL_HOST and BATON_MAIL_FROM")
            connection.execute(_SET.on(connection), values)

        await self._database.write(work)

    async def end(self, staff: str, way: Way | None = None) -> int:
        """Tell a person nothing by this way, or by any, and forget address and URL; returns how many."""
        chosen = [ways.c.staff == staff]
        own = [subscribers.c.staff == staff]
        if way is not None:
            chosen.append(ways.c.way == way)
            own.append(subscribers.c.way == way)

        def work(connection: Connection) -> int:
            connection.execute(delete(subscribers).where(*own))
            number: int = connection.execute(delete(ways).where(*chosen)).rowcount
            return number

        return await self._database.write(work)

    async def noted(self, staff: str, way: Way, error: str | None) -> None:
        """Note how an attempt to tell a person ended."""
        now = datetime.now(UTC)
        values: Mapping[str, Any] = (
            {"last_told_at": now, "last_error": None, "last_error_at": None}
            if error is None
            else {"last_error": error, "last_error_at": now}
        )
        change = update(ways).where(ways.c.staff == staff, ways.c.way == way).values(**values)
        await self._database.write(lambda connection: connection.execute(change))


def hidden(address: str) -> str:
    """An address as it may be listed."""
    name, _, host = address.partition("@")
    return f"{name[:1]}…@{host}"


def _written(kinds: Sequence[NoticeKind]) -> str:
    return f",{','.join(one.value for one in kinds)}," if kinds else ""


def _read(written: str) -> tuple[NoticeKind, ...]:
    return tuple(NoticeKind(one) for one in written.split(",") if one)


def _way(row: Any, *, whole: bool) -> PersonsWay:
    address = row.address if whole or row.address is None else hidden(row.address)
    return PersonsWay(
        staff=row.staff,
        way=Way(row.way),
        address=address,
        place=place_of_url(row.url) if row.way == Way.CHAT else None,
        kinds=_read(row.kinds),
        urgent=_read(row.urgent),
        digest_minutes=row.digest_minutes,
        quiet=row.quiet,
        last_error=row.last_error,
        last_error_at=row.last_error_at,
        last_told_at=row.last_told_at,
    )
