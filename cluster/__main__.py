"""``make cluster``: a real Temporal cluster on this machine, and Baton put to the proof on it."""

from __future__ import annotations

import asyncio
import signal
import sys
from collections.abc import Awaitable
from contextlib import suppress
from pathlib import Path
from typing import Any

import click

from baton.errors import BatonError
from baton.settings import CHECKOUT
from cluster.load import Size, play_load
from cluster.programs import build
from cluster.running import FIRST_PORT, Cluster, hosts
from cluster.suite import run_tests

FOLDER = CHECKOUT / ".baton/cluster"


@click.command()
@click.option("--keep", is_flag=True, help="Play nothing: start the cluster, and run until Ctrl-C.")
@click.option("--tests/--no-tests", default=True, help="Whether the end-to-end tests are run on it.")
@click.option("--load/--no-load", default=True, help="Whether it is killed under load.")
@click.option("--clients", type=click.IntRange(1, 500), default=12, show_default=True, help="Of the load.")
@click.option(
    "--seconds",
    type=click.IntRange(2, 600),
    default=12,
    show_default=True,
    help="Of the load before the first kill; each of the three is dead for so long, and back for so long.",
)
@click.option("--port", type=click.IntRange(1024, 32000), default=FIRST_PORT, show_default=True)
@click.option(
    "--folder",
    type=click.Path(path_type=Path, file_okay=False),
    default=FOLDER,
    help="For programs and logs.",
)
def main(keep: bool, tests: bool, load: bool, clients: int, seconds: int, port: int, folder: Path) -> None:
    """Build Temporal's server, start it as a cluster with Baton on it, and play tests and kills there.

    Needs Go and PostgreSQL's server. See docs/cluster.md.
    """
    size = Size(clients, seconds) if load else None
    try:
        sys.exit(asyncio.run(_until_stopped(_play(folder.absolute(), port, keep, tests, size))))
    except BatonError as error:
        click.echo(f"cluster: {error}", err=True)
        sys.exit(1)


async def _play(folder: Path, port: int, keep: bool, tests: bool, size: Size | None) -> int:
    programs = await build(folder, click.echo)
    async with Cluster(folder / "logs", programs, first_port=port, say=click.echo) as cluster:
        _introduce(cluster, folder / "logs", port)
        if keep:
            click.echo("ready; Ctrl-C stops everything")
            await cluster.broken
        status = 0
        if tests:
            status = await _unless_broken(cluster, run_tests(cluster, click.echo)) or status
        if size is not None:
            status = await _unless_broken(cluster, play_load(cluster, size, click.echo)) or status
    click.echo("cluster: passed" if status == 0 else "cluster: FAILED")
    return status


def _introduce(cluster: Cluster, logs: Path, port: int) -> None:
    click.echo("")
    click.echo(f"Temporal     {cluster.address}, namespace {cluster.namespace} (balances the frontends)")
    for host in hosts(port):
        click.echo(f"  {host.name:<12}127.0.0.1:{host.port}")
    click.echo(f"Help desk    {cluster.settings.database_shown}")
    click.echo(f"Logs         {logs}")
    click.echo("")


async def _unless_broken(cluster: Cluster, played: Awaitable[int]) -> int:
    """What was played, or the failure of a process that ended by itself meanwhile."""
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
    """What was played; 130 after Ctrl-C, when everything has been stopped."""
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
