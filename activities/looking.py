"""What a worker looks at again and again while it runs, apart from any case."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable

from temporalio.common import MetricMeter

from baton.temporal import metrics

LOOK_EVERY = 60.0
"""Seconds between two looks."""

_log = logging.getLogger("baton.worker")


async def keep_looking(look: Callable[[], Awaitable[None]], meter: MetricMeter, of: str, failed: str) -> None:
    """Look, until cancelled. A look that succeeds is counted.

    One that fails ends nothing: it is logged, and again only if a look has succeeded in between.

    Args:
        meter: knows the namespace and the task queue.
        of: what is looked at, as ``baton_looks_total`` calls it.
        failed: what to log of a look that fails, before the reason.
    """
    failing = False
    while True:
        try:
            await look()
            metrics.LOOKS.count(meter, of=of)
            failing = False
        except Exception as error:  # whatever Temporal or the help desk raises: the worker goes on
            if not failing:
                _log.warning("%s: %s", failed, error)
            failing = True
        await asyncio.sleep(LOOK_EVERY)
