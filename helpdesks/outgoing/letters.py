"""The letters of a subscriber: which are due, and what became of each.

Of one case's letters only the first is due: a later one waits until it is delivered, or dead. A target that
fails is *probed*: nothing else is sent until ``probe_at``, and then one letter.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from secrets import token_hex
from typing import Any, NamedTuple

from sqlalchemy import Connection, bindparam, exists, func, select, text, update

from baton.contract.outgoing import Told
from baton.desk.outgoing import DeadLetter, SubscriberState
from helpdesks.columns import Instant
from helpdesks.database import Database
from helpdesks.outgoing.posting import DEAD, GATHERED, GATHERING, WAITING
from helpdesks.outgoing.subscribers import body_of
from helpdesks.schema import letters, subscribers

DELIVERED = "delivered"
KEPT_DELIVERED = timedelta(days=7)
"""How long a delivered letter is known, so that what is decided again is not told again."""
KEPT_DEAD = timedelta(days=90)
_REMOVED_AT_ONCE = 500

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


class LetterRow(NamedTuple):
    """One letter that is due."""

    id: int
    subscriber: str
    key: str
    type: str
    staff: str | None
    about: str
    body: str
    at: datetime
    attempts: int

    @staticmethod
    def of(row: Any) -> LetterRow:
        """The letter in a row."""
        return LetterRow(*(getattr(row, name) for name in LetterRow._fields))

    @property
    def webhook_id(self) -> str:
        """The same at each attempt, and no other letter's."""
        return webhook_id(self.subscriber, self.key)

    @property
    def written(self) -> str:
        """The body of a webhook."""
        return body_of(self.type, self.at, self.body)


class Look(NamedTuple):
    """How things stand with a subscriber."""

    state: SubscriberState
    failures: int
    probe_at: datetime | None
    any_due: bool

    def may_send(self, now: datetime) -> bool:
        """Whether there is something to be tried now."""
        if self.state is not SubscriberState.ACTIVE or not self.any_due:
            return False
        return self.probe_at is None or self.probe_at <= now


class Failure(NamedTuple):
    """An attempt that failed, and what follows from it."""

    why: str
    next_at: datetime | None
    """When the letter is tried again; None if it is dead."""
    probe_at: datetime | None = None
    """Set if the target is to blame and not this letter: until then nothing is sent."""
    failures: int = 0
    """Set with it: how many attempts have failed in a row, counting those side by side as one."""
    too_old: datetime | None = None
    """Set with it: whatever waits since before then is dead, too."""
    off: bool = False
    """Whether the target is gone for good."""


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
        late = (letters.c.state == WAITING) & ((letters.c.attempts > 0) | (letters.c.due_at <= now))
        query = (
            select(
                subscribers.c.id,
                func.count().filter(late).label("late"),
                func.count().filter(letters.c.state == DEAD).label("dead"),
            )
            .outerjoin(letters, (letters.c.subscriber == subscribers.c.id) & (letters.c.state != DELIVERED))
            .group_by(subscribers.c.id)
        )
        return await self._database.read(
            lambda connection: {row.id: (row.late, row.dead) for row in connection.execute(query)}
        )

    async def dead(self, subscriber: str, limit: int) -> list[DeadLetter]:
        """The dead letters, the latest first."""
        query = (
            select(letters)
            .where(letters.c.subscriber == subscriber, letters.c.state == DEAD)
            .order_by(letters.c.id.desc())
            .limit(limit)
        )
        return await self._database.read(lambda connection: [_dead(row) for row in connection.execute(query)])

    async def replay(self, subscriber: str, ids: Sequence[int] = (), since: datetime | None = None) -> int:
        """Let dead letters wait again, as if they had just been written. Returns how many."""
        now = datetime.now(UTC)
        chosen = [letters.c.subscriber == subscriber, letters.c.state == DEAD]
        if ids:
            chosen.append(letters.c.id.in_(ids))
        if since is not None:
            chosen.append(func.coalesce(letters.c.done_at, letters.c.at) >= since)
        change = (
            update(letters)
            .where(*chosen)
            .values(state=WAITING, attempts=0, due_at=now, done_at=None, error=None)
        )
        at_once = update(subscribers).where(subscribers.c.id == subscriber).values(probe_at=None, failures=0)

        def work(connection: Connection) -> int:
            number: int = connection.execute(change).rowcount
            connection.execute(at_once)
            return number

        return await self._database.write(work)

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

        def work(connection: Connection) -> None:
            for state, kept in ((DELIVERED, KEPT_DELIVERED), (DEAD, KEPT_DEAD)):
                old = (
                    select(letters.c.id)
                    .where(
                        letters.c.subscriber == subscriber,
                        letters.c.state == state,
                        letters.c.done_at < now - kept,
                    )
                    .limit(_REMOVED_AT_ONCE)
                )
                connection.execute(letters.delete().where(letters.c.id.in_(old)))

        await self._database.write(work)


def webhook_id(subscriber: str, key: str) -> str:
    """The ID of what a subscriber is told, for whoever wants to hear it once."""
    named = "\0".join((subscriber, key))
    return f"msg_{sha256(named.encode()).hexdigest()[:32]}"


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


def _dead(row: Any) -> DeadLetter:
    return DeadLetter(
        id=row.id,
        webhook_id=webhook_id(row.subscriber, row.key),
        type=row.type,
        about=row.about,
        staff=row.staff,
        at=row.at,
        died_at=row.done_at,
        attempts=row.attempts,
        why=row.error or "",
    )
