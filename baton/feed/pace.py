"""How many chats a feed sends to at once: as many as the server answers promptly.

An overloaded server gets less done: what waits too long is aborted and tried again, and the work that went
into it is lost. So the feed begins with a few chats and adds one for each round of quick answers; a slow
answer takes away a share of them. TCP finds its rate in the same way.
"""

from __future__ import annotations

QUICK = 1.0
"""Seconds. An answer that takes longer is a sign of too much at once; one event alone takes some 20 ms."""

FIRST = 4.0
_SHRINK = 0.7


class Pace:
    """The limit, and what has been learned about it.

    Args:
        most: the limit that is never exceeded.
    """

    def __init__(self, most: int) -> None:
        self._most = float(most)
        self._limit = min(FIRST, self._most)
        self._slowed_at = float("-inf")

    @property
    def limit(self) -> int:
        return int(self._limit)

    def answered(self, sent_at: float, now: float) -> None:
        """Learn from an answer: when its event was sent and when the answer came."""
        if now - sent_at <= QUICK:
            self._limit = min(self._most, self._limit + 1 / self._limit)
        elif sent_at > self._slowed_at:
            # What was sent before the last change says nothing about the limit since.
            self._limit = max(1.0, self._limit * _SHRINK)
            self._slowed_at = now
