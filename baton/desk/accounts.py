"""Calls about staff accounts, with which people log in to the console: names, arguments and rows.

An account belongs to one person of the directory, by the staff ID. What somebody may do in the console is the
account's role; who somebody is to a case (a line, a department, its lead) stays the directory's affair.

Neither a password nor the token of a link ever crosses Temporal: whoever makes a link keeps its token, and
sends the digest.
"""

from __future__ import annotations

from enum import StrEnum

from pydantic import Field

from baton.contract import Instant, Payload
from baton.desk.tokens import Digest

INVITE_ACCOUNT = "invite_account"
RESET_ACCOUNT = "reset_account"
LIST_ACCOUNTS = "list_accounts"
CHANGE_ACCOUNT = "change_account"
LINK_ACCOUNTS = "link_accounts"

INVITATION_DAYS = 7
"""How long an invitation waits for its person."""
INVITATION_PATH = "/invitation/"
"""Where the console expects the token of an invitation."""
ENTRY_PATH = "/enter/"
"""Where the console expects the token of an entry link, which lets somebody in by itself."""


class Role(StrEnum):
    """What an account may do in the console. Each role includes those before it."""

    AGENT = "agent"
    """Read and answer cases, and take them."""
    DISPATCHER = "dispatcher"
    """Also ask departments, and send what others composed."""
    LEAD = "lead"
    """Also move cases of others, and set their presence."""
    ADMIN = "admin"
    """Also manage accounts."""

    def includes(self, other: Role) -> bool:
        """Whether this role may do what the other may."""
        ranks = list(Role)
        return ranks.index(self) >= ranks.index(other)


class AccountInvitation(Payload):
    """A link by which a person chooses a password: once, within `INVITATION_DAYS`."""

    staff: str
    digest: Digest
    role: Role | None = None
    """The role of a new account; ``agent`` if none is given. An account that is there keeps its own."""


class AccountReset(Payload):
    """A new invitation for an account: the password, and every session, end at once."""

    staff: str
    digest: Digest


class AccountChange(Payload):
    """What becomes of an account. Either change ends its sessions."""

    staff: str
    role: Role | None = None
    disabled: bool | None = None


class EntryLink(Payload):
    """A link that lets a person in by itself, as often as it is opened, until ``until``."""

    staff: str
    digest: Digest
    role: Role
    """The role of a new account; one that is there keeps its own."""
    until: Instant


class EntryLinks(Payload):
    """All links that let somebody in: those from before end."""

    links: tuple[EntryLink, ...] = Field(max_length=1000)


class AccountRow(Payload):
    """One account, without anything that would let somebody in."""

    staff: str
    name: str = ""
    """What the directory calls the person; empty for somebody who has left it."""
    role: Role
    has_password: bool = False
    invited_until: Instant | None = None
    """Until when an open invitation waits; null if there is none."""
    disabled_at: Instant | None = None
    signed_in_at: Instant | None = None
    """The last login."""
    sessions: int = 0
    """In how many browsers the person is signed in."""
