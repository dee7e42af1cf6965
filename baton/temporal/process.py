"""How a Baton process shows that it is alive.

    python -m baton.temporal.process FILE

is for monitoring a worker, such as in a container's health check. It exits with 1 and says why if the worker
with this ``BATON_ALIVE_FILE`` is not ready, or hangs.
"""

from __future__ import annotations

import asyncio
import sys
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from pathlib import Path

from baton.errors import SettingsError

BEAT_SECONDS = 5.0
"""How often a worker touches its file."""
HANGS_AFTER_SECONDS = 30.0
"""If there is no beat for this long, something is blocking the worker's loop."""


@asynccontextmanager
async def showing_life(file: Path | None) -> AsyncIterator[None]:
    """Touch ``file`` at once and then every few seconds while the block runs; then remove it.

    The beat comes from the loop of the worker, so it stops when that hangs. It goes on while Temporal or the
    help desk is down: a restart does not help a worker that is waiting for them.

    Raises ``SettingsError`` if the file cannot be made.
    """
    if file is None:
        yield
        return
    try:
        file.touch()
    except OSError as error:
        raise SettingsError(
            f"the file {file} cannot be made ({error.strerror}). It is set by BATON_ALIVE_FILE."
        ) from None
    beating = asyncio.create_task(_beat(file))
    try:
        yield
    finally:
        beating.cancel()
        await asyncio.gather(beating, return_exceptions=True)
        with suppress(OSError):
            file.unlink(missing_ok=True)


async def _beat(file: Path) -> None:
    while True:
        await asyncio.sleep(BEAT_SECONDS)
        with suppress(OSError):  # such as a full disk: the health check notices if it lasts
            file.touch()


def tell(line: str) -> None:
    """Print a line at once, for whoever started this process. It may fail to be written: the reader may have
    gone, or the disk may be full."""
    with suppress(OSError):
        print(line, flush=True)


def trouble(file: Path) -> str:
    """What is wrong with the worker that touches ``file``; empty if nothing is."""
    try:
        silent = time.time() - file.stat().st_mtime
    except FileNotFoundError:
        return f"{file} is not there: the worker is not ready, or has another BATON_ALIVE_FILE"
    return f"no beat for {silent:.0f} s: the worker hangs" if silent > HANGS_AFTER_SECONDS else ""


if __name__ == "__main__":
    sys.exit(trouble(Path(sys.argv[1])) or None)
