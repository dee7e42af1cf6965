"""Staff accounts, as the embedded help desk keeps them, and the links by which people get in.

An account is its person's as long as that person is in the directory. With them it is disabled, since the
next one with the same ID may be somebody else. Of a link and a session there is only the digest of the token,
of a password only its hash: whoever reads the database can get in by none of them.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any, NamedTuple

from sqlalchemy import Connection, Row, func, select

from baton.desk.accounts import (
    AccountChange,
    AccountInvitation,
    AccountReset,
    AccountRow,
    EntryLinks,
    Role,
)
from baton.documents.directory import Directory
from baton.errors import NotAllowed
from helpdesks.accountrows import (
    ENTRY,
    INVITATION,
    account_of,
    choose,
    end_sessions,
    invite,
    is_known,
    link,
    made,
    require_account,
    require_enabled,
    row_of,
    shut_out,
)
from helpdesks.database import Database
from helpdesks.directories import Directories
from helpdesks.schema import accounts, links, sessions


class Credentials(NamedTuple):
    """What an account of somebody who may log in is like."""

    staff: str
    password: str | None
    """The hash; none if no password was chosen."""


class Invited(NamedTuple):
    """Whom a link is for."""

    staff: str
    name: str


class Accounts:
    """The accounts in one database. Every method raises ``HelpDeskUnavailable`` if trying again may help."""

    def __init__(self, database: Database, directories: Directories) -> None:
        self._database = database
        self._directories = directories

    async def invite(self, invitation: AccountInvitation, now: datetime) -> AccountRow:
        """Make an account, if there is none, and an invitation in the place of earlier ones.

        Raises ``UnknownStaff`` for somebody who is not in the directory; ``NotAllowed`` if the person has a
        password already, or the account is disabled.
        """
        staff = invitation.staff

        def work(connection: Connection) -> AccountRow:
            self._directory(connection).require_staff(staff)
            account = made(connection, staff, invitation.role or Role.AGENT, now)
            require_enabled(account)
            if account.password is not None:
                raise NotAllowed(
                    f"{staff} has an account with a password already: `baton account reset {staff}` makes an "
                    "invitation for another password"
                )
            if invitation.role is not None:
                connection.execute(row_of(staff).values(role=invitation.role))
            invite(connection, staff, invitation.digest, now)
            return self._row(connection, staff, now)

        return await self._database.write(work, _lock(staff))

    async def reset(self, reset: AccountReset, now: datetime) -> AccountRow:
        """End the password and the sessions of an account, and make an invitation for another password.

        Raises ``UnknownStaff`` if there is no account, or no such person; ``NotAllowed`` if it is disabled.
        """
        staff = reset.staff

        def work(connection: Connection) -> AccountRow:
            self._directory(connection).require_staff(staff)
            require_enabled(require_account(connection, staff))
            # An invitation that was used meanwhile by whoever sent this again is not made anew.
            if not is_known(connection, reset.digest):
                connection.execute(row_of(staff).values(password=None, password_at=None))
                shut_out(connection, staff)
                invite(connection, staff, reset.digest, now)
            return self._row(connection, staff, now)

        return await self._database.write(work, _lock(staff))

    async def change(self, change: AccountChange, now: datetime) -> AccountRow:
        """Change what somebody may do, or whether; where that is new, their sessions end.

        Raises ``UnknownStaff`` if there is no account, or if it is to be enabled and there is no such person.
        """
        staff = change.staff

        def work(connection: Connection) -> AccountRow:
            account = require_account(connection, staff)
            if change.role is not None and change.role != account.role:
                connection.execute(row_of(staff).values(role=change.role))
                end_sessions(connection, staff)
            if change.disabled is True and account.disabled_at is None:
                connection.execute(row_of(staff).values(disabled_at=now))
                shut_out(connection, staff)
            if change.disabled is False:
                self._directory(connection).require_staff(staff)
                connection.execute(row_of(staff).values(disabled_at=None))
            return self._row(connection, staff, now)

        return await self._database.write(work, _lock(staff))

    async def link(self, entry: EntryLinks, now: datetime) -> Sequence[AccountRow]:
        """Make links that let people in by themselves, in the place of all earlier ones, and their accounts.

        Raises ``UnknownStaff`` for somebody who is not in the directory, ``NotAllowed`` if an account is
        disabled; then nothing is changed.
        """

        def work(connection: Connection) -> Sequence[AccountRow]:
            connection.execute(links.delete().where(links.c.kind == ENTRY))
            for one in entry.links:
                self._directory(connection).require_staff(one.staff)
                require_enabled(made(connection, one.staff, one.role, now))
                link(connection, one.staff, one.digest, ENTRY, one.until)
            return [self._row(connection, one.staff, now) for one in entry.links]

        return await self._database.write(work, *sorted({_lock(one.staff) for one in entry.links}))

    async def all(self, now: datetime) -> Sequence[AccountRow]:
        """All accounts, in the order of their staff IDs."""
        return await self._database.read(
            lambda connection: [
                self._row(connection, staff, now)
                for staff in connection.scalars(select(accounts.c.staff).order_by(accounts.c.staff))
            ]
        )

    # --- For the console, which hashes passwords ------------------------------------------------------

    async def credentials(self, staff: str) -> Credentials | None:
        """What a login is compared with; none if this person may not log in."""

        def look(connection: Connection) -> Credentials | None:
            account = account_of(connection, staff)
            if account is None or not self._may_enter(connection, account):
                return None
            return Credentials(account.staff, account.password)

        return await self._database.read(look)

    async def invited(self, digest: str, now: datetime) -> Invited | None:
        """Whom an open invitation is for."""
        return await self._database.read(lambda connection: self._linked(connection, digest, INVITATION, now))

    async def accept(self, digest: str, password: str, now: datetime) -> Invited | None:
        """Give the person of an open invitation a password, given as its hash; none if it is not open.

        The invitation is used up, and every session of the account ends.
        """

        def work(connection: Connection) -> Invited | None:
            invited = self._linked(connection, digest, INVITATION, now)
            if invited is None:
                return None
            used = links.update().where(links.c.digest == digest, links.c.used_at.is_(None))
            if not connection.execute(used.values(used_at=now)).rowcount:
                return None  # by somebody else, at the same moment
            choose(connection, invited.staff, password, now)
            return invited

        return await self._database.write(work)

    async def choose_password(self, staff: str, password: str, now: datetime) -> None:
        """Another password, given as its hash. Every session and invitation of the account ends."""

        def work(connection: Connection) -> None:
            choose(connection, staff, password, now)
            connection.execute(links.delete().where(links.c.staff == staff, links.c.used_at.is_(None)))

        await self._database.write(work, _lock(staff))

    async def rehash(self, staff: str, before: str, password: str) -> None:
        """The same password by another hash, unless it was changed meanwhile."""
        changed = row_of(staff).where(accounts.c.password == before).values(password=password)
        await self._database.write(lambda connection: connection.execute(changed), _lock(staff))

    async def entering(self, digest: str, now: datetime) -> Invited | None:
        """Whom a link lets in by itself."""
        return await self._database.read(lambda connection: self._linked(connection, digest, ENTRY, now))

    async def set_language(self, staff: str, language: str | None) -> None:
        """The language of a person; none for that of the browser."""
        await self._database.write(
            lambda connection: connection.execute(row_of(staff).values(language=language))
        )

    async def provide(self, staff: str, now: datetime) -> None:
        """Make an account for an agent, unless the person has one.

        Raises ``UnknownStaff`` for somebody who is not in the directory.
        """

        def work(connection: Connection) -> None:
            self._directory(connection).require_staff(staff)
            made(connection, staff, Role.AGENT, now)

        await self._database.write(work, _lock(staff))

    def _directory(self, connection: Connection) -> Directory:
        return self._directories.current(connection).directory

    def _may_enter(self, connection: Connection, account: Row[Any]) -> bool:
        return account.disabled_at is None and account.staff in self._directory(connection).staff

    def _linked(self, connection: Connection, digest: str, kind: str, now: datetime) -> Invited | None:
        found = select(links.c.staff).where(
            links.c.digest == digest, links.c.kind == kind, links.c.until > now, links.c.used_at.is_(None)
        )
        staff = connection.scalar(found)
        account = None if staff is None else account_of(connection, staff)
        if account is None or not self._may_enter(connection, account):
            return None
        return Invited(account.staff, self._directory(connection).staff[account.staff].name)

    def _row(self, connection: Connection, staff: str, now: datetime) -> AccountRow:
        account, member = require_account(connection, staff), self._directory(connection).staff.get(staff)
        open_until = select(func.max(links.c.until)).where(
            links.c.staff == staff,
            links.c.kind == INVITATION,
            links.c.until > now,
            links.c.used_at.is_(None),
        )
        living = select(func.count()).where(sessions.c.staff == staff, sessions.c.until > now)
        return AccountRow(
            staff=staff,
            name=member.name if member else "",
            role=Role(account.role),
            has_password=account.password is not None,
            invited_until=connection.scalar(open_until),
            disabled_at=account.disabled_at,
            signed_in_at=account.signed_in_at,
            sessions=connection.scalar(living) or 0,
        )


def _lock(staff: str) -> str:
    return f"account:{staff}"
