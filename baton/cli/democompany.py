"""The companies in which ``baton demo`` plays: workers of its own, each with its help desk and its rules.

A rule set belongs to a worker. So there is one company with all rules of the shipped file, and one for each
rule that is switched off. They share a Temporal: the one that runs already, or one that is started for them.
"""

from __future__ import annotations

import asyncio
import json
import os
from collections.abc import AsyncIterator, Callable, Iterable, Mapping
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, NoReturn

from temporalio.client import Client
from temporalio.envconfig import ClientConfig

from baton.cli.child import Child
from baton.cli.demoplay import IDLE_CHANNEL, IDLE_SECONDS
from baton.cli.machine import StackFailed, free_port, worker_command
from baton.cli.stack import NAMESPACE, READY_LINE, START_SECONDS, WORKER_EXTRA_SECONDS, Stack
from baton.client import connect
from baton.errors import BatonError, ConnectionFailed
from baton.plugin import BatonPlugin
from baton.rules.language import RuleList
from baton.rules.loading import load_rules
from baton.settings import CHECKOUT, PREFIX, Settings, load_settings
from baton.yamlfile import read_yaml

SHIPPED_RULES = CHECKOUT / "deploy/rules/support-lines.yaml"
SHIPPED_DIRECTORY = CHECKOUT / "deploy/directory/demo.yaml"
CONNECT_SECONDS = 5.0
STOP_SECONDS = 1.0


@dataclass(frozen=True)
class Company:
    """A worker with a help desk of its own, and the rule that is switched off there, if any."""

    without: str | None
    settings: Settings

    @property
    def name(self) -> str:
        return f"worker without the rule {self.without}" if self.without else "worker with all rules"


@dataclass(frozen=True)
class Stage:
    """Everything that is needed to play."""

    client: Client
    address: str
    own: Stack | None
    """The Temporal that was started for the demo, if none was running."""
    companies: tuple[Company, ...]
    workers: tuple[Worker, ...]

    async def watch(self) -> NoReturn:
        """Wait until something of it ends by itself. Raises ``StackFailed``, with the last that it wrote."""
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
    """A company with all rules and one without each of ``rules``, for the time of the block.

    Args:
        run: what makes the task queues unique.
        say: called with what is being started.

    Raises:
        StackFailed: something did not start.
    """
    command = worker_command()
    async with AsyncExitStack() as exits:
        folder = Path(exits.enter_context(TemporaryDirectory(prefix="baton-demo-")))
        companies = tuple(_companies(folder, run, rules))
        to_start = companies
        client, own, address = await _running_temporal(), None, _configured_address()
        environment = _environment_without(PREFIX)
        if client is None:
            say(f"Nothing answers at {address}: starting a Temporal for the demo …")
            # A stack is complete: its worker is the company with all rules.
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
        yield Stage(client, address, own, companies, workers)


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
    return await Client.connect(stack.address, namespace=NAMESPACE, plugins=[BatonPlugin()])


def _environment_without(*prefixes: str) -> dict[str, str]:
    return {name: value for name, value in os.environ.items() if not name.startswith(prefixes)}


# --- Companies ----------------------------------------------------------------------------------


def _companies(folder: Path, run: str, rules: Iterable[str]) -> Iterable[Company]:
    ports = {"temporal_port": free_port(), "ui_port": free_port()}
    for without in (None, *rules):
        name = f"without-{without}" if without else "with"
        place = folder / name
        place.mkdir()
        rules_file = place / "rules.yaml"
        rules_file.write_text(rules_without(without), encoding="utf-8")
        # Whatever the environment says: the table of situations holds for these settings.
        yield Company(
            without,
            load_settings(
                **ports,
                data_dir=place,
                database_url=f"sqlite:///{place}/baton.db",
                rules_file=rules_file,
                directory_file=SHIPPED_DIRECTORY,
                task_queue=f"{task_queues(run)}-{name}",
                worker_processes=1,
                idle_minutes=10,
                idle_minutes_by_channel={IDLE_CHANNEL: IDLE_SECONDS / 60},
                shutdown_grace_seconds=STOP_SECONDS,
                log_level="WARNING",
            ),
        )


def task_queues(run: str) -> str:
    """How the task queues of a run begin."""
    return f"baton-demo-{run}"


def rule_names() -> dict[str, str]:
    """The sentence that each of the shipped rules has for a name."""
    rules = load_rules(SHIPPED_RULES, None)
    return {rule.id: rule.name for kind in RuleList for rule in rules.rules(kind)}


def rules_without(rule: str | None) -> str:
    """The shipped rules, as a document in which one of them is switched off.

    Raises ``BatonError`` if there is no such rule, and ``DocumentError`` if the file cannot be read.
    """
    document: Any = read_yaml(SHIPPED_RULES).data
    if rule is not None:
        listed = [item for part in document.values() if isinstance(part, list) for item in part]
        found = [item for item in listed if item.get("id") == rule]
        if not found:
            raise BatonError(f"There is no rule {rule} in {SHIPPED_RULES}: the demo plays the shipped rules.")
        found[0]["enabled"] = False
    return json.dumps(document, ensure_ascii=False, indent=2)  # JSON is YAML, too


# --- Workers ------------------------------------------------------------------------------------


class Worker:
    """The worker process of one company."""

    def __init__(self, company: Company) -> None:
        self._company = company
        self._ready = asyncio.Event()
        self._child: Child | None = None

    async def start(self, command: Iterable[str], environment: Mapping[str, str]) -> None:
        """Start it, and wait until it is ready. Raises ``StackFailed``."""
        settings = self._company.settings
        child = self._child = await Child.start(
            self._company.name,
            [*command],
            environment={**environment, **settings.as_environment(), "PYTHONUNBUFFERED": "1"},
            folder=CHECKOUT,
            log=settings.data_dir / "worker.log",
            on_line=self._hear,
        )
        ready = asyncio.create_task(self._ready.wait())
        try:
            await asyncio.wait(
                {ready, child.ended}, timeout=START_SECONDS, return_when=asyncio.FIRST_COMPLETED
            )
            if child.ended.done():
                raise self._failure(child, "ended while it was starting")
            if not ready.done():
                raise self._failure(child, f"was not ready after {START_SECONDS:.0f} s")
        finally:
            ready.cancel()

    async def watch(self) -> NoReturn:
        """Wait until it ends by itself. Raises ``StackFailed``, with the last lines that it wrote."""
        assert self._child is not None
        await asyncio.wait({self._child.ended})
        raise self._failure(self._child, "ended by itself")

    async def stop(self) -> None:
        if self._child is not None:
            await self._child.stop(STOP_SECONDS + WORKER_EXTRA_SECONDS)

    def _hear(self, line: str) -> None:
        if line.strip() == READY_LINE:
            self._ready.set()

    def _failure(self, child: Child, what: str) -> StackFailed:
        code = f", exit code {child.ended.result()}" if child.ended.done() else ""
        tail = "\n".join(f"    {line}" for line in child.tail) or "    (nothing)"
        return StackFailed(f"The {child.name} {what}{code}. The last that it wrote:\n{tail}")


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
