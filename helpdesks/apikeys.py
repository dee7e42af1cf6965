"""The gateway's API keys, as the embedded help desk keeps them: digests, names and scopes.

A key is never removed, so that it can be said when it was made and when it ended.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from sqlalchemy import ColumnElement, Connection, or_, select

from baton.desk.apikeys import ApiKeyRevocation, ApiKeyRotation, ApiKeyRow, NewApiKey
from baton.errors import InvalidEvent, NotAllowed
from helpdesks.database import Database
from helpdesks.schema import api_keys

_LOCK = "api keys"


@dataclass(frozen=True)
class LivingKey:
    """What lets somebody in."""

    digest: str
    name: str
    scopes: frozenset[str]
    ends_at: datetime | None


class ApiKeys:
    """The keys in one database. Every method raises ``HelpDeskUnavailable`` when trying again may work."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def add(self, new: NewApiKey) -> ApiKeyRow:
        """Keep a key; once, however often. Raises ``NotAllowed`` if another living key has its name."""

        def work(connection: Connection) -> ApiKeyRow:
            now = datetime.now(UTC)
            for row in _of(connection, new.name, now):
                if row.digest == new.digest:
                    return _shown(row)
                raise NotAllowed(
                    f"there is an API key {new.name!r} already: rotate it, revoke it, or name this one "
                    "otherwise"
                )
            return _keep(connection, new.digest, new.name, sorted(set(new.scopes)), now)

        return await self._database.write(work, _LOCK)

    async def all(self) -> Sequence[ApiKeyRow]:
        """All keys, the oldest first."""
        return await self._database.read(
            lambda connection: [
                _shown(row)
                for row in connection.execute(select(api_keys).order_by(api_keys.c.made_at, api_keys.c.name))
            ]
        )

    async def living(self) -> Sequence[LivingKey]:
        """The keys that let somebody in now."""

        def look(connection: Connection) -> Sequence[LivingKey]:
            rows = connection.execute(select(api_keys).where(_lives(datetime.now(UTC))))
            return [LivingKey(row.digest, row.name, frozenset(row.scopes), row.ends_at) for row in rows]

        return await self._database.read(look)

    async def rotate(self, rotation: ApiKeyRotation) -> ApiKeyRow:
        """Keep a key in place of those of its name; once, however often.

        Raises ``InvalidEvent`` if no living key has the name.
        """

        def work(connection: Connection) -> ApiKeyRow:
            now = datetime.now(UTC)
            present = _of(connection, rotation.name, now)
            for row in present:
                if row.digest == rotation.digest:
                    return _shown(row)
            if not present:
                raise _none(rotation.name)
            _end(connection, rotation.name, now + timedelta(seconds=rotation.grace))
            return _keep(connection, rotation.digest, rotation.name, present[-1].scopes, now)

        return await self._database.write(work, _LOCK)

    async def revoke(self, revocation: ApiKeyRevocation) -> Sequence[ApiKeyRow]:
        """End the keys of this name. Raises ``InvalidEvent`` if there never was one."""

        def work(connection: Connection) -> Sequence[ApiKeyRow]:
            _end(connection, revocation.name, datetime.now(UTC))
            found = select(api_keys).where(api_keys.c.name == revocation.name).order_by(api_keys.c.made_at)
            rows = [_shown(row) for row in connection.execute(found)]
            if not rows:
                raise _none(revocation.name)
            return rows

        return await self._database.write(work, _LOCK)


def _of(connection: Connection, name: str, now: datetime) -> Sequence[Any]:
    """The living keys of a name, the oldest first."""
    found = select(api_keys).where(api_keys.c.name == name, _lives(now)).order_by(api_keys.c.made_at)
    return connection.execute(found).all()


def _lives(now: datetime) -> ColumnElement[bool]:
    return or_(api_keys.c.ends_at.is_(None), api_keys.c.ends_at > now)


def _keep(
    connection: Connection, digest: str, name: str, scopes: Sequence[str], made_at: datetime
) -> ApiKeyRow:
    connection.execute(
        api_keys.insert(), {"digest": digest, "name": name, "scopes": list(scopes), "made_at": made_at}
    )
    return ApiKeyRow(name=name, scopes=tuple(scopes), made_at=made_at)


def _end(connection: Connection, name: str, at: datetime) -> None:
    """End the keys of a name at a moment, unless they end before."""
    later = or_(api_keys.c.ends_at.is_(None), api_keys.c.ends_at > at)
    connection.execute(api_keys.update().where(api_keys.c.name == name, later).values(ends_at=at))


def _none(name: str) -> InvalidEvent:
    return InvalidEvent(f"there is no API key {name!r}: `baton api-key list` lists them")


def _shown(row: Any) -> ApiKeyRow:
    return ApiKeyRow(name=row.name, scopes=tuple(row.scopes), made_at=row.made_at, ends_at=row.ends_at)
