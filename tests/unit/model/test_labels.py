"""The labels of a case: their order, and how many there can be."""

from __future__ import annotations

import pytest

from baton.contract import MAX_LABELS, MAX_LABELS_SIZE
from baton.errors import InvalidEvent
from baton.model.labels import labelled

MANY = tuple(f"label-{number}" for number in range(MAX_LABELS))
LONG = tuple(f"{number:03}{'я' * 250}" for number in range(MAX_LABELS_SIZE // 503))


def test_labels_stay_in_the_order_in_which_they_were_added_each_once() -> None:
    assert labelled(("b", "a"), ["c", "a", "b"]) == ("b", "a", "c")


def test_what_is_added_and_removed_at_once_is_removed() -> None:
    assert labelled(("a", "b"), ["c", "d"], ("a", "c")) == ("b", "d")


def test_a_case_has_so_many_labels_and_not_one_more() -> None:
    assert labelled(MANY[:-1], [MANY[-1]]) == MANY
    with pytest.raises(InvalidEvent, match="1,001 labels; at most 1,000"):
        labelled(MANY, ["one more"])
    assert labelled(MANY, ["one more"], MANY[:1]) == (*MANY[1:], "one more")


def test_labels_have_so_many_bytes_together_and_not_more() -> None:
    assert labelled((), LONG) == LONG
    with pytest.raises(InvalidEvent, match=r"64,\d+ bytes together; at most 64,000"):
        labelled(LONG, ["я" * 255])


def test_a_case_that_has_too_many_can_still_lose_some() -> None:
    too_many = (*MANY, *LONG)
    assert labelled(too_many, remove=MANY) == LONG
    assert labelled(too_many, ["x"], too_many[:1]) == (*too_many[1:], "x")
