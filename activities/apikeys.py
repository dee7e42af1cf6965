"""The gateway's API keys are kept in the ledger, by calls, so that no secret is in Temporal's history."""

from __future__ import annotations

from activities.calls import call
from activities.refusing import refusing
from baton.desk.apikeys import (
    ADD_API_KEY,
    LIST_API_KEYS,
    REVOKE_API_KEY,
    ROTATE_API_KEY,
    ApiKeyRevocation,
    ApiKeyRotation,
    ApiKeyRow,
    NewApiKey,
)
from helpdesks.apikeys import ApiKeys


class KeyChanges:
    """The activities about API keys."""

    def __init__(self, keys: ApiKeys) -> None:
        self._keys = keys

    @call(ADD_API_KEY)
    async def add_api_key(self, new: NewApiKey) -> ApiKeyRow:
        """Keep a new key."""
        with refusing():
            return await self._keys.add(new)

    @call(LIST_API_KEYS)
    async def list_api_keys(self) -> list[ApiKeyRow]:
        """All keys, those that have ended included."""
        return list(await self._keys.all())

    @call(ROTATE_API_KEY)
    async def rotate_api_key(self, rotation: ApiKeyRotation) -> ApiKeyRow:
        """Put a key in the place of another."""
        with refusing():
            return await self._keys.rotate(rotation)

    @call(REVOKE_API_KEY)
    async def revoke_api_key(self, revocation: ApiKeyRevocation) -> list[ApiKeyRow]:
        """End keys at once."""
        with refusing():
            return list(await self._keys.revoke(revocation))
