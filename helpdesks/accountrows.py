"""The rows of one account: what the transactions of `helpdesks.accounts` are made of."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Connection, Row, select

from baton.desk.accounts import INVITATION_DAYS, Role
from baton.documents.directory import Directory
from baton.errors import NotAllowed, UnknownStaff
from helpdesks.schema import accounts, links, sessions

INVITATION, ENTRY = "invitation", "entry"
"""What a link is for: to choose a password, or to get in."""


def shut_out_who_left(connection: Connection, directory: Directory, now: datetime) -> None:
    """Disable the account of everybody who is not in the directory; their sessions and links end."""
    enabled = select(accounts.c.staff).where(accounts.c.disabled_at.is_(None))
    for staff in connection.scalars(enabled).all():
        if staff not in directory.staff:
            connection.execute(row_of(staff).values(disabled_at=now))
            shut_out(connection, staff)


def row_of(staff: str) -> Any:
    """A change of an account, yet without values."""
    return accounts.update().where(accounts.c.staff == staff)


def account_of(connection: Connection, staff: str) -> Row[Any] | None:
    """The account of a person, if there is one."""
    return connection.execute(select(accounts).where(accounts.c.staff == staff)).one_or_none()


def require_account(connection: Connection, staff: str) -> Row[Any]:
    """The account of a person. Raises ``UnknownStaff`` if there is none."""
    account = account_of(connection, staff)
    if account is None:
        raise UnknownStaff(f"{staff!r} has no account: `baton account invite {staff}` makes one")
    return account


def require_enabled(account: Row[Any]) -> None:
    """Raise ``NotAllowed`` if an account is disabled."""
    if account.disabled_at is not None:
        raise NotAllowed(
            f"the account of {account.staff} is disabled: `baton account enable {account.staff}` enables it"
        )


def made(connection: Connection, staff: str, role: Role, now: datetime) -> Row[Any]:
    """The account of a person, which is made unless it is there."""
    if account_of(connection, staff) is None:
        connection.execute(accounts.insert(), {"staff": staff, "role": role, "made_at": now})
    return require_account(connection, staff)


def is_known(connection: Connection, digest: str) -> bool:
    """Whether there ever was a link with this token; also one that was used."""
    return connection.scalar(select(links.c.digest).where(links.c.digest == digest)) is not None


def invite(connection: Connection, staff: str, digest: str, now: datetime) -> None:
    """One invitation, in the place of those that are still open; once, however often."""
    if is_known(connection, digest):
        return
    earlier = links.delete().where(
        links.c.staff == staff, links.c.kind == INVITATION, links.c.used_at.is_(None)
    )
    connection.execute(earlier)
    link(connection, staff, digest, INVITATION, now + timedelta(days=INVITATION_DAYS))


def link(connection: Connection, staff: str, digest: str, kind: str, until: datetime) -> None:
    """Keep a link."""
    connection.execute(links.insert(), {"digest": digest, "staff": staff, "kind": kind, "until": until})


def choose(connection: Connection, staff: str, password: str, now: datetime) -> None:
    """Keep a password, given as its hash; every session ends."""
    connection.execute(row_of(staff).values(password=password, password_at=now))
    end_sessions(connection, staff)


def end_sessions(connection: Connection, staff: str) -> None:
    """End every session of somebody."""
    connection.execute(sessions.delete().where(sessions.c.staff == staff))


def shut_out(connection: Connection, staff: str) -> None:
    """End whatever lets somebody in but the password."""
    end_sessions(connection, staff)
    connection.execute(links.delete().where(links.c.staff == staff, links.c.used_at.is_(None)))
