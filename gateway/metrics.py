"""How many requests the API gets, and how long they take, in the text format of Prometheus.

Labels are the method, the route as it is declared, and the status: none is an ID of anything. Time counts
from when a request has its headers until it has its answer, so that a slow body counts, too.
"""

from __future__ import annotations

import time
from bisect import bisect_left
from collections.abc import Iterator
from itertools import accumulate

from baton.temporal.metrics import SHORT

EXPOSITION = "text/plain; version=0.0.4"
NAME = "baton_gateway_request_seconds"

_Labels = tuple[str, str, int]


class Requests:
    """The requests of one process, as a histogram."""

    def __init__(self) -> None:
        self._counts: dict[_Labels, list[int]] = {}
        self._seconds: dict[_Labels, float] = {}

    def note(self, method: str, route: str, status: int, began: float) -> None:
        """Note a request that began at this value of `time.perf_counter`."""
        labels, seconds = (method, route, status), time.perf_counter() - began
        counts = self._counts.setdefault(labels, [0] * (len(SHORT) + 1))
        counts[bisect_left(SHORT, seconds)] += 1
        self._seconds[labels] = self._seconds.get(labels, 0.0) + seconds

    def exposition(self) -> str:
        """What Prometheus reads."""
        return "\n".join(self._lines()) + "\n"

    def _lines(self) -> Iterator[str]:
        yield f"# HELP {NAME} duration of a request to the API, by its route and its status"
        yield f"# TYPE {NAME} histogram"
        for labels, counts in sorted(self._counts.items()):
            said = 'method="{}",route="{}",status="{}"'.format(*labels)
            for bound, number in zip((*map(str, SHORT), "+Inf"), accumulate(counts), strict=True):
                yield f'{NAME}_bucket{{{said},le="{bound}"}} {number}'
            yield f"{NAME}_count{{{said}}} {sum(counts)}"
            yield f"{NAME}_sum{{{said}}} {self._seconds[labels]:.6f}"
