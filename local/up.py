"""``baton up``: a complete Baton on this machine, until Ctrl-C."""

from __future__ import annotations

import asyncio
import signal
from contextlib import suppress
from pathlib import Path

import click

from baton.cli.screen import echo
from baton.settings import Settings, load_settings
from local.entry import entry_links
from local.stack import NAMESPACE, Stack

STOP_SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


@click.command("up")
@click.option(
    "--data-dir", type=click.Path(path_type=Path, file_okay=False), help="Folder for databases and logs."
)
@click.option("--port", type=int, help="Temporal's port. The default is 7233.")
@click.option("--ui-port", type=int, help="The Web UI's port. The default is 8233.")
@click.option("--gateway-port", type=int, help="The gateway's port. The default is 8234.")
@click.option("--processes", type=int, help="Worker processes; 0 means one for each core. The default is 1.")
def command(
    data_dir: Path | None,
    port: int | None,
    ui_port: int | None,
    gateway_port: int | None,
    processes: int | None,
) -> None:
    """Start Temporal's development server, Baton's worker and its gateway; Ctrl-C stops them.

    Cases are kept in the data folder, .baton unless another is named: the next start goes on with them. Other
    settings are environment variables, BATON_... (see baton/settings.py).
    """
    settings = load_settings(
        data_dir=data_dir,
        temporal_port=port,
        ui_port=ui_port,
        gateway_port=gateway_port,
        worker_processes=processes,
    )
    asyncio.run(_until_stopped(settings))


async def _until_stopped(settings: Settings) -> None:
    running = asyncio.create_task(_run(settings))

    def stop() -> None:
        # Only once: a second signal must not interrupt the stopping itself, which has a time limit.
        if not running.cancelling():
            running.cancel()
            _say("stopping …")

    for number in STOP_SIGNALS:
        asyncio.get_running_loop().add_signal_handler(number, stop)
    with suppress(asyncio.CancelledError):
        await running
    _say("stopped")


async def _run(settings: Settings) -> None:
    async with Stack(settings, say=_say) as stack:
        _say("")
        _say(f"Temporal     {stack.address}, namespace {NAMESPACE}")
        _say(f"Web UI       {stack.ui_url}")
        _say(f"Console      {settings.console_url}")
        _say(f"HTTP API     {stack.gateway_url}/v1; `baton api-key new` makes a key for it")
        if stack.codec_url:
            _say(f"Codec server {stack.codec_url}, its token is in {_short(settings.gateway_token_file)}")
        _say(f"Data folder  {_short(settings.data_dir)}")
        _say(f"Help desk    {_short_url(settings)}")
        async with entry_links(settings, stack.address) as links:
            if links:
                _say("")
                _say("Log in to the console as one of the demo's people, side by side in one browser:")
            for link in links:
                _say(f"  {link}")
            _say("")
            _say("ready")
            await stack.watch()


def _say(line: str) -> None:
    # The reader may go away (a closed terminal, `baton up | head`); the stack is still stopped in order.
    with suppress(OSError):
        echo(line)


def _short(path: Path) -> str:
    """The path relative to the current folder, if it is inside: it has to fit into a line."""
    return str(path.relative_to(Path.cwd())) if path.is_relative_to(Path.cwd()) else str(path)


def _short_url(settings: Settings) -> str:
    scheme, _, rest = settings.database_shown.partition(":///")
    return f"{scheme} {_short(Path(rest))}" if rest else settings.database_shown
