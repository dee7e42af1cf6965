"""One event for many cases: once, and in batches, so that neither the worker nor the server is flooded."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Iterable
from contextlib import suppress
from datetime import timedelta
from itertools import islice

from temporalio import activity
from temporalio.common import ActivityIDConflictPolicy, ActivityIDReusePolicy
from temporalio.exceptions import ActivityAlreadyStartedError

from baton.contract import Payload, derived_id
from baton.model.effects import CaseRef
from baton.signs import summary

SIGNALS_AT_ONCE = 20


async def spread_once(
    name: str,
    do: str,
    argument: Payload,
    *,
    task_queue: str,
    within: timedelta,
    said: str,
    delay: timedelta | None = None,
) -> None:
    """Have a change spread by a standalone activity, which is tried until it succeeds.

    ``name`` says which change it is: the same one is spread only once, however often it is asked for. Only
    from within an activity.
    """
    client = activity.client()
    name = derived_id(name)  # a server on PostgreSQL takes no longer one
    place = len(f"{client.namespace}{name}".encode())
    with suppress(ActivityAlreadyStartedError):
        await client.start_activity(
            do,
            argument,
            id=name,
            task_queue=task_queue,
            start_to_close_timeout=within,
            heartbeat_timeout=timedelta(minutes=1),
            id_reuse_policy=ActivityIDReusePolicy.REJECT_DUPLICATE,
            id_conflict_policy=ActivityIDConflictPolicy.USE_EXISTING,
            start_delay=delay,
            summary=summary(said, place=place),
        )


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
