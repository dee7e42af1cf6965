"""Figures of reports: durations, how they are summed up, and tables of bounded length."""

from __future__ import annotations

from array import array
from collections.abc import Iterable, Sequence
from datetime import datetime
from math import ceil

from baton.desk.reports import Column, ReportTable, Unit, Value
from baton.documents.calendars import ALWAYS, Calendar

MOST_ROWS = 500
"""How many rows a table has at most: an answer must fit into 2 MB."""

SPREAD = (
    Column(name="count"),
    Column(name="median", unit=Unit.SECONDS),
    Column(name="p90", unit=Unit.SECONDS),
    Column(name="longest", unit=Unit.SECONDS),
)
"""The columns of `Durations.spread`."""
OPEN_SPREAD = (
    Column(name="open_median", unit=Unit.SECONDS),
    Column(name="open_p90", unit=Unit.SECONDS),
)
"""The columns of `Waits.open_spread`."""


def text(name: str) -> Column:
    return Column(name=name, unit=Unit.TEXT)


def table(
    name: str, columns: Sequence[Column], rows: Iterable[tuple[Value, ...]], total: int | None = None
) -> ReportTable:
    """A table with the first `MOST_ROWS` of these rows, of which there are ``total``, if not these."""
    every = tuple(rows)
    left_out = max((len(every) if total is None else total) - MOST_ROWS, 0)
    return ReportTable(name=name, columns=tuple(columns), rows=every[:MOST_ROWS], left_out=left_out)


class Durations:
    """Seconds, of which there may be millions."""

    def __init__(self) -> None:
        self._seconds = array("d")

    def __len__(self) -> int:
        return len(self._seconds)

    def add(self, seconds: float) -> None:
        """Clocks may disagree: less than nothing counts as nothing."""
        self._seconds.append(max(seconds, 0.0))

    def at(self, share: float) -> float | None:
        """The shortest that at least this share of all do not exceed; none of none."""
        if not self._seconds:
            return None
        return round(sorted(self._seconds)[max(ceil(share * len(self)) - 1, 0)], 1)

    def spread(self) -> tuple[Value, ...]:
        return (len(self), self.at(0.5), self.at(0.9), self.at(1.0))


class Waits:
    """Waits of one kind, by the clock and within opening hours."""

    def __init__(self, calendar: Calendar = ALWAYS) -> None:
        self._calendar = calendar
        self.clock = Durations()
        self._open = self.clock if calendar is ALWAYS else Durations()

    def add(self, since: datetime, until: datetime) -> None:
        self.clock.add((until - since).total_seconds())
        if self._open is not self.clock:
            self._open.add(self._calendar.between(since, until).total_seconds())

    def open_spread(self) -> tuple[Value, ...]:
        return (self._open.at(0.5), self._open.at(0.9))
