"""Who is told what happens: the subscribers, as the ledger keeps them.

A subscriber's secrets and the whole of its URL stay here: a chat tool's URL is a secret itself. Whoever lists
subscribers sees where they are, without path and query.
"""

from __future__ import annotations

import base64
import json
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from secrets import token_bytes, token_hex
from typing import Any, NamedTuple
from urllib.parse import urlsplit

from sqlalchemy import Connection, Row, bindparam, func, select

from baton.desk.outgoing import LARGEST_QUEUE, Subscriber, SubscriberState, Way
from baton.errors import InvalidEvent
from helpdesks.database import Database
from helpdesks.outgoing.posting import DEAD, WAITING
from helpdesks.schema import letters, subscribers

_SECRET_BYTES = 32
_BY_ID = select(subscribers).where(subscribers.c.id == bindparam("wanted"))
_CHANGE = subscribers.update().where(subscribers.c.id == bindparam("wanted"))
_COUNTS = (
    select(letters.c.subscriber, letters.c.state, func.count().label("number"))
    .where(letters.c.state.in_([WAITING, DEAD]))
    .group_by(letters.c.subscriber, letters.c.state)
)


class Secret(NamedTuple):
    """A key that signs, and until when; the newest signs for ever."""

    value: str
    until: datetime | None = None


class Target(NamedTuple):
    """What is needed to deliver to a subscriber. Never shown."""

    way: Way
    url: str | None
    secrets: tuple[str, ...]
    """Those that sign now."""


class Subscribers:
    """The subscribers in a ledger's database."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def make(
        self,
        way: Way,
        name: str,
        url: str | None,
        types: Sequence[str] = (),
        *,
        with_text: bool = False,
        capacity: int = LARGEST_QUEUE,
        staff: str | None = None,
        subscriber_id: str | None = None,
    ) -> tuple[Subscriber, str | None]:
        """Make one; returns it, with the secret that signs what it gets, which is not shown again.

        One with the same ``subscriber_id`` is left as it is.
        """
        secret = new_secret() if way is Way.STANDARD else None
        made_id = subscriber_id or f"wh_{token_hex(8)}"
        values = {
            "id": made_id,
            "way": way,
            "name": name,
            "staff": staff,
            "url": url,
            "secrets": _written([Secret(secret)] if secret else []),
            "types": _types(types),
            "with_text": with_text,
            "state": SubscriberState.ACTIVE,
            "capacity": capacity,
            "failures": 0,
            "made_at": datetime.now(UTC),
        }

        def work(connection: Connection) -> Subscriber:
            if connection.execute(_BY_ID, {"wanted": made_id}).one_or_none() is None:
                connection.execute(subscribers.insert(), values)
            return _shown(connection, _row(connection, made_id))

        return await self._database.write(work, "subscribers"), secret

    async def all(self) -> list[Subscriber]:
        """All of them, the oldest first."""

        def work(connection: Connection) -> list[Subscriber]:
            counts = _counts(connection)
            query = select(subscribers).order_by(subscribers.c.made_at, subscribers.c.id)
            return [_subscriber(row, counts) for row in connection.execute(query)]

        return await self._database.read(work)

    async def one(self, subscriber_id: str) -> Subscriber:
        """One of them. Raises ``InvalidEvent`` if there is none with this ID."""
        return await self._database.read(
            lambda connection: _shown(connection, _row(connection, subscriber_id))
        )

    async def change(self, subscriber_id: str, changes: Mapping[str, Any]) -> Subscriber:
        """Change ``name``, ``url``, ``types``, ``with_text``, ``capacity`` or ``state``. Raises as `one`.

        Whatever is set to active is tried at once.
        """
        values = dict(changes)
        if "types" in values:
            values["types"] = _types(values["types"])
        if values.get("state") is SubscriberState.ACTIVE or "url" in values:
            values |= {"failures": 0, "probe_at": None}

        def work(connection: Connection) -> Subscriber:
            row = _row(connection, subscriber_id)
            if values:
                connection.execute(_CHANGE.values(**values), {"wanted": subscriber_id})
                row = _row(connection, subscriber_id)
            return _shown(connection, row)

        return await self._database.write(work)

    async def remove(self, subscriber_id: str) -> None:
        """Remove it, with its letters. Raises as `one`."""

        def work(connection: Connection) -> None:
            _row(connection, subscriber_id)
            connection.execute(subscribers.delete().where(subscribers.c.id == subscriber_id))

        await self._database.write(work)

    async def rotate(self, subscriber_id: str, keep_for: timedelta) -> str:
        """A new secret, which is not shown again. The one before signs, too, for so long. Raises as `one`,
        and ``InvalidEvent`` for one that has no secret."""
        secret = new_secret()

        def work(connection: Connection) -> None:
            row, now = _row(connection, subscriber_id), datetime.now(UTC)
            if row.way != Way.STANDARD:
                raise InvalidEvent(f"subscriber {subscriber_id} has no secret: what it gets is not signed")
            before = [
                one._replace(until=min(one.until or now + keep_for, now + keep_for))
                for one in _read(row.secrets)
                if one.until is None or one.until > now
            ]
            values = {"secrets": _written([Secret(secret), *before[:4]])}
            connection.execute(_CHANGE.values(**values), {"wanted": subscriber_id})

        await self._database.write(work, f"subscriber:{subscriber_id}")
        return secret

    async def target(self, subscriber_id: str) -> Target | None:
        """Where its letters go; None if it is gone."""

        def work(connection: Connection) -> Target | None:
            row = connection.execute(_BY_ID, {"wanted": subscriber_id}).one_or_none()
            if row is None:
                return None
            now = datetime.now(UTC)
            secrets = tuple(one.value for one in _read(row.secrets) if one.until is None or one.until > now)
            return Target(Way(row.way), row.url, secrets)

        return await self._database.read(work)


def new_secret() -> str:
    """A key for signing, as the Standard Webhooks specification writes it."""
    return f"whsec_{base64.b64encode(token_bytes(_SECRET_BYTES)).decode()}"


def place_of_url(url: str | None) -> str | None:
    """A URL without what may be secret in it."""
    if url is None:
        return None
    parts = urlsplit(url)
    port = f":{parts.port}" if parts.port else ""
    return f"{parts.scheme}://{parts.hostname}{port}" + ("/…" if parts.path.strip("/") or parts.query else "")


def body_of(letter_type: str, at: datetime, body: str) -> str:
    """The body of a webhook, as it is signed: the same each time."""
    written = at.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
    return f'{{"type":{json.dumps(letter_type)},"timestamp":"{written}","data":{body}}}'


def _types(types: Sequence[str]) -> str:
    return f",{','.join(dict.fromkeys(types))}," if types else ""


def _written(secrets: Sequence[Secret]) -> str:
    return json.dumps(
        [{"secret": one.value, "until": one.until.isoformat() if one.until else None} for one in secrets]
    )


def _read(written: str) -> list[Secret]:
    return [
        Secret(one["secret"], datetime.fromisoformat(one["until"]) if one["until"] else None)
        for one in json.loads(written)
    ]


def _row(connection: Connection, subscriber_id: str) -> Row[Any]:
    row = connection.execute(_BY_ID, {"wanted": subscriber_id}).one_or_none()
    if row is None:
        raise InvalidEvent(f"there is no subscriber {subscriber_id!r}; list them with `baton webhooks list`")
    return row


def _counts(connection: Connection) -> dict[tuple[str, str], int]:
    return {(row.subscriber, row.state): row.number for row in connection.execute(_COUNTS)}


def _shown(connection: Connection, row: Row[Any]) -> Subscriber:
    return _subscriber(row, _counts(connection))


def _subscriber(row: Row[Any], counts: Mapping[tuple[str, str], int]) -> Subscriber:
    return Subscriber(
        id=row.id,
        way=Way(row.way),
        name=row.name,
        staff=row.staff,
        place=place_of_url(row.url),
        types=tuple(one for one in row.types.split(",") if one),
        with_text=row.with_text,
        state=SubscriberState(row.state),
        capacity=row.capacity,
        waiting=counts.get((row.id, WAITING), 0),
        dead=counts.get((row.id, DEAD), 0),
        failures=row.failures,
        next_try_at=row.probe_at,
        last_error=row.last_error,
        last_error_at=row.last_error_at,
        last_delivered_at=row.last_delivered_at,
        made_at=row.made_at,
    )
