"""One event for many cases: in batches, so that neither the worker nor the server is flooded."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Iterable
from itertools import islice

from temporalio import activity

from baton.model.effects import CaseRef

SIGNALS_AT_ONCE = 20


async def tell_each(cases: Iterable[CaseRef], tell: Callable[[CaseRef], Awaitable[bool]]) -> int:
    """Tell each case, and return how many were told.

    Raises the first error, but only after all the others were told: one case that fails must not hold them
    up. The activity is then tried again.
    """
    told = 0
    failures: list[BaseException] = []
    left = iter(cases)
    while batch := list(islice(left, SIGNALS_AT_ONCE)):
        results = await asyncio.gather(*map(tell, batch), return_exceptions=True)
        told += results.count(True)
        failures += [result for result in results if isinstance(result, BaseException)]
        activity.heartbeat(told)
    if failures:
        raise failures[0]
    return told
