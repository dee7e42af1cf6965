"""How long to wait, as whoever was called says it in a header."""

from __future__ import annotations

import pytest

from helpdesks.retryafter import retry_after

NOW = "Wed, 21 Oct 2026 07:28:00 GMT"


@pytest.mark.parametrize(
    ("headers", "seconds"),
    [
        ({}, None),
        ({"retry-after": "30"}, 30.0),
        ({"retry-after": " 0 "}, 0.0),
        ({"retry-after": "9" * 400}, 3600.0),
        ({"retry-after": "٣"}, None),
        ({"retry-after": "-1"}, None),
        ({"retry-after": "soon"}, None),
        ({"retry-after": "Wed, 21 Oct 2026 07:29:00 GMT", "date": NOW}, 60.0),
        ({"retry-after": "Wed, 21 Oct 2026 07:00:00 GMT", "date": NOW}, 0.0),
        ({"retry-after": "Wed, 21 Oct 2026 23:00:00 GMT", "date": NOW}, 3600.0),
        ({"retry-after": "Wed, 21 Oct 2026 07:29:00 -0000", "date": NOW}, 60.0),
        ({"retry-after": "Wed, 21 Oct 99999 07:29:00 GMT"}, None),
        ({"retry-after": "Wed, 21 Oct 2020 07:29:00 GMT"}, 0.0),
    ],
)
def test_a_pause_is_a_number_or_a_time_by_the_senders_clock(
    headers: dict[str, str], seconds: float | None
) -> None:
    assert retry_after(headers, 3600.0) == seconds
