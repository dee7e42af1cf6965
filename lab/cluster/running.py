"""A running cluster: PostgreSQL, Temporal's services in processes of their own, and Baton's workers.

Temporal's setup is read from deploy/temporal, the same files that Compose and Kubernetes use; only the
addresses are those of this machine. Temporal's server reads its variables as in its image.
"""

from __future__ import annotations

import asyncio
import os
import pwd
import secrets
import shutil
import signal
import tempfile
from collections.abc import Callable, Mapping, Sequence
from contextlib import AsyncExitStack, suppress
from pathlib import Path
from types import TracebackType
from typing import Self

from psycopg import AsyncConnection, OperationalError

from baton.settings import CHECKOUT, HOST, PREFIX, Settings, load_settings
from lab.cluster.balancer import balancing
from lab.cluster.hosts import BATON_WORKERS, DEPLOYED, FIRST_PORT, Host, hosts, variables
from lab.cluster.programs import postgresql
from local.child import Child
from local.machine import StackFailed, require_free, server_command, worker_command
from local.stack import (
    POLL_SECONDS,
    READY_LINE,
    SERVER_STOP_SECONDS,
    WORKER_EXTRA_SECONDS,
    failure_of,
    until_ready,
)


class Cluster:
    """A cluster with Baton on it, for the duration of an ``async with``. It begins with empty databases.

    Args:
        folder: for the logs; whatever is in it is removed first.
        programs: where Temporal's server and SQL tool are.
        first_port: it and the 70 after it are used.
        say: called with each line that is worth showing.

    Raises:
        StackFailed: on entering, if a port is taken, a program is missing, or a process did not start.
    """

    def __init__(
        self, folder: Path, programs: Path, *, first_port: int = FIRST_PORT, say: Callable[[str], None]
    ) -> None:
        self.address = f"{HOST}:{first_port}"
        """The balancer before the frontends."""
        self.namespace = variables(DEPLOYED / "namespace.env")["TEMPORAL_NAMESPACE"]
        self.broken: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        """Fails with `StackFailed` as soon as a process ends that was not stopped on purpose."""
        self.settings: Settings
        """Those of Baton's workers."""
        self._folder = folder
        self._programs = programs
        self._first_port = first_port
        self._say = say
        self._password = secrets.token_urlsafe(16)
        self._hosts = {host.name: host for host in hosts(first_port)}
        self._children: dict[str, tuple[Child, float]] = {}
        self._place = AsyncExitStack()

    @property
    def database_port(self) -> int:
        """PostgreSQL's."""
        return self._first_port + 1

    @property
    def database_url(self) -> str:
        """PostgreSQL's administrator, and the database that is always there."""
        return self._url("postgres", "postgres")

    async def __aenter__(self) -> Self:
        try:
            await self._start_all()
        except BaseException:
            await self._stop_all()
            raise
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self._stop_all()

    async def kill(self, name: str) -> None:
        """Kill a process (-9), like a power failure of its machine."""
        child, _ = self._children.pop(name)
        os.killpg(child.pid, signal.SIGKILL)
        await asyncio.wait({child.ended})

    async def start(self, name: str) -> None:
        """Start a host of Temporal, or a worker of Baton, and wait until it is ready.

        Raises:
            StackFailed: it ended, or was not ready in time.
        """
        if name in BATON_WORKERS:
            await self._start_worker(name)
        else:
            await self._start_host(self._hosts[name])

    async def new_database(self, name: str) -> str:
        """The URL of a new database, whose owner has the same name."""
        async with await AsyncConnection.connect(self.database_url, autocommit=True) as connection:
            await connection.execute(f"CREATE ROLE {name} LOGIN PASSWORD '{self._password}'".encode())
            await connection.execute(f"CREATE DATABASE {name} OWNER {name}".encode())
        return self._url(name, name)

    def environment_of(self, host: Host) -> dict[str, str]:
        """What Temporal's server reads for this host."""
        frontend = f"{HOST}:{self._hosts['frontend-1'].port + 2}"
        service = {"frontend": "FRONTEND", "history": "HISTORY", "matching": "MATCHING", "worker": "WORKER"}
        own = service[host.service]
        return variables(DEPLOYED / "cluster.env") | {
            "POSTGRES_SEEDS": HOST,
            "DB_PORT": str(self.database_port),
            "POSTGRES_USER": "postgres",
            "POSTGRES_PWD": self._password,
            "DYNAMIC_CONFIG_FILE_PATH": str(DEPLOYED / "dynamicconfig.yaml"),
            "BIND_ON_IP": HOST,
            "CLUSTER_RPC_ADDRESS": self.address,
            "CLUSTER_HTTP_ADDRESS": frontend,
            "TEMPORAL_SERVICES": host.service,
            f"{own}_GRPC_PORT": str(host.port),
            f"{own}_MEMBERSHIP_PORT": str(host.port + 1),
            f"{own}_HTTP_PORT": str(host.port + 2),
            "LOG_LEVEL": "warn",
            "PATH": os.environ["PATH"],
        }

    # --- Starting -------------------------------------------------------------------------------------

    async def _start_all(self) -> None:
        # Refuse what can be refused before anything runs.
        server, programs = server_command(), postgresql()
        ports = [self._first_port, self.database_port]
        ports += [host.port + number for host in self._hosts.values() for number in range(3)]
        for port in ports:
            require_free({"--port": port})
        shutil.rmtree(self._folder, ignore_errors=True)
        self._folder.mkdir(parents=True)

        self._say("Starting PostgreSQL …")
        await self._start_postgresql(programs)
        self._say("Making Temporal's tables …")
        await self._make_tables()
        for host in self._hosts.values():
            self._say(f"Starting {host.name} …")
            await self._start_host(host)
        frontends = [host.port for host in self._hosts.values() if host.service == "frontend"]
        await self._place.enter_async_context(balancing(self._first_port, frontends))
        self._say("Making the namespace and its search attributes …")
        await self._make_namespace(Path(server[0]).parent)
        for name in BATON_WORKERS:
            self._say(f"Starting Baton's {name} …")
            await self._start_worker(name)

    async def _start_postgresql(self, programs: Path) -> None:
        # Not in the folder of the logs: another user must be able to get there, see `_as_somebody`.
        place = Path(tempfile.mkdtemp(prefix="baton-cluster-"))
        self._place.callback(shutil.rmtree, place, ignore_errors=True)
        password, data = place / "password", place / "data"
        password.write_text(self._password, encoding="utf-8")
        prefix = _as_somebody(place, password)
        await self._run(
            "initdb",
            [
                *(*prefix, str(programs / "initdb"), f"--pgdata={data}", f"--pwfile={password}"),
                *("--username=postgres", "--auth=scram-sha-256", "--encoding=UTF8", "--no-locale"),
            ],
            {"PATH": os.environ["PATH"]},
        )
        options = {
            "port": self.database_port,
            "listen_addresses": HOST,
            "unix_socket_directories": "",
            "max_connections": 300,  # as in Compose: pools of every process
        }
        command = [*prefix, str(programs / "postgres"), "-D", str(data)]
        for name, value in options.items():
            command += ["-c", f"{name}={value}"]
        server = await self._start_child(
            "postgresql", command, {"PATH": os.environ["PATH"]}, grace=SERVER_STOP_SECONDS
        )
        await until_ready(self._answers(), server, self._say)
        self.settings = load_settings(
            data_dir=self._folder / "baton", database_url=await self.new_database("baton"), worker_processes=1
        )

    async def _answers(self) -> None:
        while True:
            with suppress(OperationalError):
                await (await AsyncConnection.connect(self.database_url)).close()
                return
            await asyncio.sleep(POLL_SECONDS)

    async def _make_tables(self) -> None:
        environment = variables(DEPLOYED / "cluster.env") | {
            "SQL_HOST": HOST,
            "SQL_PORT": str(self.database_port),
            "SQL_USER": "postgres",
            "SQL_PASSWORD": self._password,
            "PATH": f"{self._programs}:{os.environ['PATH']}",
        }
        await self._run("schema", ["sh", str(DEPLOYED / "schema.sh")], environment)

    async def _make_namespace(self, tools: Path) -> None:
        environment = variables(DEPLOYED / "namespace.env") | {
            "TEMPORAL_ADDRESS": self.address,
            "TEMPORAL_CONFIG_FILE": os.devnull,
            "PATH": f"{tools}:{os.environ['PATH']}",
        }
        await self._run("namespace", ["sh", str(DEPLOYED / "namespace.sh")], environment)

    async def _start_host(self, host: Host) -> None:
        child = await self._start_child(
            host.name,
            [str(self._programs / "temporal-server"), "--allow-no-auth", "start"],
            self.environment_of(host),
            grace=SERVER_STOP_SECONDS,
        )
        await until_ready(_listens(host.port), child, self._say)

    async def _start_worker(self, name: str) -> None:
        ready = asyncio.Event()

        def hear(line: str) -> None:
            if line.strip() == READY_LINE:
                ready.set()

        settings = self.settings
        child = await self._start_child(
            name,
            worker_command(),
            {key: value for key, value in os.environ.items() if not key.startswith(("TEMPORAL_", PREFIX))}
            | settings.as_environment()
            | {
                "TEMPORAL_ADDRESS": self.address,
                "TEMPORAL_NAMESPACE": self.namespace,
                "TEMPORAL_CONFIG_FILE": os.devnull,
                "PYTHONUNBUFFERED": "1",
            },
            grace=settings.shutdown_grace_seconds + WORKER_EXTRA_SECONDS,
            on_line=hear,
        )
        await until_ready(ready.wait(), child, self._say)

    async def _start_child(
        self,
        name: str,
        command: Sequence[str],
        environment: Mapping[str, str],
        *,
        grace: float,
        on_line: Callable[[str], None] = lambda _: None,
    ) -> Child:
        log = self._folder / f"{name}.log"
        if log.exists():  # the log of the process that was killed
            log.rename(self._folder / f"{name}.killed.log")
        try:
            child = await Child.start(
                name,
                command,
                environment=environment,
                folder=CHECKOUT,
                log=log,
                on_line=on_line,
                say=self._say,
            )
        except OSError as error:
            raise StackFailed(f"The {name} cannot be started ({command[0]}): {error}") from error
        self._children[name] = child, grace

        def notice(_: object) -> None:
            if self._children.get(name, (None, 0))[0] is child and not self.broken.done():
                self.broken.set_exception(failure_of(child, "ended by itself"))

        child.ended.add_done_callback(notice)
        return child

    async def _run(self, name: str, command: Sequence[str], environment: Mapping[str, str]) -> None:
        """Run a program to its end. Raises ``StackFailed`` if it fails."""
        child = await self._start_child(name, command, environment, grace=5)
        del self._children[name]
        try:
            await asyncio.wait({child.ended})
        finally:
            await child.stop(5)
        if child.ended.result() != 0:
            raise failure_of(child, "failed")

    # --- Stopping -------------------------------------------------------------------------------------

    async def _stop_all(self) -> None:
        while self._children:
            name, (child, grace) = self._children.popitem()  # the last that was started first
            if not await child.stop(grace):
                self._say(f"{name} did not end within {grace:.0f} s and was killed.")
        await self._place.aclose()
        if self.broken.done():
            self.broken.exception()  # seen
        else:
            self.broken.cancel()

    def _url(self, user: str, database: str) -> str:
        return f"postgresql://{user}:{self._password}@{HOST}:{self.database_port}/{database}"


async def _listens(port: int) -> None:
    while True:
        with suppress(OSError):
            _, writer = await asyncio.open_connection(HOST, port)
            writer.close()
            return
        await asyncio.sleep(POLL_SECONDS)


def _as_somebody(*paths: Path) -> Sequence[str]:
    """The prefix for PostgreSQL's commands, which refuse to run as root; ``paths`` are given to its user."""
    if os.geteuid() != 0:
        return ()
    for name in ("postgres", "nobody"):
        with suppress(KeyError):
            user = pwd.getpwnam(name)
            for path in paths:
                os.chown(path, user.pw_uid, user.pw_gid)
            return ("setpriv", f"--reuid={user.pw_uid}", f"--regid={user.pw_gid}", "--clear-groups")
    raise StackFailed("PostgreSQL refuses to run as root, and there is no other user here: postgres, nobody.")
