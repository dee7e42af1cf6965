"""What becomes of the lines of a feed: a verdict for each, and the overall tally."""

from __future__ import annotations

from bisect import insort
from dataclasses import dataclass, field
from enum import StrEnum

from baton.feed.lines import Line

FIRST_LINES = 5


class LineVerdict(StrEnum):
    """What became of a line."""

    ACCEPTED = "accepted"
    DUPLICATE = "duplicate"
    SUBMITTED = "submitted"
    """Handed over as a signal; the chat's timeline shows whether it was accepted."""
    REFUSED = "refused"
    FAILED = "failed"
    """Not answered, or held back behind an unanswered line of the same chat."""
    UNSENT = "unsent"
    """Read, but not answered before the feed was stopped."""


ANSWERED = frozenset(
    {LineVerdict.ACCEPTED, LineVerdict.DUPLICATE, LineVerdict.SUBMITTED, LineVerdict.REFUSED}
)
"""Final, and kept in the journal. The others are sent again by the next run."""


@dataclass(frozen=True, slots=True)
class Result:
    """A verdict and, where the line was refused or failed, the type of the error and what it says."""

    verdict: LineVerdict
    type: str = ""
    reason: str = ""


@dataclass
class Reason:
    """How many lines had one type of error, the first such lines, and the text of one of the errors."""

    count: int = 0
    first_lines: list[int] = field(default_factory=list)
    example: str = ""


@dataclass
class Tally:
    """The counts of all verdicts. Once a feed has ended, each line that was read has one verdict."""

    lines: int = 0
    earlier: int = 0
    """Lines that an earlier run sent; their verdicts count too."""
    verdicts: dict[LineVerdict, int] = field(default_factory=lambda: dict.fromkeys(LineVerdict, 0))
    reasons: dict[LineVerdict, dict[str, Reason]] = field(
        default_factory=lambda: {LineVerdict.REFUSED: {}, LineVerdict.FAILED: {}}
    )
    bytes: int = 0
    """How much of the input has a verdict."""

    @property
    def settled(self) -> int:
        """Lines that have a verdict; equal to ``lines`` once the feed has ended."""
        return sum(self.verdicts.values())

    @property
    def mostly_refused(self) -> bool:
        """Whether more lines were refused than accepted, so that they have a fault in common."""
        taken = (LineVerdict.ACCEPTED, LineVerdict.DUPLICATE, LineVerdict.SUBMITTED)
        return self.verdicts[LineVerdict.REFUSED] > sum(self.verdicts[verdict] for verdict in taken)

    def add(self, line: Line, result: Result) -> None:
        self.bytes += len(line.raw) + 1
        self.verdicts[result.verdict] += 1
        if result.verdict in self.reasons:
            reason = self.reasons[result.verdict].setdefault(result.type, Reason())
            reason.count += 1
            reason.example = reason.example or result.reason
            insort(reason.first_lines, line.number)  # answers do not come in the order of the lines
            del reason.first_lines[FIRST_LINES:]
