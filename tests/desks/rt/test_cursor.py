"""Where reading RT's transactions goes on: nothing is passed over, and nothing is new twice."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, datetime, timedelta

import pytest

from baton.errors import DeskRefused
from helpdesks.rt.cursor import LATE_SECONDS, MOST_KNOWN, Cursor

NOON = datetime(2026, 3, 2, 12, tzinfo=UTC)


def at(numbers: Iterable[int], seconds: float = 0) -> list[tuple[int, datetime]]:
    """Transactions with these numbers, so many seconds after noon."""
    return [(number, NOON + timedelta(seconds=seconds)) for number in numbers]


@pytest.mark.parametrize("cursor", [Cursor(0), Cursor(57), Cursor(57, frozenset({58, 61, 300}))])
def test_a_cursor_is_read_as_it_was_written(cursor: Cursor) -> None:
    assert Cursor.of(str(cursor)) == cursor


@pytest.mark.parametrize("text", ["", "x", "57+1.x", "57-1", "+1"])
def test_what_is_no_cursor_is_refused(text: str) -> None:
    with pytest.raises(DeskRefused, match="no place in the transactions"):
        Cursor.of(text)


def test_what_may_come_up_late_is_read_again() -> None:
    settled, late = at([5, 6]), at([8, 9], LATE_SECONDS + 1)
    assert Cursor(4).after([*settled, *late]) == Cursor(6, frozenset({8, 9}))
    assert Cursor(6, frozenset({8, 9})).after(at([7, 8, 9], 10)) == Cursor(6, frozenset({7, 8, 9}))
    assert Cursor(6, frozenset({8, 9})).after([]) == Cursor(6, frozenset({8, 9}))


def test_in_a_busy_rt_the_time_is_shorter_and_the_cursor_is_not_longer() -> None:
    found = Cursor(0).after(at(range(1, MOST_KNOWN + 11)))
    assert found == Cursor(10, frozenset(range(11, MOST_KNOWN + 11)))
    assert len(str(found)) < 2000


def test_whoever_begins_to_listen_hears_nothing_of_before() -> None:
    assert Cursor.behind([], 3) == Cursor(0)
    assert Cursor.behind(at([1, 2]), 3) == Cursor(0, frozenset({1, 2}))
    # There are others before a full page, also if all of it is of the last moments.
    assert Cursor.behind(at([7, 8, 9]), 3) == Cursor(6, frozenset({7, 8, 9}))
