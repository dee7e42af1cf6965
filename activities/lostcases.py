"""How many cases are lost, as a metric that is updated while a worker runs."""

from __future__ import annotations

import asyncio
import logging

from temporalio.client import Client
from temporalio.common import MetricMeter

from activities.reviving import look
from baton.temporal import metrics
from helpdesks.base import Ledger

LOOK_EVERY = 60.0
"""Seconds."""
DAYS = 30

_log = logging.getLogger("baton.worker")


async def count_lost(client: Client, desk: Ledger, task_queue: str, meter: MetricMeter) -> None:
    """Show how many cases are lost, until cancelled.

    A look that fails leaves the number as it was. The error is logged once, and again only if a look has
    succeeded in between.

    Args:
        meter: knows the namespace and the task queue.
    """
    fine: frozenset[str] = frozenset()
    failing = False
    while True:
        try:
            found = await look(client, desk, task_queue, DAYS, fine)
        except Exception as error:  # whatever Temporal or the help desk raises: the worker goes on
            if not failing:
                _log.warning("cannot look for lost cases, baton_lost_cases stays as it was: %s", error)
            failing = True
        else:
            fine, failing = found.fine, False
            metrics.LOST_CASES.set(meter, len(found.lost))
            metrics.LOOKS.count(meter, of="lost_cases")
        await asyncio.sleep(LOOK_EVERY)
