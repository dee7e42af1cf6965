"""What is to be changed at a desk, in words."""

from __future__ import annotations

import pytest

from helpdesks.outside.adapter import Change, Difference
from helpdesks.outside.expressing import overwritten


@pytest.mark.parametrize(
    ("own", "now", "change"),
    [
        # Maria had taken it, and Baton then assigned it to Lena.
        ({"assignee": "lena"}, {"assignee": "lena"}, {"assignee": "maria"}),
        # Somebody has changed it again since.
        ({"assignee": "lena"}, {"assignee": "oleg"}, {}),
        ({"assignee": "maria"}, {"assignee": "maria"}, {}),
        ({"line": "line-2"}, {"line": "line-2"}, {}),
        # A label that somebody had added went with a list without it.
        ({"labels_removed": {"vip"}}, {"labels": {"urgent"}}, {"labels": {"urgent", "vip"}}),
        ({"labels_removed": {"vip"}}, {"labels": {"vip"}}, {}),
        ({"labels_removed": {"billing"}}, {"labels": set()}, {}),
        # The case is about to take it off by a write of its own.
        ({"labels_added": {"billing"}}, {"labels": {"billing", "vip"}}, {}),
    ],
)
def test_what_a_write_has_overwritten_is_given_back(own: Difference, now: Change, change: Change) -> None:
    case = Change(assignee="maria", labels=frozenset({"vip"}))
    assert overwritten(own, case, now) == change
