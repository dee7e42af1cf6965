"""Temporal's development server, Baton's worker and its gateway, started and stopped as one.

The order matters. The worker needs the server's search attributes from its first workflow on, and while it
stops it still reports what it has done; so the server starts first and stops last.
"""

from __future__ import annotations

import asyncio
import os
import sys
from collections.abc import Callable, Coroutine, Mapping, Sequence
from contextlib import ExitStack
from io import FileIO
from types import TracebackType
from typing import Any, NoReturn, Self

from temporalio.api.operatorservice.v1 import AddSearchAttributesRequest
from temporalio.client import Client
from temporalio.service import RPCError

from baton.company import load_company
from baton.contract import SEARCH_ATTRIBUTES
from baton.databaseurl import sqlite_file
from baton.running import RunningStack
from baton.settings import CHECKOUT, HOST, PREFIX, Settings
from baton.temporal.ending import how_ended
from baton.temporal.searchattributes import VALUE_TYPES, registered
from local.child import LAST_WORDS_SECONDS, Child, silent
from local.machine import (
    StackFailed,
    data_folder,
    environment_without,
    require_free,
    server_command,
    worker_command,
)

NAMESPACE = "default"
READY_LINE = "worker ready"
GATEWAY_READY = "gateway ready"
START_SECONDS = 60.0
"""After so many seconds it is said that something is still starting. On a busy machine it may be."""
_METRICS = f"{PREFIX}METRICS_ADDRESS"
_PANIC = 2
"""How a program in Go ends that panics. The development server does if somebody else takes one of the ports
that it has just chosen for its inner services."""
SERVER_STOP_SECONDS = 10.0
GATEWAY_STOP_SECONDS = 10.0
WORKER_EXTRA_SECONDS = 5.0
"""Extra time beyond a worker's own grace: it may use up the grace and must then close its connections."""
POLL_SECONDS = 0.1
_DYNAMIC_CONFIG = {
    # With more than the default of 10 updates in flight, the updates of one busy chat abort one another.
    "history.maxInFlightUpdates": "100",
    # Together they must fit into one message to the server, which takes 4 MB (see `MAX_EVENT_SIZE`).
    "history.maxInFlightUpdatePayloads": "3000000",
    # Lets a client skip the hours until a ticket's reminder, as `baton demo` does.
    "frontend.WorkflowTimeSkippingEnabled": "true",
}


class Stack:
    """A complete Baton on this machine, for the duration of an ``async with``.

    Its state is in ``settings.data_dir``, so the next stack with that folder goes on with the same cases.

    Args:
        settings: passed to the worker unchanged, whatever the environment says.
        worker: the worker's command, by default the checkout's ``worker.py``. It must print `READY_LINE`.
        say: called with each line that is worth showing, including those of the worker.

    Raises:
        StackFailed: on entering; a port or the folder is taken, a program is missing, a child did not start.
        DocumentError: likewise; the directory, the rules or the templates of a first start are wrong.
    """

    def __init__(
        self, settings: Settings, *, worker: Sequence[str] = (), say: Callable[[str], None] = silent
    ) -> None:
        self.address = f"{HOST}:{settings.temporal_port}"
        self.ui_url = f"http://{HOST}:{settings.ui_port}"
        encrypted = settings.encryption_keys_file is not None
        self.gateway_url = f"http://{settings.gateway_host}:{settings.gateway_port}"
        self.codec_url = f"{self.gateway_url}/codec" if encrypted else ""
        """Where the codec server is; empty if nothing is encrypted."""
        self._settings = settings
        self._worker_command = worker
        self._say = say
        self._worker_is_ready = asyncio.Event()
        self._children: list[tuple[Child, float]] = []
        self._folder = ExitStack()

    async def __aenter__(self) -> Self:
        try:
            await self._start()
        except BaseException:
            await self._stop()
            raise
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self._stop()

    async def watch(self) -> NoReturn:
        """Wait until a child ends by itself.

        Raises:
            StackFailed: says which, and shows the last lines that it wrote.
        """
        children = [child for child, _ in self._children]
        await asyncio.wait({child.ended for child in children}, return_when=asyncio.FIRST_COMPLETED)
        raise failure_of(next(child for child in children if child.ended.done()), "ended by itself")

    async def _start(self) -> None:
        # Refuse whatever can be refused before anything runs.
        settings = self._settings
        server, worker = server_command(), self._worker_command or worker_command()
        self._check_company()
        lock = self._folder.enter_context(data_folder(settings.data_dir))
        require_free(
            {
                "--port": settings.temporal_port,
                "--ui-port": settings.ui_port,
                "--gateway-port": settings.gateway_port,
            }
        )
        self._note(lock)

        self._say("Starting Temporal …")
        await self._start_server_patiently(server, lock)
        self._note(lock)
        self._say("Starting the worker …")
        await self._start_worker(worker)
        self._note(lock)
        self._say("Starting the gateway …")
        await self._start_gateway()
        self._note(lock, ready=True)

    def _check_company(self) -> None:
        """Raise ``DocumentError`` if the files of a company that begins here are wrong.

        The worker would find that, too, but only when Temporal has made its database. Where a help desk has a
        directory already, the file with another is not read, and only the worker can tell.
        """
        settings = self._settings
        database = sqlite_file(settings.database_url)
        if database is not None and not database.exists():
            load_company(settings.directory_file, settings.rules_file, settings.templates_file)

    async def _start_server_patiently(self, command: Sequence[str], lock: FileIO) -> None:
        for again in (True, True, False):
            try:
                await self._start_server(command, lock)
            except StackFailed:
                ended = self._children[-1][0].ended if self._children else None
                panicked = ended is not None and ended.done() and ended.result() == _PANIC
                if not (again and panicked):
                    raise
                self._children.pop()
                self._say("Temporal stumbled over its own start; trying once more …")
            else:
                return

    async def _start_server(self, command: Sequence[str], lock: FileIO) -> None:
        settings = self._settings
        options = {
            "ip": HOST,
            "port": settings.temporal_port,
            "ui-port": settings.ui_port,
            "db-filename": settings.data_dir / "temporal.db",
            "log-level": "error",
        }
        if self.codec_url:
            options["ui-codec-endpoint"] = self.codec_url
        server = await self._start_child(
            "Temporal server",
            [
                *command,
                "--ui-disable-news-fetch",
                *(f"--{option}={value}" for option, value in options.items()),
                *(f"--dynamic-config-value={name}={value}" for name, value in _DYNAMIC_CONFIG.items()),
                *(f"--search-attribute={name}={kind}" for name, kind in SEARCH_ATTRIBUTES.items()),
            ],
            environment_without("TEMPORAL_") | {"TEMPORAL_VERSION_CHECK_DISABLED": "1"},
            log="temporal.log",
            grace=SERVER_STOP_SECONDS,
            # If this process is killed, its server lives on and keeps the data folder locked.
            inherited=[lock.fileno()],
        )
        await until_ready(self._server_is_ready(), server, self._say)

    async def _start_worker(self, command: Sequence[str]) -> None:
        worker = await self._start_child(
            "worker",
            command,
            self._own_environment(),
            log="worker.log",
            grace=self._settings.shutdown_grace_seconds + WORKER_EXTRA_SECONDS,
            on_line=self._hear_worker,
        )
        await until_ready(self._worker_is_ready.wait(), worker, self._say)

    async def _start_gateway(self) -> None:
        ready = asyncio.Event()

        def hear(line: str) -> None:
            self._say(line)
            if line.startswith(GATEWAY_READY):
                ready.set()

        gateway = await self._start_child(
            "gateway",
            [sys.executable, "-m", "gateway"],
            # Its metrics would want the address of the worker's.
            {name: value for name, value in self._own_environment().items() if name != _METRICS},
            log="gateway.log",
            grace=GATEWAY_STOP_SECONDS,
            on_line=hear,
        )
        await until_ready(ready.wait(), gateway, self._say)

    def _own_environment(self) -> dict[str, str]:
        """The environment of a process of Baton: these settings, and this server."""
        # Nothing else from Temporal's configuration: a profile, a namespace or a key meant for another
        # server would point the worker away from this one.
        return (
            environment_without("TEMPORAL_", PREFIX)
            | self._settings.as_environment()
            | environment_at(self.address)
            | {"PYTHONUNBUFFERED": "1"}
        )

    async def _start_child(
        self,
        name: str,
        command: Sequence[str],
        environment: Mapping[str, str],
        *,
        log: str,
        grace: float,
        on_line: Callable[[str], None] | None = None,
        inherited: Sequence[int] = (),
    ) -> Child:
        """A child process; ``on_line`` hears what it writes, and shows it."""
        try:
            child = await Child.start(
                name,
                command,
                environment=environment,
                folder=CHECKOUT,
                log=self._settings.data_dir / log,
                on_line=on_line or silent,
                say=self._say,
                inherited=inherited,
            )
        except OSError as error:
            raise StackFailed(f"The {name} cannot be started ({command[0]}): {error}") from error
        child.shown = on_line is not None and self._say is not silent
        self._children.append((child, grace))
        return child

    def _note(self, lock: FileIO, *, ready: bool = False) -> None:
        processes = os.getpid(), *(child.pid for child, _ in self._children)
        RunningStack(processes=processes, address=self.address, ui=self.ui_url, ready=ready).note(lock)

    def _hear_worker(self, line: str) -> None:
        self._say(line)
        if line.strip() == READY_LINE:
            self._worker_is_ready.set()

    async def _server_is_ready(self) -> None:
        """Return when the server answers and knows the search attributes."""
        while True:
            try:
                client = await Client.connect(self.address, namespace=NAMESPACE)
                present = await registered(client)
                missing = {name: kind for name, kind in VALUE_TYPES.items() if name not in present}
                if not missing:
                    return
                # The server applies its options only when it makes a database; an older one lacks some.
                await client.operator_service.add_search_attributes(
                    AddSearchAttributesRequest(namespace=NAMESPACE, search_attributes=missing)
                )
            except (RPCError, RuntimeError):  # a connection that fails is a RuntimeError
                pass
            await asyncio.sleep(POLL_SECONDS)

    async def _stop(self) -> None:
        while self._children:
            child, grace = self._children.pop()
            if not await child.stop(grace):
                self._say(f"The {child.name} did not end within {grace:.0f} s and was killed.")
        self._folder.close()


async def until_ready(ready: Coroutine[Any, Any, object], child: Child, say: Callable[[str], None]) -> None:
    """Wait until ``ready`` returns, but only while ``child`` lives. ``say`` is told once if that takes long.

    Raises ``StackFailed``, with the last lines that the child wrote, if it ends.
    """
    waiting = asyncio.create_task(ready)
    either = {waiting, child.ended}
    try:
        done, _ = await asyncio.wait(either, timeout=START_SECONDS, return_when=asyncio.FIRST_COMPLETED)
        if not done:
            say(f"The {child.name} is still starting; Ctrl-C stops everything. The log: {child.log}")
            await asyncio.wait(either, return_when=asyncio.FIRST_COMPLETED)
        if child.ended.done():
            raise failure_of(child, "ended while it was starting")
        waiting.result()
    finally:
        waiting.cancel()


def failure_of(child: Child, what: str) -> StackFailed:
    """What happened to a child, with what it wrote at last, unless that was shown already."""
    code = f", {how_ended(child.ended.result())}" if child.ended.done() else ""
    last = child.last_words
    if not last:
        when = f"in the {LAST_WORDS_SECONDS:.0f} s before" if child.ended.done() else "at all"
        return StackFailed(f"The {child.name} {what}{code}. It wrote nothing {when}; its log: {child.log}")
    if child.shown:
        return StackFailed(f"The {child.name} {what}{code}. Its last lines are above.")
    lines = "\n".join(f"    {line}" for line in last)
    return StackFailed(f"The {child.name} {what}{code}. Its last lines:\n{lines}")


def environment_at(address: str) -> dict[str, str]:
    """How a process finds the Temporal of a stack, and no other."""
    return {
        "TEMPORAL_ADDRESS": address,
        "TEMPORAL_NAMESPACE": NAMESPACE,
        "TEMPORAL_CONFIG_FILE": os.devnull,
    }
