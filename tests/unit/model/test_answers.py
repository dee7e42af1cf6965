"""A list of notices, or of messages, fits into one answer of an activity."""

from __future__ import annotations

from datetime import UTC, datetime

from activities.answers import MESSAGES_BYTES, NAMES_BYTES, that_fit, with_names
from baton.desk.api import NoticeRow
from baton.desk.said import MessageRow

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


def messages(number: int, text: str) -> list[MessageRow]:
    return [MessageRow(at=NOON, said="note", author=f"staff:s-{one}", text=text) for one in range(number)]


def test_a_conversation_of_ordinary_length_is_shown_whole() -> None:
    said = messages(500, "It left today. " * 50)
    assert that_fit(said) == tuple(said)


def test_of_a_conversation_that_would_be_too_long_the_latest_messages_are_shown_in_their_order() -> None:
    said = messages(40, "ж" * 100_000)
    shown = that_fit(said)
    assert shown == tuple(said[-len(shown) :])
    assert 0 < len(shown) < len(said)
    assert sum(len(row.model_dump_json().encode()) for row in shown) <= MESSAGES_BYTES
