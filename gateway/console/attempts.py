"""How often somebody may try to log in: as one person, and from one address.

Each gateway counts for itself, and forgets with its end.
"""

from __future__ import annotations

import ipaddress
import math
import time

from limits import RateLimitItem, RateLimitItemPerMinute
from limits.storage import MemoryStorage
from limits.strategies import MovingWindowRateLimiter

MINUTES = 15
FOR_ACCOUNT = 10
"""Attempts in `MINUTES` as one person."""
FOR_ADDRESS = 300
"""Attempts in `MINUTES` from one address, behind which a whole office may be."""
_LONGEST = 100
"""Characters of a name that are looked at."""


class Attempts:
    """Counts attempts."""

    def __init__(self, for_account: int = FOR_ACCOUNT, for_address: int = FOR_ADDRESS) -> None:
        self._limiter = MovingWindowRateLimiter(MemoryStorage())
        self._of_account = RateLimitItemPerMinute(for_account, MINUTES)
        self._of_address = RateLimitItemPerMinute(for_address, MINUTES)

    def count(self, staff: str, address: str) -> int:
        """Count an attempt. Returns in how many minutes the next may be made; 0 if this one may be made."""
        found = 0
        for limit, key in ((self._of_address, _network(address)), (self._of_account, _account(staff))):
            if not self._limiter.hit(limit, key):
                found = max(found, self._wait(limit, key))
        return found

    def succeeded(self, staff: str) -> None:
        """Forget the attempts as this person: it was they."""
        self._limiter.clear(self._of_account, _account(staff))

    def _wait(self, limit: RateLimitItem, key: str) -> int:
        seconds = self._limiter.get_window_stats(limit, key).reset_time - time.time()
        return max(1, math.ceil(seconds / 60))


def _account(staff: str) -> str:
    return f"account {staff[:_LONGEST]}"


def _network(address: str) -> str:
    """The address; of IPv6 the network, of which one machine can use any address."""
    try:
        parsed = ipaddress.ip_address(address)
    except ValueError:
        return f"address {address[:_LONGEST]}"
    if parsed.version == 6:
        return f"address {ipaddress.ip_network((parsed, 64), strict=False)}"
    return f"address {parsed}"
