"""What somebody who comes online is told."""

from __future__ import annotations

import pytest

from activities.arrivals import what_waits
from helpdesks.known import StillWaiting


@pytest.mark.parametrize(
    ("queue", "new", "unanswered", "said"),
    [
        (0, 0, 0, ""),
        (3, 1, 2, "still waiting: 3 in the queue of line-1, 1 in New, 2 in Unanswered"),
        (1, 0, 0, "still waiting: 1 in the queue of line-1"),
        (0, 1200, 0, "still waiting: 1,200 in New"),
        (0, 0, 1, "still waiting: 1 in Unanswered"),
    ],
)
def test_what_waits_is_counted_and_nothing_is_not_mentioned(
    queue: int, new: int, unanswered: int, said: str
) -> None:
    assert what_waits(StillWaiting(queue, new, unanswered), "line-1") == said


def test_without_a_line_there_is_no_queue() -> None:
    assert what_waits(StillWaiting(0, 2, 0), None) == "still waiting: 2 in New"
