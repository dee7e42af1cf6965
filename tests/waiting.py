"""Small helpers for tests that wait for something, or expect a refusal."""

from __future__ import annotations

import asyncio
import functools
from collections.abc import Awaitable, Callable, Coroutine
from typing import Any

import pytest

from baton.errors import Refused

HANGS_AFTER = 1200.0
"""Seconds. Longer than any wait of `lab.rig.eventually`, shorter than pytest's time for a test."""


async def refused(kind: type[Refused], sent: Awaitable[object]) -> None:
    """The event that was ``sent`` must be refused in this way."""
    with pytest.raises(kind):
        await sent


def ends(
    test: Callable[..., Coroutine[Any, Any, None]], seconds: float = HANGS_AFTER
) -> Callable[..., Coroutine[Any, Any, None]]:
    """The same test, but one that hangs ends: its traceback shows where, and its blocks are left.

    pytest's own time-out only sees the event loop, and leaves behind every process that the test has started.
    """

    @functools.wraps(test)
    async def ending(*arguments: Any, **fixtures: Any) -> None:
        try:
            async with asyncio.timeout(seconds) as limit:  # noqa: TID251
                await test(*arguments, **fixtures)
        except TimeoutError as hangs:
            if not limit.expired():
                raise
            raise AssertionError(f"after {seconds:g} s, the test still waited where this says") from hangs

    return ending
