"""Where reading goes on: which transactions are known, when some may still come up with a lower number.

A transaction of RT gets its number before others see it. If several processes of RT write at once, one with a
higher number may be seen first, and a reader who goes on behind it would never see the other. So whatever
happened in the last `LATE_SECONDS`, by RT's clock, is read again, and only what is not known yet is new.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import NamedTuple

from baton.errors import DeskRefused

LATE_SECONDS = 120
"""How long a transaction may take to be seen: RT runs scrips and hands mail over before others see it."""
MOST_KNOWN = 200
"""Numbers that a cursor has room for. In a busier RT the time is shorter."""


class Cursor(NamedTuple):
    """All transactions up to ``settled`` are known, and those in ``known``, which are later."""

    settled: int
    known: frozenset[int] = frozenset()

    def __str__(self) -> str:
        later = ".".join(str(number - self.settled) for number in sorted(self.known))
        return f"{self.settled}+{later}" if later else str(self.settled)

    @staticmethod
    def of(text: str) -> Cursor:
        """The cursor that was written like this. Raises ``DeskRefused`` if none was."""
        settled, _, later = text.partition("+")
        try:
            start = int(settled)
            return Cursor(start, frozenset(start + int(step) for step in later.split(".") if step))
        except ValueError:
            raise DeskRefused(f"{text[:100]!r} is no place in the transactions of RT") from None

    @staticmethod
    def behind(newest: Sequence[tuple[int, datetime]], most: int) -> Cursor:
        """Where to begin once the newest were read, in order, at most so many: none of before is new."""
        # With fewer there is nothing before them but what may still come up late.
        settled = newest[0][0] - 1 if len(newest) >= most else 0
        return Cursor(settled).after(newest)

    def after(self, read: Sequence[tuple[int, datetime]]) -> Cursor:
        """Where to go on once these were read: all behind ``settled`` that can be seen, in order."""
        if not read:
            return self
        since = max(at for _, at in read) - timedelta(seconds=LATE_SECONDS)
        may_be_late = next((index for index, (_, at) in enumerate(read) if at >= since), 0)
        first = max(may_be_late, len(read) - MOST_KNOWN)
        settled = read[first - 1][0] if first else self.settled
        return Cursor(settled, frozenset(number for number, _ in read[first:]))
