"""Transactions that a test carries out step by step, with its own checks in between."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from concurrent.futures import Future
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from datetime import datetime
from typing import Any, TypeVar

from baton.contract import Event
from baton.model.decision import CaseState
from helpdesks.base import Intake, Ledger, Queues

T = TypeVar("T")


@asynccontextmanager
async def step_by_step(carry_out: Callable[[Callable[[T], None]], Awaitable[None]]) -> AsyncIterator[T]:
    """What ``carry_out`` gives to its work, such as a connection; the work lasts as long as the block.

    What the block raises, the work raises.
    """
    loop = asyncio.get_running_loop()
    given: asyncio.Future[T] = loop.create_future()
    ended: Future[None] = Future()

    def work(one: T) -> None:
        loop.call_soon_threadsafe(given.set_result, one)
        ended.result()

    task = asyncio.ensure_future(carry_out(work))
    either: list[asyncio.Future[Any]] = [task, given]
    await asyncio.wait(either, return_when=asyncio.FIRST_COMPLETED)
    if given.done():
        try:
            yield given.result()
        except BaseException as error:
            ended.set_exception(error)
        else:
            ended.set_result(None)
    await task


def intake(
    desk: Ledger, before: CaseState, event: Event, now: datetime, chain: str
) -> AbstractAsyncContextManager[Intake]:
    """The intake of an event, step by step."""
    return step_by_step(lambda work: desk.intake(before, event, now, chain, work))


def queues(desk: Ledger, source: str, now: datetime) -> AbstractAsyncContextManager[Queues]:
    """A look at the queues, step by step."""
    return step_by_step(lambda work: desk.queues(source, now, work))
