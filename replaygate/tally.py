"""The results so far, and whether this code may be deployed."""

from __future__ import annotations

import re
import time
from collections import Counter
from dataclasses import dataclass, field
from typing import NamedTuple

from replaygate.result import Accepted, Difference, HistoryVerdict, Result


class Kind(NamedTuple):
    """Differences that are the same except for the event and for positions in lists."""

    command: str
    field: str
    only: str


@dataclass
class Group:
    """The differences of one kind: how many, in how many histories, and one example."""

    name: str
    example: Difference
    number: int = 0
    histories: int = 0


@dataclass
class Tally:
    """The results of the histories so far. Those that simply replayed are counted and then dropped."""

    accepted: Accepted
    strict: bool
    keep: bool = False
    """Keep a line for each history, for the JUnit report."""
    verdicts: Counter[HistoryVerdict] = field(default_factory=Counter)
    skipped: Counter[str] = field(default_factory=Counter)
    groups: dict[Kind, Group] = field(default_factory=dict)
    added: Counter[Kind] = field(default_factory=Counter)
    known: int = 0
    different: int = 0
    events: int = 0
    results: list[Result] = field(default_factory=list)
    total: int | None = None
    began: float = field(default_factory=time.monotonic)
    seconds: float = 0.0

    def begin(self) -> None:
        self.began = time.monotonic()

    def finish(self) -> None:
        """Stop the clock, and sort the findings so that their order is the same each time."""
        self.seconds = time.monotonic() - self.began
        self.results.sort(key=lambda result: (result.name, result.run_id))
        self.groups = dict(sorted(self.groups.items()))

    def add(self, result: Result) -> None:
        self.verdicts[result.verdict] += 1
        self.events += result.events if result.verdict is not HistoryVerdict.SKIPPED else 0
        if result.verdict is HistoryVerdict.SKIPPED:
            self.skipped[result.what] += 1
        result.differences, known = self.accepted.split(result)
        self.known += len(known)
        # What comes after a break differs because of it.
        if result.verdict is HistoryVerdict.REPLAYED:
            self.different += bool(result.differences)
            self._group(result)
            self.added.update({_kind(one) for one in result.added})
        result.added = []
        if (
            self.keep
            or result.differences
            or result.verdict in (HistoryVerdict.BROKEN, HistoryVerdict.UNREADABLE)
        ):
            self.results.append(result)

    def _group(self, result: Result) -> None:
        for difference in result.differences:
            kind = _kind(difference)
            self.groups.setdefault(kind, Group(result.name, difference)).number += 1
        for kind in {_kind(difference) for difference in result.differences}:
            self.groups[kind].histories += 1

    def of(self, verdict: HistoryVerdict) -> list[Result]:
        return [result for result in self.results if result.verdict is verdict]

    @property
    def done(self) -> int:
        return self.verdicts.total()

    @property
    def checked(self) -> int:
        """Histories that were replayed, whatever the outcome."""
        return self.verdicts[HistoryVerdict.REPLAYED] + self.verdicts[HistoryVerdict.BROKEN]

    @property
    def nothing(self) -> bool:
        """Whether there was no history to judge. That must not pass: a mistyped query finds none."""
        return not self.checked and not self.verdicts[HistoryVerdict.UNREADABLE]

    @property
    def passed(self) -> bool:
        bad = self.verdicts[HistoryVerdict.BROKEN] + self.verdicts[HistoryVerdict.UNREADABLE]
        return bool(self.checked) and not bad and not (self.strict and self.different)

    def rate(self) -> float:
        """Events a second."""
        seconds = self.seconds or time.monotonic() - self.began
        return self.events / seconds if seconds else 0.0


def _kind(difference: Difference) -> Kind:
    positions = re.sub(r"\.\d+(?=\.|$)", ".*", difference.field)
    return Kind(difference.command, positions, difference.only)
