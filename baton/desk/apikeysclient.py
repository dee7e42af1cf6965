"""The client for the gateway's API keys."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, TypeVar

from pydantic import ValidationError

from baton.contract import Payload
from baton.desk.apikeys import (
    ADD_API_KEY,
    LIST_API_KEYS,
    REVOKE_API_KEY,
    ROTATE_API_KEY,
    ApiKeyRevocation,
    ApiKeyRotation,
    ApiKeyRow,
    NewApiKey,
    Scope,
)
from baton.desk.client import DeskClient
from baton.errors import InvalidEvent
from baton.wording import mistakes_in

PayloadT = TypeVar("PayloadT", bound=Payload)


class ApiKeysClient(DeskClient):
    """As `DeskClient`, about API keys. Keys are given by their digest.

    Every method that takes a name raises ``InvalidEvent`` if it cannot be one.
    """

    async def add(self, name: str, digest: str, scopes: Iterable[Scope]) -> ApiKeyRow:
        """Keep a key. Raises ``NotAllowed`` if a living key has this name."""
        key = _made(NewApiKey, name=name, digest=digest, scopes=tuple(scopes))
        return await self._ask(ADD_API_KEY, key, ApiKeyRow)

    async def keys(self) -> list[ApiKeyRow]:
        """All keys, those that have ended included, the oldest first."""
        return await self._ask(LIST_API_KEYS, None, list[ApiKeyRow])

    async def rotate(self, name: str, digest: str, *, grace: float) -> ApiKeyRow:
        """Keep a key in place of another, with its scopes; the other ends after ``grace`` seconds.

        Raises ``InvalidEvent`` if no living key has this name.
        """
        rotation = _made(ApiKeyRotation, name=name, digest=digest, grace=grace)
        return await self._ask(ROTATE_API_KEY, rotation, ApiKeyRow)

    async def revoke(self, name: str) -> list[ApiKeyRow]:
        """End the keys of this name at once. Raises ``InvalidEvent`` if none lives."""
        return await self._ask(REVOKE_API_KEY, _made(ApiKeyRevocation, name=name), list[ApiKeyRow])


def _made(kind: type[PayloadT], **fields: Any) -> PayloadT:
    try:
        return kind(**fields)
    except ValidationError as error:
        raise InvalidEvent(f"an API key cannot be called so: {mistakes_in(error, 'key')}") from None
