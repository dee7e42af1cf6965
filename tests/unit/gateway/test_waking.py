"""Wake-ups of feeds: many are one, and none is given up."""

from __future__ import annotations

import asyncio

import pytest

from gateway.waking import Waker
from lab.rig import eventually


@pytest.fixture(autouse=True)
def _never_once_more(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    if "once_more" not in request.node.name:
        monkeypatch.setattr("gateway.waking.ONCE_MORE", 3600.0)


async def test_many_at_a_moment_are_a_few_signals() -> None:
    looked: list[str] = []

    async def look(desk: str) -> None:
        looked.append(desk)

    waker = Waker(look)
    for _ in range(1000):
        waker.wake("paper")
        waker.wake("rt")
        await asyncio.sleep(0)

    async def both() -> bool:
        return {"paper", "rt"} <= set(looked)

    await eventually(both, "a feed was not woken")
    await waker.aclose()
    # The first at once; the others wait for a fifth of a second, and are one.
    assert len(looked) <= 4


async def test_one_that_comes_while_a_signal_is_on_its_way_is_sent_after_it() -> None:
    on_its_way, looked = asyncio.Event(), 0

    async def look(desk: str) -> None:
        nonlocal looked
        looked += 1
        if looked == 1:
            waker.wake(desk)
            on_its_way.set()

    waker = Waker(look)
    waker.wake("paper")
    await on_its_way.wait()

    async def again() -> bool:
        return looked == 2

    await eventually(again, "the second was lost")
    await waker.aclose()


async def test_a_feed_is_woken_once_more_for_what_could_not_be_seen_at_once() -> None:
    looked = 0

    async def look(desk: str) -> None:
        nonlocal looked
        looked += 1

    waker = Waker(look)
    waker.wake("paper")

    async def twice() -> bool:
        return looked == 2

    await eventually(twice, "the feed was woken once only")
    await waker.aclose()


async def test_what_is_not_taken_now_is_tried_again(caplog: pytest.LogCaptureFixture) -> None:
    failures = 3

    async def look(desk: str) -> None:
        nonlocal failures
        if failures:
            failures -= 1
            raise ConnectionError("Temporal is away")

    waker = Waker(look)
    waker.wake("paper")

    async def sent() -> bool:
        return waker.signals == 1

    await eventually(sent, "it was given up")
    await waker.aclose()
    assert [record.levelname for record in caplog.records] == ["WARNING"]


async def test_a_feed_that_cannot_be_woken_holds_up_no_other() -> None:
    looked = asyncio.Event()

    async def look(desk: str) -> None:
        if desk == "away":
            raise ConnectionError("not here")
        looked.set()

    waker = Waker(look)
    waker.wake("away")
    waker.wake("paper")
    await looked.wait()
    await waker.aclose()
