"""The letters of a subscriber: which are due, and what became of each.

Of one case's letters only the first is due: a later one waits until it is delivered, or dead. A target that
fails is *probed*: nothing else is sent until ``probe_at``, and then one letter.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime
from secrets import token_hex
from typing import Any

from sqlalchemy import Connection, bindparam, exists, func, select, text, update

from baton.contract.outgoing import Told
from baton.desk.outgoing import DeadLetter, SubscriberState
from helpdesks.columns import Instant
from helpdesks.database import Database
from helpdesks.outgoing import keptletters
from helpdesks.outgoing.keptletters import DELIVERED
from helpdesks.outgoing.letter import Failure, LetterRow, Look, webhook_id
from helpdesks.outgoing.posting import DEAD, GATHERED, GATHERING, WAITING
from helpdesks.schema import letters, subscribers

_earlier = letters.alias("earlier")
_OF = letters.c.subscriber == bindparam("wanted")
_WAITS = text("letters.state = 'waiting'")
_IS_FIRST = ~exists(
    select(1).where(
        _earlier.c.subscriber == letters.c.subscriber,
        _earlier.c.about == letters.c.about,
        _earlier.c.id < letters.c.id,
        text("earlier.state = 'waiting'"),
    )
)
_DUE = (
    select(letters)
    .where(_OF, _WAITS, letters.c.due_at <= bindparam("now", type_=Instant), _IS_FIRST)
    .order_by(letters.c.due_at, letters.c.id)
    .limit(bindparam("most"))
)
_LOOK = select(
    subscribers.c.state,
    subscribers.c.failures,
    subscribers.c.probe_at,
    exists(
        select(1).where(
            letters.c.subscriber == subscribers.c.id,
            _WAITS,
            letters.c.due_at <= bindparam("now", type_=Instant),
        )
    ).label("any_due"),
).where(subscribers.c.id == bindparam("wanted"))
_WAITING = select(func.count()).select_from(letters).where(_OF, _WAITS)
_DEAD = select(func.count()).select_from(letters).where(_OF, letters.c.state == DEAD)
_LETTER = update(letters).where(letters.c.id.in_(bindparam("chosen", expanding=True)), _WAITS)
_GATHER = (
    update(letters)
    .where(
        _OF,
        _WAITS,
        letters.c.about == bindparam("gathering"),
        letters.c.due_at <= bindparam("now", type_=Instant),
    )
    .values(about=bindparam("gathered"))
)
_TOGETHER = (
    select(letters).where(_OF, _WAITS, letters.c.about == bindparam("gathered")).order_by(letters.c.id)
)
_DONE = _LETTER.values(
    state=DELIVERED,
    body="",
    error=None,
    attempts=letters.c.attempts + 1,
    done_at=bindparam("now", type_=Instant),
)
_WORKS = (
    update(subscribers)
    .where(subscribers.c.id == bindparam("wanted"))
    .values(failures=0, probe_at=None, last_delivered_at=bindparam("now", type_=Instant))
)
_FAILS = update(subscribers).where(subscribers.c.id == bindparam("wanted"))


class Letters:
    """The letters in a ledger's database."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def look(self, subscriber: str, now: datetime) -> Look | None:
        """How things stand; None if the subscriber is gone."""
        return await self._database.read(lambda connection: _look(connection, subscriber, now))

    async def due(self, subscriber: str, now: datetime, most: int) -> list[LetterRow]:
        """Letters to be tried now, of each case at most one."""
        values = {"wanted": subscriber, "now": now, "most": most}

        def work(connection: Connection) -> list[LetterRow]:
            return [LetterRow.of(row) for row in connection.execute(_DUE, values)]

        return await self._database.read(work)

    async def together(self, letter: LetterRow) -> list[LetterRow]:
        """What goes out with a letter that is due: itself, and first, what is gathered with it.

        What was gathered stays together, so that it is the same at each attempt.
        """
        if not letter.about.startswith((GATHERING, GATHERED)):
            return [letter]
        new = letter.about.startswith(GATHERING)
        gathered = f"{GATHERED}{letter.id}" if new else letter.about
        values = {"wanted": letter.subscriber, "gathered": gathered}
        now = datetime.now(UTC)

        def work(connection: Connection) -> list[LetterRow]:
            if new:
                connection.execute(_GATHER, {**values, "gathering": letter.about, "now": now})
            return [LetterRow.of(row) for row in connection.execute(_TOGETHER, values)]

        return await self._database.write(work)

    async def delivered(self, *told: LetterRow) -> None:
        """Note that they arrived."""
        now = datetime.now(UTC)

        def work(connection: Connection) -> None:
            connection.execute(_DONE, {"chosen": [one.id for one in told], "now": now})
            connection.execute(_WORKS, {"wanted": told[0].subscriber, "now": now})

        await self._database.write(work)

    async def failed(self, told: Sequence[LetterRow], failure: Failure) -> int:
        """Note that an attempt failed. Returns how many letters are dead by that."""
        return await self._database.write(lambda connection: _failed(connection, told, failure))

    async def counts(self, subscriber: str) -> tuple[int, int]:
        """How many letters wait, and how many are dead."""

        def work(connection: Connection) -> tuple[int, int]:
            of = {"wanted": subscriber}
            return connection.scalar(_WAITING, of) or 0, connection.scalar(_DEAD, of) or 0

        return await self._database.read(work)

    async def backlogs(self) -> dict[str, tuple[int, int]]:
        """Of each subscriber, how many letters wait whose time has come, and how many are dead."""
        now = datetime.now(UTC)
        return await self._database.read(lambda connection: keptletters.backlogs(connection, now))

    async def dead(self, subscriber: str, limit: int) -> list[DeadLetter]:
        """The dead letters, the latest first."""
        return await self._database.read(lambda connection: keptletters.dead(connection, subscriber, limit))

    async def replay(self, subscriber: str, ids: Sequence[int] = (), since: datetime | None = None) -> int:
        """Let dead letters wait again, as if they had just been written. Returns how many."""
        now = datetime.now(UTC)
        return await self._database.write(
            lambda connection: keptletters.replay(connection, subscriber, now, ids, since)
        )

    async def post_test(self, subscriber: str) -> str:
        """Write a letter about nothing, to see whether it arrives. Returns its webhook ID."""
        key, now = f"test:{token_hex(8)}", datetime.now(UTC)
        values = {
            "subscriber": subscriber,
            "key": key,
            "type": Told.TEST.value,
            "about": key,
            "body": "{}",
            "state": WAITING,
            "attempts": 0,
            "at": now,
            "due_at": now,
        }
        await self._database.write(lambda connection: connection.execute(letters.insert(), values))
        return webhook_id(subscriber, key)

    async def tidy(self, subscriber: str) -> None:
        """Remove what was delivered or died long ago, some of it at a time."""
        now = datetime.now(UTC)
        await self._database.write(lambda connection: keptletters.tidy(connection, subscriber, now))


def _look(connection: Connection, subscriber: str, now: datetime) -> Look | None:
    row = connection.execute(_LOOK, {"wanted": subscriber, "now": now}).one_or_none()
    if row is None:
        return None
    return Look(SubscriberState(row.state), row.failures, row.probe_at, bool(row.any_due))


def _failed(connection: Connection, told: Sequence[LetterRow], failure: Failure) -> int:
    now = datetime.now(UTC)
    ended: dict[str, Any] = {"state": DEAD, "done_at": now, "error": failure.why}
    again: dict[str, Any] = {"due_at": failure.next_at, "error": failure.why}
    over = failure.next_at is None
    connection.execute(
        _LETTER.values(attempts=letters.c.attempts + 1, **(ended if over else again)),
        {"chosen": [one.id for one in told]},
    )
    subscriber, dead = told[0].subscriber, len(told) if over else 0
    of_target: dict[str, Any] = {"last_error": failure.why, "last_error_at": now}
    if failure.off:
        of_target["state"] = SubscriberState.OFF
        dead += _bury(connection, subscriber, ended)
    elif failure.probe_at is not None:
        of_target |= {"failures": failure.failures, "probe_at": failure.probe_at}
        if failure.too_old is not None:
            dead += _bury(connection, subscriber, ended, failure.too_old)
    connection.execute(_FAILS.values(**of_target), {"wanted": subscriber})
    return dead


def _bury(
    connection: Connection, subscriber: str, ended: dict[str, Any], before: datetime | None = None
) -> int:
    buried = update(letters).where(letters.c.subscriber == subscriber, _WAITS)
    if before is not None:
        buried = buried.where(letters.c.at < before)
    number: int = connection.execute(buried.values(**ended)).rowcount
    return number
