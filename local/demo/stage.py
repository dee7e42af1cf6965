"""Where ``baton demo`` plays: a Temporal, and on it a worker for each company.

The companies share a Temporal: the one that the environment names, or that of the ``baton up`` with this data
folder, whatever its port, or the one at the usual address. If none answers, one is started for them, and
stopped afterwards.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Iterable, Mapping
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import NamedTuple, NoReturn

from temporalio.client import Client
from temporalio.service import RPCError

from baton.client import connect, plugin_for
from baton.errors import ConnectionFailed
from baton.running import RunningStack, running_in
from baton.settings import PREFIX, load_settings
from baton.temporal.binding import release
from baton.temporal.environment import connect_config
from local.demo.company import Company, companies_for
from local.demo.rt import DemoRt, open_rt
from local.demo.skip import skips_time
from local.demo.worker import Worker
from local.machine import environment_without, worker_command
from local.stack import NAMESPACE, POLL_SECONDS, Stack, environment_at

CONNECT_SECONDS = 5.0


@dataclass(frozen=True)
class Stage:
    """Everything that playing needs."""

    client: Client
    address: str
    own: Stack | None
    """The Temporal that was started for the demo, if none was running."""
    ui: str | None
    """The URL of its UI, if that is known: of another Temporal, it is not."""
    skips_time: bool
    """Whether that Temporal can skip time."""
    companies: tuple[Company, ...]
    workers: tuple[Worker, ...]
    rt: DemoRt | None = None
    """The Request Tracker in which people work, if it is one."""

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
async def open_stage(
    run: str, rules: Iterable[str], say: Callable[[str], None], *, in_rt: bool = False
) -> AsyncIterator[Stage]:
    """A company with all rules and one without each of ``rules``, for the duration of the block.

    Args:
        run: makes the task queues unique.
        say: called with what is being started.
        in_rt: whether people work in a Request Tracker, each company in a queue of its own. Then Temporal is
            one of its own, too.

    Raises:
        StackFailed: something did not start.
        RtFailed: Request Tracker did not, or is not installed.
    """
    command = worker_command()
    async with AsyncExitStack() as exits:
        folder = Path(exits.enter_context(TemporaryDirectory(prefix="baton-demo-")))
        companies, rt = tuple(companies_for(run, rules, folder)), None
        if in_rt:
            say("Starting a Request Tracker …")
            queues = [company.queue_name for company in companies]
            rt = await exits.enter_async_context(open_rt(folder / "rt", queues))
            companies = tuple(
                [one.beside(await rt.queue(one.queue_name, one.settings.data_dir)) for one in companies]
            )
        to_start = companies
        # RT numbers its tickets from 1: on another Temporal somebody may have a ticket of that number.
        temporal, own = None if in_rt else await _running_temporal(say), None
        if temporal is None:
            nothing = "" if in_rt else f"Nothing answers at {_configured_address()}: "
            say(f"{nothing}{'s' if nothing else 'S'}tarting a Temporal for the demo …")
            # The stack includes a worker: it is the company with all rules.
            own = await exits.enter_async_context(Stack(companies[0].settings))
            temporal = await _of_stack(own.address, own.ui_url)
            to_start = companies[1:]
        else:
            say(f"Playing on the Temporal at {temporal.address}.")
        say(f"Starting {len(to_start)} workers, each with other rules …")
        workers = tuple(Worker(company) for company in to_start)
        if own is None:
            exits.push_async_callback(_release, temporal.client, to_start)
        exits.push_async_callback(_stop, workers)
        await _start(workers, command, temporal.environment, say)
        client = temporal.client
        skips = await skips_time(client)
        yield Stage(client, temporal.address, own, temporal.ui, skips, companies, workers, rt)


# --- Temporal -----------------------------------------------------------------------------------


class _Temporal(NamedTuple):
    """A Temporal that answers."""

    client: Client
    address: str
    ui: str | None
    environment: Mapping[str, str]
    """That of a worker there."""


async def _running_temporal(say: Callable[[str], None]) -> _Temporal | None:
    """The Temporal that the environment names, else that of the data folder, else the usual one; None if it
    does not answer.

    Raises:
        ConnectionFailed: that of the data folder does not answer.
    """
    if "target_host" not in connect_config():
        stack = await _running_stack(say)
        if stack is not None:
            return await _of_stack(stack.address, stack.ui)
    try:
        async with asyncio.timeout(CONNECT_SECONDS):
            return _Temporal(await connect(), _configured_address(), None, environment_without(PREFIX))
    except (ConnectionFailed, TimeoutError):
        return None


def _configured_address() -> str:
    return connect_config().get("target_host") or "localhost:7233"


async def _running_stack(say: Callable[[str], None]) -> RunningStack | None:
    """The stack of the data folder, once it has started."""
    folder = load_settings().data_dir
    stack = running_in(folder)
    if stack is not None and not stack.ready:
        say("Waiting for `baton up`, which is starting …")
        while stack is not None and not stack.ready:
            await asyncio.sleep(POLL_SECONDS)
            stack = running_in(folder)
    return stack


async def _of_stack(address: str, ui: str) -> _Temporal:
    """The Temporal of a stack.

    Raises:
        ConnectionFailed: it does not answer.
    """
    plugin = plugin_for(load_settings())  # the workers have the same keys
    try:
        client = await Client.connect(address, namespace=NAMESPACE, plugins=[plugin])
    except (RuntimeError, RPCError) as error:
        raise ConnectionFailed(f"The Temporal of `baton up` does not answer at {address}: {error}") from None
    environment = environment_without(PREFIX, "TEMPORAL_") | environment_at(address)
    return _Temporal(client, address, ui, environment)


async def _start(
    workers: Iterable[Worker],
    command: Iterable[str],
    environment: Mapping[str, str],
    say: Callable[[str], None],
) -> None:
    starting = [asyncio.create_task(worker.start(command, environment, say)) for worker in workers]
    try:
        await asyncio.gather(*starting)
    finally:
        for task in starting:
            task.cancel()
        await asyncio.gather(*starting, return_exceptions=True)


async def _stop(workers: Iterable[Worker]) -> None:
    await asyncio.gather(*(worker.stop() for worker in workers))


async def _release(client: Client, companies: Iterable[Company]) -> None:
    """Leave nothing in a Temporal that goes on: the databases of the demo are gone."""
    queues = [company.settings.task_queue for company in companies]
    releases = (release(client, queue) for queue in queues)
    await asyncio.gather(*releases, return_exceptions=True)  # one that has not started has bound nothing
