"""The client for staff accounts."""

from __future__ import annotations

from collections.abc import Iterable

from baton.desk.accounts import (
    CHANGE_ACCOUNT,
    INVITE_ACCOUNT,
    LINK_ACCOUNTS,
    LIST_ACCOUNTS,
    RESET_ACCOUNT,
    AccountChange,
    AccountInvitation,
    AccountReset,
    AccountRow,
    EntryLink,
    EntryLinks,
    Role,
)
from baton.desk.client import DeskClient


class AccountsClient(DeskClient):
    """As `DeskClient`, about staff accounts. Tokens are given by their digest.

    Every method that names somebody raises ``UnknownStaff`` for a person who has no account, or cannot have
    one.
    """

    async def invite(self, staff: str, digest: str, role: Role | None = None) -> AccountRow:
        """Make an account, if there is none, and an invitation in the place of earlier ones.

        Raises ``NotAllowed`` if the person has a password already, or the account is disabled.
        """
        return await self._ask(
            INVITE_ACCOUNT, AccountInvitation(staff=staff, digest=digest, role=role), AccountRow
        )

    async def reset(self, staff: str, digest: str) -> AccountRow:
        """End the password and the sessions of an account, and make a new invitation.

        Raises ``NotAllowed`` if the account is disabled.
        """
        return await self._ask(RESET_ACCOUNT, AccountReset(staff=staff, digest=digest), AccountRow)

    async def accounts(self) -> list[AccountRow]:
        """All accounts, in the order of their staff IDs."""
        return await self._ask(LIST_ACCOUNTS, None, list[AccountRow])

    async def set_role(self, staff: str, role: Role) -> AccountRow:
        """Change what somebody may do; their sessions end."""
        return await self._ask(CHANGE_ACCOUNT, AccountChange(staff=staff, role=role), AccountRow)

    async def disable(self, staff: str, *, disabled: bool = True) -> AccountRow:
        """Disable an account, or enable it again; its sessions end."""
        return await self._ask(CHANGE_ACCOUNT, AccountChange(staff=staff, disabled=disabled), AccountRow)

    async def link(self, links: Iterable[EntryLink]) -> list[AccountRow]:
        """Make links that let people in by themselves, in the place of all earlier ones."""
        return await self._ask(LINK_ACCOUNTS, EntryLinks(links=tuple(links)), list[AccountRow])
