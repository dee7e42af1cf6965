"""A list of notices fits into one answer of an activity."""

from __future__ import annotations

from datetime import UTC, datetime

from activities.answers import NAMES_BYTES, with_names
from baton.desk.api import NoticeRow

CROWD = tuple(f"{number:05}-{'ж' * 20}" for number in range(585))
NOON = datetime(2026, 3, 2, 12, tzinfo=UTC)


def rows(number: int) -> list[NoticeRow]:
    return [
        NoticeRow(told=CROWD, count=len(CROWD), everyone=True, reason=f"r{one}", at=NOON)
        for one in range(number)
    ]


def test_a_list_of_ordinary_length_has_all_names() -> None:
    few = [NoticeRow(staff="ivan", told=("ivan",), count=1, reason="mine", at=NOON), *rows(5)]
    assert with_names(few) == few


def test_a_list_that_would_be_too_long_names_those_of_the_latest_and_counts_the_others() -> None:
    many = rows(400)
    shown = with_names(many)
    named = [row for row in shown if row.told]
    assert named == many[: len(named)]
    assert 0 < len(named) < len(many)
    assert [(row.count, row.reason) for row in shown] == [(row.count, row.reason) for row in many]
    assert sum(len(row.model_dump_json().encode()) for row in shown) < 2 * NAMES_BYTES
