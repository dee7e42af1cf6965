"""A test that hangs ends, and its failure shows where."""

from __future__ import annotations

import asyncio
import traceback
from typing import Any

import pytest

from tests.waiting import ends


async def test_a_test_that_hangs_is_ended_where_it_waits() -> None:
    left: list[str] = []

    async def waits_here() -> None:
        try:
            await asyncio.Event().wait()
        finally:
            left.append("its block")

    with pytest.raises(AssertionError, match=r"^after 0\.05 s, the test still waited") as raised:
        await ends(waits_here, 0.05)()
    assert left == ["its block"]
    assert "in waits_here" in "".join(traceback.format_exception(raised.value))


async def test_a_time_out_of_its_own_stays_its_own() -> None:
    async def fails(what: str, *, why: str) -> None:
        raise TimeoutError(what, why)

    with pytest.raises(TimeoutError, match="the server"):
        await ends(fails)("the server", why="it is slow")


def is_one_that_ends() -> bool:
    async def some_test() -> None:
        """Is not run."""

    task = asyncio.current_task()
    assert task is not None
    running: Any = task.get_coro()
    wrapped: Any = ends(some_test)
    return bool(running.cr_code is wrapped.__code__)


async def test_every_asynchronous_test_is_one_that_ends() -> None:
    assert is_one_that_ends()


class TestEvery:
    async def test_in_a_class_too(self) -> None:
        assert is_one_that_ends()
