"""Deliveries of hooks that could not be used: kept with the reason, within bounds, on both databases."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from helpdesks import kepthooks
from helpdesks.embedded import EmbeddedHelpDesk
from helpdesks.kepthooks import KEPT_FOR
from helpdesks.outside.hooks import MOST_BYTES, Delivery

NOON = datetime(2026, 3, 2, 12, tzinfo=UTC)
USABLE, UNUSABLE = b'{"ticket": 12}', b"\xff\0 no JSON"


async def kept(desk: EmbeddedHelpDesk) -> list[int]:
    return [one.id for one in await desk.hooks.kept(100)]


async def test_a_delivery_is_kept_as_it_came(desk: EmbeddedHelpDesk) -> None:
    delivery = Delivery(UNUSABLE, {"content-type": "text/odd", "authorization": "Bearer secret"})

    number = await desk.hooks.keep("rt", delivery, "the body is no JSON", NOON)

    (listed,) = await desk.hooks.kept(10)
    assert (listed.id, listed.desk, listed.reason, listed.at) == (number, "rt", "the body is no JSON", NOON)
    assert (listed.content_type, listed.size, listed.body) == ("text/odd", len(UNUSABLE), "")
    shown = await desk.hooks.one(number)
    assert shown is not None
    assert shown.body == "\ufffd\0 no JSON"
    assert "secret" not in repr(delivery)
    assert await desk.hooks.one(number + 1) is None


async def test_the_largest_body_is_kept_whole(desk: EmbeddedHelpDesk) -> None:
    number = await desk.hooks.keep("rt", Delivery(b"x" * MOST_BYTES), "too odd", NOON)

    shown = await desk.hooks.one(number)
    assert shown is not None
    assert shown.size == MOST_BYTES


async def test_only_the_latest_are_kept(desk: EmbeddedHelpDesk, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(kepthooks, "MOST", 3)

    numbers = [await desk.hooks.keep("rt", Delivery(UNUSABLE), "odd", NOON) for _ in range(5)]

    assert await kept(desk) == numbers[:1:-1]


async def test_what_is_too_old_goes_with_the_next_one(desk: EmbeddedHelpDesk) -> None:
    await desk.hooks.keep("rt", Delivery(UNUSABLE), "odd", NOON - KEPT_FOR - timedelta(seconds=1))
    still = await desk.hooks.keep("rt", Delivery(UNUSABLE), "odd", NOON - KEPT_FOR + timedelta(seconds=1))

    latest = await desk.hooks.keep("rt", Delivery(UNUSABLE), "odd", NOON)

    assert await kept(desk) == [latest, still]


async def test_what_can_be_used_now_is_forgotten_and_the_rest_has_its_present_reason(
    desk: EmbeddedHelpDesk,
) -> None:
    usable = await desk.hooks.keep("rt", Delivery(USABLE), "not known to the release before", NOON)
    unusable = await desk.hooks.keep("rt", Delivery(UNUSABLE), "another reason", NOON)

    assert await desk.hooks.numbers() == [usable, unusable]
    again = [await desk.hooks.read_again(number) for number in (usable, unusable, unusable + 1)]

    assert [one and one.reason for one in again] == ["", "the body is no JSON", None]
    (left,) = await desk.hooks.kept(10)
    assert (left.id, left.reason) == (unusable, "the body is no JSON")
