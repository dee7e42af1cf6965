"""Who may come in: API keys, their scopes, and how often each may ask.

Keys are in the ledger, as digests. They are read again every few seconds, so that one that was made is known
soon, and one that was revoked is refused soon, whichever gateway is asked.
"""

from __future__ import annotations

import asyncio
import hmac
import math
import time
from collections.abc import Sequence
from datetime import UTC, datetime

from limits import RateLimitItemPerSecond
from limits.storage import MemoryStorage
from limits.strategies import MovingWindowRateLimiter

from baton.desk.apikeys import PREFIX, Scope
from baton.desk.tokens import digest_of
from gateway.backend import Backend
from gateway.problems import NO_KEY, NO_SCOPE, TOO_MANY_REQUESTS, ProblemError
from helpdesks.apikeys import LivingKey

KEYS_SECONDS = 3.0
"""After so many seconds keys are read again."""
KEYS_LAST_SECONDS = 9.0
"""For so long they count while the database does not answer."""
RATE_SECONDS = 10
"""The window of the rate limit."""


class Gate:
    """Lets requests in.

    Args:
        backend: where the keys are.
        rate: requests a second for each key, on the average of `RATE_SECONDS`.
    """

    def __init__(self, backend: Backend, rate: int) -> None:
        self._backend = backend
        self._keys: Sequence[LivingKey] = ()
        self._read_at = -math.inf
        self._reading = asyncio.Lock()
        self._limiter = MovingWindowRateLimiter(MemoryStorage())
        self._limit = RateLimitItemPerSecond(rate * RATE_SECONDS, RATE_SECONDS)

    async def admit(self, authorization: str | None, scope: Scope | None) -> LivingKey:
        """The key of a request, if it allows this scope, or any if there is none to allow.

        Raises ``ProblemError``, and ``HelpDeskUnavailable`` while keys cannot be read.
        """
        key = await self._known(authorization)
        if key is None:
            raise ProblemError(
                NO_KEY,
                "send it with the header `Authorization: Bearer KEY`; `baton api-key new` makes a key",
                headers={"WWW-Authenticate": "Bearer"},
            )
        if not self._limiter.hit(self._limit, key.digest):
            free_at = self._limiter.get_window_stats(self._limit, key.digest).reset_time
            wait = max(1, math.ceil(free_at - time.time()))
            raise ProblemError(
                TOO_MANY_REQUESTS,
                f"at most {self._limit.amount:,} in {RATE_SECONDS} s",
                headers={"Retry-After": str(min(wait, RATE_SECONDS))},
            )
        if scope is not None and scope not in key.scopes:
            raise ProblemError(NO_SCOPE, f"it needs a key with the scope {scope.value!r}")
        return key

    async def _known(self, authorization: str | None) -> LivingKey | None:
        kind, _, shown = (authorization or "").partition(" ")
        shown = shown.strip()
        if kind.lower() != "bearer" or not shown.startswith(PREFIX):
            return None
        digest, found = digest_of(shown), None
        for key in await self._living():
            if hmac.compare_digest(key.digest, digest):
                found = key
        if found is None or (found.ends_at is not None and found.ends_at <= datetime.now(UTC)):
            return None
        return found

    async def _living(self) -> Sequence[LivingKey]:
        now = asyncio.get_running_loop().time()
        age = now - self._read_at
        # While one request reads them again, the others go on with those that are known.
        if age < KEYS_SECONDS or (age < KEYS_LAST_SECONDS and self._reading.locked()):
            return self._keys
        async with self._reading:
            if asyncio.get_running_loop().time() - self._read_at < KEYS_SECONDS:
                return self._keys
            began = asyncio.get_running_loop().time()
            try:
                self._keys = await (await self._backend.ledger()).api_keys.living()
            except Exception:
                if began - self._read_at < KEYS_LAST_SECONDS:
                    return self._keys
                raise
            self._read_at = began
        return self._keys
