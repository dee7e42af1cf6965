"""Who is signed in to the console, in which browser, and until when.

A session ends by itself: when it was not used for a while, and after a while however much it is used. It is
ended by its person, and with the password, the role and the account (`helpdesks.accounts`).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import Connection, select

from baton.desk.accounts import Role
from baton.documents.directory import Member
from helpdesks.database import Database
from helpdesks.directories import Directories
from helpdesks.schema import accounts, sessions

NOTED_EVERY = timedelta(minutes=1)
"""How exactly it is noted when a session was used last: each note is a write."""
LONGEST_BROWSER = 200


@dataclass(frozen=True)
class SignedIn:
    """A session that lives, and its person."""

    digest: str
    staff: str
    name: str
    """What the directory calls the person; the ID, if that is nothing."""
    role: Role
    language: str | None
    has_password: bool
    until: datetime


@dataclass(frozen=True)
class Session:
    """One browser in which somebody is signed in."""

    digest: str
    made_at: datetime
    address: str
    browser: str
    """What it calls itself."""
    used_at: datetime | None = None
    """The last use, to the minute; none for one that is just made."""


class Sessions:
    """The sessions in one database. Every method raises ``HelpDeskUnavailable`` if trying again may help."""

    def __init__(self, database: Database, directories: Directories) -> None:
        self._database = database
        self._directories = directories

    async def begin(self, staff: str, begun: Session, until: datetime) -> bool:
        """Sign somebody in, until a moment at most; false if they may not be."""
        now = begun.made_at

        def work(connection: Connection) -> bool:
            enabled = select(accounts.c.staff).where(
                accounts.c.staff == staff, accounts.c.disabled_at.is_(None)
            )
            if connection.scalar(enabled) is None or staff not in self._people(connection):
                return False
            connection.execute(sessions.delete().where(sessions.c.until <= now))
            connection.execute(
                sessions.insert(),
                {
                    "digest": begun.digest,
                    "staff": staff,
                    "made_at": now,
                    "used_at": now,
                    "until": until,
                    "address": begun.address,
                    "browser": begun.browser[:LONGEST_BROWSER],
                },
            )
            connection.execute(accounts.update().where(accounts.c.staff == staff).values(signed_in_at=now))
            return True

        return await self._database.write(work, f"account:{staff}")

    async def of_token(self, digest: str, now: datetime, idle: timedelta) -> SignedIn | None:
        """Who is signed in by this session, which is used with that.

        None if it has ended, as it does after ``idle`` without use.
        """

        def look(connection: Connection) -> tuple[SignedIn, datetime] | None:
            found = (
                select(sessions, accounts.c.role, accounts.c.language, accounts.c.password)
                .join(accounts, accounts.c.staff == sessions.c.staff)
                .where(
                    sessions.c.digest == digest,
                    sessions.c.until > now,
                    sessions.c.used_at > now - idle,
                    accounts.c.disabled_at.is_(None),
                )
            )
            row = connection.execute(found).one_or_none()
            if row is None or row.staff not in (people := self._people(connection)):
                return None
            name = people[row.staff].name or row.staff
            has_password = row.password is not None
            person = SignedIn(
                row.digest, row.staff, name, Role(row.role), row.language, has_password, row.until
            )
            return person, row.used_at

        found = await self._database.read(look)
        if found is None:
            return None
        person, used_at = found
        if now - used_at >= NOTED_EVERY:
            used = sessions.update().where(sessions.c.digest == digest, sessions.c.used_at < now)
            await self._database.write(lambda connection: connection.execute(used.values(used_at=now)))
        return person

    async def of_person(self, staff: str, now: datetime, idle: timedelta) -> Sequence[Session]:
        """Where somebody is signed in, the latest used first."""
        found = (
            select(sessions)
            .where(sessions.c.staff == staff, sessions.c.until > now, sessions.c.used_at > now - idle)
            .order_by(sessions.c.used_at.desc(), sessions.c.digest)
        )
        return await self._database.read(
            lambda connection: [
                Session(row.digest, row.made_at, row.address, row.browser, row.used_at)
                for row in connection.execute(found)
            ]
        )

    async def end(self, digest: str) -> None:
        """End one session."""
        ended = sessions.delete().where(sessions.c.digest == digest)
        await self._database.write(lambda connection: connection.execute(ended))

    async def end_all(self, staff: str) -> None:
        """End every session of somebody."""
        ended = sessions.delete().where(sessions.c.staff == staff)
        await self._database.write(lambda connection: connection.execute(ended))

    def _people(self, connection: Connection) -> Mapping[str, Member]:
        return self._directories.current(connection).directory.staff
