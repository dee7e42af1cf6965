"""Where ``baton demo`` plays: a Temporal, and on it a worker for each company.

The companies share a Temporal: one that is already running, or one that is started for them and stopped
afterwards.
"""

from __future__ import annotations

import asyncio
import os
from collections.abc import AsyncIterator, Callable, Iterable, Mapping
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import NoReturn

from temporalio.client import Client
from temporalio.envconfig import ClientConfig

from baton.client import connect, plugin_for
from baton.errors import ConnectionFailed
from baton.settings import PREFIX, load_settings
from local.demo.company import Company, companies_for
from local.demo.skip import skips_time
from local.demo.worker import Worker
from local.machine import worker_command
from local.stack import NAMESPACE, Stack

CONNECT_SECONDS = 5.0


@dataclass(frozen=True)
class Stage:
    """Everything that playing needs."""

    client: Client
    address: str
    own: Stack | None
    """The Temporal that was started for the demo, if none was running."""
    skips_time: bool
    """Whether that Temporal can skip time."""
    companies: tuple[Company, ...]
    workers: tuple[Worker, ...]

    async def watch(self) -> NoReturn:
        """Wait until one of its processes ends by itself. Raises ``StackFailed``, with its last lines."""
        watching = [asyncio.ensure_future(worker.watch()) for worker in self.workers]
        if self.own is not None:
            watching.append(asyncio.ensure_future(self.own.watch()))
        try:
            done, _ = await asyncio.wait(watching, return_when=asyncio.FIRST_COMPLETED)
            done.pop().result()
        finally:
            for task in watching:
                task.cancel()
        raise AssertionError("what watches a process only ends with an error")


@asynccontextmanager
async def open_stage(run: str, rules: Iterable[str], say: Callable[[str], None]) -> AsyncIterator[Stage]:
    """A company with all rules and one without each of ``rules``, for the duration of the block.

    Args:
        run: makes the task queues unique.
        say: called with what is being started.

    Raises:
        StackFailed: something did not start.
    """
    command = worker_command()
    async with AsyncExitStack() as exits:
        folder = Path(exits.enter_context(TemporaryDirectory(prefix="baton-demo-")))
        companies = tuple(companies_for(run, rules, folder))
        to_start = companies
        client, own, address = await _running_temporal(), None, _configured_address()
        environment = _environment_without(PREFIX)
        if client is None:
            say(f"Nothing answers at {address}: starting a Temporal for the demo …")
            # The stack includes a worker: it is the company with all rules.
            own = await exits.enter_async_context(Stack(companies[0].settings))
            client, address = await _client_of(own), own.address
            to_start = companies[1:]
            environment = _environment_without(PREFIX, "TEMPORAL_") | {
                "TEMPORAL_ADDRESS": own.address,
                "TEMPORAL_NAMESPACE": NAMESPACE,
                "TEMPORAL_CONFIG_FILE": os.devnull,
            }
        else:
            say(f"Playing on the Temporal at {address}.")
        say(f"Starting {len(to_start)} workers, each with other rules …")
        workers = tuple(Worker(company) for company in to_start)
        exits.push_async_callback(_stop, workers)
        await _start(workers, command, environment)
        yield Stage(client, address, own, await skips_time(client), companies, workers)


# --- Temporal -----------------------------------------------------------------------------------


async def _running_temporal() -> Client | None:
    """A client of the Temporal that the environment names, if one answers there."""
    try:
        async with asyncio.timeout(CONNECT_SECONDS):
            return await connect()
    except (ConnectionFailed, TimeoutError):
        return None


def _configured_address() -> str:
    return ClientConfig.load_client_connect_config().get("target_host") or "localhost:7233"


async def _client_of(stack: Stack) -> Client:
    plugin = plugin_for(load_settings())  # the workers have the same keys
    return await Client.connect(stack.address, namespace=NAMESPACE, plugins=[plugin])


def _environment_without(*prefixes: str) -> dict[str, str]:
    return {name: value for name, value in os.environ.items() if not name.startswith(prefixes)}


async def _start(workers: Iterable[Worker], command: Iterable[str], environment: Mapping[str, str]) -> None:
    starting = [asyncio.create_task(worker.start(command, environment)) for worker in workers]
    try:
        await asyncio.gather(*starting)
    finally:
        for task in starting:
            task.cancel()
        await asyncio.gather(*starting, return_exceptions=True)


async def _stop(workers: Iterable[Worker]) -> None:
    await asyncio.gather(*(worker.stop() for worker in workers))
