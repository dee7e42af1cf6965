"""How many cases are lost, as a metric that is updated while a worker runs."""

from __future__ import annotations

from temporalio.client import Client
from temporalio.common import MetricMeter

from activities.looking import keep_looking
from activities.reviving import look
from baton.temporal import metrics
from helpdesks.base import Ledger

DAYS = 30


async def count_lost(client: Client, desk: Ledger, task_queue: str, meter: MetricMeter) -> None:
    """Show how many cases are lost, until cancelled: see `activities.looking`.

    A look that fails leaves the number as it was.
    """
    fine: frozenset[str] = frozenset()

    async def count() -> None:
        nonlocal fine
        found = await look(client, desk, task_queue, DAYS, fine)
        fine = found.fine
        metrics.LOST_CASES.set(meter, len(found.lost))

    failed = "cannot look for lost cases, baton_lost_cases stays as it was"
    await keep_looking(count, meter, of="lost_cases", failed=failed)
