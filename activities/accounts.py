"""Staff accounts are kept in the ledger, by calls that carry no secret."""

from __future__ import annotations

from datetime import UTC, datetime

from activities.calls import call
from activities.refusing import refusing
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
    EntryLinks,
)
from helpdesks.accounts import Accounts


class AccountChanges:
    """The activities about staff accounts."""

    def __init__(self, accounts: Accounts) -> None:
        self._accounts = accounts

    @call(INVITE_ACCOUNT)
    async def invite_account(self, invitation: AccountInvitation) -> AccountRow:
        """Make an account, if there is none, and an invitation."""
        with refusing():
            return await self._accounts.invite(invitation, datetime.now(UTC))

    @call(RESET_ACCOUNT)
    async def reset_account(self, reset: AccountReset) -> AccountRow:
        """End a password, and make an invitation for another one."""
        with refusing():
            return await self._accounts.reset(reset, datetime.now(UTC))

    @call(LIST_ACCOUNTS)
    async def list_accounts(self) -> list[AccountRow]:
        """All accounts."""
        return list(await self._accounts.all(datetime.now(UTC)))

    @call(CHANGE_ACCOUNT)
    async def change_account(self, change: AccountChange) -> AccountRow:
        """Another role, or disabled or not."""
        with refusing():
            return await self._accounts.change(change, datetime.now(UTC))

    @call(LINK_ACCOUNTS)
    async def link_accounts(self, links: EntryLinks) -> list[AccountRow]:
        """Links that let people in by themselves, in the place of all earlier ones."""
        with refusing():
            return list(await self._accounts.link(links, datetime.now(UTC)))
