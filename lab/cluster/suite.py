"""Baton's end-to-end tests, run on the cluster instead of the development server."""

from __future__ import annotations

import asyncio
import os
import sys
from collections.abc import Callable

from baton.settings import CHECKOUT, PREFIX
from lab.cluster.running import Cluster

CHOSEN = (
    "tests/e2e/test_situations.py",
    "tests/e2e/test_tickets.py",
    "tests/e2e/test_kill.py",
    "tests/e2e/test_ticket_kill.py",
    "tests/e2e/test_visibility.py",
)
"""Tests of what a case does, also when a worker dies, and of Temporal's lists, which are in PostgreSQL here.
A test that needs to skip time is skipped there."""
STOP_SECONDS = 30.0


async def run_tests(cluster: Cluster, say: Callable[[str], None]) -> int:
    """Run the chosen tests; returns pytest's exit code."""
    say(f"Running {len(CHOSEN)} files of end-to-end tests on the cluster …")
    environment = {
        key: value for key, value in os.environ.items() if not key.startswith(("TEMPORAL_", PREFIX))
    }
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", *CHOSEN),
        f"--temporal={cluster.address}",
        f"--namespace={cluster.namespace}",
        f"--postgresql={cluster.database_url}",
        cwd=CHECKOUT,
        env=environment,
    )
    try:
        return await process.wait()
    finally:
        if process.returncode is None:
            process.terminate()
            try:
                await asyncio.wait_for(process.wait(), STOP_SECONDS)
            except TimeoutError:
                process.kill()
                await process.wait()
