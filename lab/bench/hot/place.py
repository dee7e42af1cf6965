"""Where everything runs: a server, ledgers, and the pairs of worker and driver that are measured there."""

from __future__ import annotations

import os
import sys
import tempfile
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from pathlib import Path
from types import MappingProxyType
from typing import NamedTuple

from baton.settings import CHECKOUT
from baton.temporal.keys import key_line, new_key
from lab.bench.hot import company
from lab.bench.hot.filled import fill
from lab.bench.hot.programs import Program, running
from lab.postgres import fresh_database, running_postgresql
from lab.processes import children, processor_seconds
from lab.server import plain_server

DRIVER, REPLAYER = (Path(__file__).with_name(name) for name in ("driver.py", "replayer.py"))
CACHED = 10_000
"""``max_cached_workflows`` of the workers: nothing is evicted while it is measured."""


class Build(NamedTuple):
    """A checkout of Baton, and the Python that has what it needs."""

    name: str
    folder: Path
    python: Path


OWN = Build("Baton", CHECKOUT, Path(sys.executable))


def build_beside(folder: Path) -> Build:
    """Another checkout, with which this one is compared. Raises ``ValueError`` if it cannot run."""
    found = Build("before", folder.absolute(), folder.absolute() / ".venv/bin/python")
    for needed in (found.folder / "worker.py", found.python):
        if not needed.exists():
            raise ValueError(f"{needed} is not there: give a checkout of Baton in which `make` was run")
    return found


class Pair(NamedTuple):
    """A worker, and the driver whose messages it handles."""

    worker: Program
    driver: Program


class Place:
    """A server, and what is started beside it. Made by `open_place`."""

    def __init__(self, stack: AsyncExitStack, folder: Path, address: str, server: int) -> None:
        self._stack = stack
        self._folder = folder
        self._address = {"TEMPORAL_ADDRESS": address, "TEMPORAL_CONFIG_FILE": os.devnull}
        self._server = server
        self._postgresql: int | None = None
        self._numbers = 0

    def processor(self) -> Mapping[str, float]:
        """Seconds of processor time that the server has used, and PostgreSQL if there is one."""
        pids = {"server": self._server, "ledger": self._postgresql}
        return {name: processor_seconds(pid) for name, pid in pids.items() if pid is not None}

    def sqlite(self) -> str:
        """The URL of a new file."""
        return f"sqlite:///{self._new_folder()}/ledger.db"

    def filled(self, members: int, chats: int) -> str:
        """The URL of a new file that is full already: see `lab.bench.hot.filled`."""
        file = self._new_folder() / "ledger.db"
        fill(file, members, chats)
        return f"sqlite:///{file}"

    def postgresql(self) -> PostgreSQLPlaces:
        """A PostgreSQL, which runs as long as this place."""
        server = self._stack.enter_context(running_postgresql())
        self._postgresql = server.pid
        return PostgreSQLPlaces(server.url)

    def keys(self) -> dict[str, str]:
        """The settings with which payloads are encrypted, as environment variables."""
        file = self._new_folder() / "keys"
        file.write_text(key_line("bench", new_key()), encoding="utf-8")
        return {"BATON_ENCRYPTION_KEYS_FILE": str(file)}

    async def floor(self, url: str) -> Pair:
        """The stock SDK, with its rows in the database at ``url``."""
        folder = self._new_folder()
        queue = folder.name
        command = [sys.executable, "-m", "lab.bench.floors.worker", queue, url]
        worker = await self._started("the floor's worker", command, CHECKOUT, folder, {})
        return Pair(worker, await self._alone(DRIVER, ["bare", queue], OWN, folder))

    async def baton(
        self,
        build: Build,
        url: str,
        settings: Mapping[str, str] = MappingProxyType({}),
        *,
        members: int = 5,
        workers: int = 1,
        present: bool = False,
    ) -> Pair:
        """Baton as users start it, with everybody online.

        Args:
            url: the database of the ledger.
            settings: further environment variables.
            members: people in each of the two lines.
            workers: processes of the worker.
            present: whether the ledger has everybody's presence already.
        """
        folder = self._new_folder()
        queue = folder.name
        environment = {
            "BATON_DATA_DIR": str(folder),
            "BATON_DATABASE_URL": url,
            "BATON_TASK_QUEUE": queue,
            "BATON_MAX_CACHED_WORKFLOWS": str(CACHED),
            "BATON_WORKER_PROCESSES": str(workers),
            **company.written(folder, members),
            **settings,
        }
        command = [str(build.python), "worker.py"]
        worker = await self._started(f"{build.name}'s worker", command, build.folder, folder, environment)
        driver = await self._alone(DRIVER, ["baton", queue], build, folder, settings)
        if not present:
            await driver.ask("online", staff=company.people(members))
        return Pair(worker, driver)

    async def replayer(self, kind: str, build: Build) -> Program:
        """What replays histories, ``bare`` ones or ``baton``'s: see `lab.bench.hot.replayer`."""
        return await self._alone(REPLAYER, [kind], build, self._new_folder())

    async def _started(
        self,
        name: str,
        command: Sequence[str],
        checkout: Path,
        folder: Path,
        environment: Mapping[str, str],
    ) -> Program:
        program = running(
            name,
            command,
            folder=checkout,
            environment={**self._address, **environment},
            log=folder / "worker.log",
        )
        worker = await self._stack.enter_async_context(program)
        await worker.says("worker ready")
        return worker

    async def _alone(
        self,
        script: Path,
        arguments: Sequence[str],
        build: Build,
        folder: Path,
        settings: Mapping[str, str] = MappingProxyType({}),
    ) -> Program:
        program = running(
            f"{build.name}'s {script.stem}",
            # -P: what lies beside the script is not on its path.
            [str(build.python), "-P", str(script), *arguments],
            folder=build.folder,
            environment={**self._address, **settings},
            log=folder / f"{script.stem}.log",
        )
        return await self._stack.enter_async_context(program)

    def _new_folder(self) -> Path:
        self._numbers += 1
        folder = self._folder / f"hot-{self._numbers}"
        folder.mkdir()
        return folder


class PostgreSQLPlaces(NamedTuple):
    """Ledgers on one PostgreSQL server."""

    server: str

    async def new(self) -> str:
        """The URL of an empty one."""
        return await fresh_database(self.server)


@asynccontextmanager
async def open_place(*, on_file: bool = False) -> AsyncIterator[Place]:
    """A place whose server keeps everything in memory, or on a file. All that it started ends with it."""
    async with AsyncExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="baton-hot-")))
        before = set(children(os.getpid()))
        server = await stack.enter_async_context(plain_server(folder / "temporal.db" if on_file else None))
        (process,) = set(children(os.getpid())) - before
        yield Place(stack, folder, server.client.service_client.config.target_host, process)
