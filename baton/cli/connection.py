"""The connection of a command to Temporal, and what is said when it fails.

Imported when a command connects, and not before: see ``baton.cli.shared``.
"""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from temporalio.client import Client
from temporalio.service import RPCError

from baton.client import connect
from baton.settings import load_settings
from baton.temporal.failures import failure_of_operating


@asynccontextmanager
async def connected() -> AsyncIterator[tuple[Client, str]]:
    """A client, and the task queue of the workers, as the environment configures them."""
    settings = load_settings()
    task_queue = settings.task_queue
    client = await connect(settings)
    try:
        yield client, task_queue
    except RPCError as error:
        raise failure_of_operating(error) from None
