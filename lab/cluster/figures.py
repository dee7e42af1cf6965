"""How fast events were answered, phase by phase."""

from __future__ import annotations

import statistics
from collections.abc import Sequence
from itertools import pairwise
from typing import NamedTuple

from rich.table import Table


class Answer(NamedTuple):
    """An event that was answered. Both in seconds."""

    at: float
    latency: float


class Phase(NamedTuple):
    """Start and end, in seconds of the same clock as the answers."""

    name: str
    start: float
    end: float


def longest_stall(answers: Sequence[Answer], phase: Phase) -> float:
    """The longest time in the phase without an answer to anybody, in seconds."""
    times = sorted(answer.at for answer in answers if phase.start <= answer.at <= phase.end)
    moments = [phase.start, *times, phase.end]
    return max(later - earlier for earlier, later in pairwise(moments))


def table(
    answers: Sequence[Answer],
    phases: Sequence[Phase],
    title: str = "Events answered while hosts and a worker were killed",
) -> Table:
    """A row for each phase."""
    shown = Table(title=title)
    for column in ("", "seconds", "events/s", "median ms", "slowest s", "stall s"):
        shown.add_column(column, justify="left" if not column else "right")
    for phase in phases:
        latencies = [one.latency for one in answers if phase.start <= one.at <= phase.end]
        seconds = phase.end - phase.start
        shown.add_row(
            phase.name,
            f"{seconds:.0f}",
            f"{len(latencies) / seconds:.1f}",
            f"{statistics.median(latencies) * 1000:.0f}" if latencies else "-",
            f"{max(latencies):.1f}" if latencies else "-",
            f"{longest_stall(answers, phase):.1f}",
        )
    return shown
