"""``make cluster``: starts a real Temporal cluster on this machine, and tests Baton on it."""

from __future__ import annotations

import asyncio
import signal
import sys
from collections.abc import Awaitable, Callable, Sequence
from contextlib import suppress
from functools import partial
from typing import Any, Protocol

import click

from baton.errors import BatonError
from baton.settings import CHECKOUT
from lab.cluster.hosts import FIRST_PORT, hosts
from lab.cluster.load import Size, play_beside, play_load
from lab.cluster.programs import build, built, cache, postgresql, version
from lab.cluster.running import Cluster
from lab.cluster.suite import run_tests
from local.machine import StackFailed


class Play(Protocol):
    """Something to do on a cluster; returns 0 if all went well."""

    def __call__(self, cluster: Cluster, *, say: Callable[[str], None]) -> Awaitable[int]:
        """Do it."""


LOGS = CHECKOUT / ".baton/cluster-logs"


@click.command()
@click.option("--keep", is_flag=True, help="Play nothing: start the cluster, and run until Ctrl-C.")
@click.option("--tests/--no-tests", default=True, help="Whether the end-to-end tests are run on it.")
@click.option("--load/--no-load", default=True, help="Whether it is killed under load.")
@click.option("--dev-server", is_flag=True, help="Measure the load on the development server, too.")
@click.option("--clients", type=click.IntRange(1, 500), default=12, show_default=True, help="Of the load.")
@click.option(
    "--seconds",
    type=click.IntRange(2, 600),
    default=12,
    show_default=True,
    help="Of the load before the first kill; each of the three is dead for so long, and back for so long.",
)
@click.option("--port", type=click.IntRange(1024, 32000), default=FIRST_PORT, show_default=True)
@click.option("--if-possible", is_flag=True, help="Where something is missing, say what, and be content.")
def main(
    keep: bool,
    tests: bool,
    load: bool,
    dev_server: bool,
    clients: int,
    seconds: int,
    port: int,
    if_possible: bool,
) -> None:
    """Build Temporal's server, start it as a cluster with Baton on it, and play tests and kills there.

    Needs Go and PostgreSQL's server. See docs/cluster.md.
    """
    size = Size(clients, seconds)
    plays: list[Play] = [run_tests] if tests else []
    if load:
        plays.append(partial(play_load, size=size))
    if dev_server:
        plays.append(partial(play_beside, size=size))
    if if_possible and (missing := _missing()):
        click.echo(f"The cluster was NOT played here: {missing} To play it: make cluster")
        return
    try:
        sys.exit(asyncio.run(_until_stopped(_play(port, [] if keep else plays))))
    except BatonError as error:
        click.echo(f"cluster: {error}", err=True)
        sys.exit(1)


def _missing() -> str:
    """What would have to be built or installed first; empty if nothing. A build takes many minutes."""
    if built(cache()) is None:
        return f"Temporal {version()} was not built on this machine, which needs Go and some minutes."
    try:
        postgresql()
    except StackFailed as missing:
        return str(missing)
    return ""


async def _play(port: int, plays: Sequence[Play]) -> int:
    """Play one after the other on a cluster; without any, let it run. Returns 0 if all went well."""
    postgresql()  # check now; otherwise a missing one would be noticed only after the build
    programs = await build(cache(), click.echo)
    async with Cluster(LOGS, programs, first_port=port, say=click.echo) as cluster:
        _introduce(cluster, port)
        if not plays:
            click.echo("ready; Ctrl-C stops everything")
            await cluster.broken
        status = 0
        for play in plays:
            status = await _unless_broken(cluster, play(cluster, say=click.echo)) or status
    click.echo("cluster: passed" if status == 0 else "cluster: FAILED")
    return status


def _introduce(cluster: Cluster, port: int) -> None:
    click.echo("")
    click.echo(f"Temporal     {cluster.address}, namespace {cluster.namespace} (balances the frontends)")
    for host in hosts(port):
        click.echo(f"  {host.name:<12}127.0.0.1:{host.port}")
    click.echo(f"Help desk    {cluster.settings.database_shown}")
    click.echo(f"Logs         {LOGS.relative_to(CHECKOUT)}")
    click.echo("")


async def _unless_broken(cluster: Cluster, played: Awaitable[int]) -> int:
    """The result of the plays, or the failure of a process that ended by itself meanwhile."""
    playing = asyncio.ensure_future(played)
    try:
        both: set[asyncio.Future[Any]] = {playing, cluster.broken}
        await asyncio.wait(both, return_when=asyncio.FIRST_COMPLETED)
        if cluster.broken.done():
            cluster.broken.result()
        return playing.result()
    finally:
        playing.cancel()
        await asyncio.gather(playing, return_exceptions=True)


async def _until_stopped(played: Awaitable[int]) -> int:
    """The result of the plays; or 130 after Ctrl-C, once everything has been stopped."""
    playing = asyncio.ensure_future(played)

    def stop() -> None:
        # Once: a second signal must not interrupt the stopping itself, which is bounded.
        if not playing.cancelling():
            click.echo("stopping …")
            playing.cancel()

    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        asyncio.get_running_loop().add_signal_handler(number, stop)
    with suppress(asyncio.CancelledError):
        return await playing
    click.echo("stopped")
    return 130


if __name__ == "__main__":
    main()
