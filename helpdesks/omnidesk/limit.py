"""The limit of calls: what Omnidesk says is left of it, kept to by all calls of this process.

The limit is one for the whole account. Each answer says in the header ``api_calls_left`` what is left of it
for everybody, so every worker knows what the others use, as of its last answer. Nobody sleeps in here: who
must not call is told in how many seconds it may, and Temporal waits.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager

from baton.errors import HelpDeskUnavailable

WINDOW = 60.0
"""Seconds for which a limit counts: it is one of calls a minute."""


class Limit:
    """What is left of the limit.

    Args:
        clock: seconds that only grow.
    """

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self.left: int | None = None
        """Calls left in this minute when Omnidesk last said it; None before it has."""
        self.per_minute: int | None = None
        """Calls allowed in a minute, if Omnidesk has said it."""
        self._clock = clock
        self._began = clock()
        self._refused_until = 0.0
        self._in_flight = 0

    @contextmanager
    def call(self, spare: int = 0) -> Iterator[None]:
        """For the time of one call, if there may be one that leaves ``spare`` others.

        Raises ``HelpDeskUnavailable``, with the seconds to wait.
        """
        wait = self.wait(spare)
        if wait > 0:
            raise HelpDeskUnavailable(f"Omnidesk's limit of calls is used up for {wait:.0f} s", after=wait)
        self._in_flight += 1
        try:
            yield
        finally:
            self._in_flight -= 1

    def wait(self, spare: int = 0) -> float:
        """Seconds until there may be a call that leaves ``spare`` others."""
        now = self._clock()
        until = self._refused_until
        if self.left is not None and self.left - self._in_flight <= self._kept(spare):
            until = max(until, self._began + WINDOW)
        return max(0.0, until - now)

    def _kept(self, spare: int) -> int:
        # Of a small limit no more than a half is kept, or nothing would ever be read.
        return spare if self.per_minute is None else min(spare, self.per_minute // 2)

    def heard(self, headers: Mapping[str, str], *, over: bool = False, after: float | None = None) -> None:
        """Take in what an answer says about the limit, and, if it was ``over`` it, when to ask again."""
        now = self._clock()
        per_minute, left = (_whole(headers.get(name)) for name in ("rate_limit_per_minute", "api_calls_left"))
        self.per_minute = per_minute if per_minute is not None else self.per_minute
        if left is not None:
            if self.left is None or left > self.left:
                self._began = now
            self.left = left
        if over:
            self._refused_until = now + (after if after else self._until_the_next(now))

    def _until_the_next(self, now: float) -> float:
        return max(1.0, self._began + WINDOW - now)


def _whole(value: str | None) -> int | None:
    return int(value) if value is not None and value.strip().isdecimal() else None
