"""How a process of Baton shows that it works, and how it ends.

    python -m baton.temporal.process FILE

is for whoever watches over a worker, such as a container's health check. It exits with 1 and says why if the
worker that was given this ``BATON_ALIVE_FILE`` is not ready, or hangs.
"""

from __future__ import annotations

import asyncio
import os
import sys
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from pathlib import Path
from typing import NoReturn

from baton.errors import SettingsError

BEAT_SECONDS = 5.0
"""How often a worker touches its file."""
HANGS_AFTER_SECONDS = 30.0
"""Without a beat for so long, something keeps the worker's loop from running."""


@asynccontextmanager
async def showing_life(file: Path | None) -> AsyncIterator[None]:
    """Touch ``file`` at once and every few seconds, for the time of the block; then remove it.

    The beat comes from the loop of the worker, so it stops when that hangs. It goes on while Temporal or the
    help desk is away: a worker that waits for them is not helped by a restart.

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
        with suppress(OSError):  # such as a full disk: whoever watches over the worker notices, if it lasts
            file.touch()


def tell(line: str) -> None:
    """Print a line at once, for whoever started this process. Nobody need be able to read it: they may have
    gone, and a disk may be full."""
    with suppress(OSError):
        print(line, flush=True)


def trouble(file: Path) -> str:
    """What is wrong with the worker that shows its life in ``file``; empty if nothing is."""
    try:
        silent = time.time() - file.stat().st_mtime
    except FileNotFoundError:
        return f"{file} is not there: the worker is not ready, or has another BATON_ALIVE_FILE"
    return f"no beat for {silent:.0f} s: the worker hangs" if silent > HANGS_AFTER_SECONDS else ""


def leave(code: str | int | None) -> NoReturn:
    """Exit with ``code``, as ``sys.exit`` understands it, but without taking the interpreter down.

    The threads of a Temporal client outlive it, and now and then one of them meets a Python that is half
    gone, which aborts the process after its work was done. See
    https://github.com/temporalio/sdk-python/issues/300
    """
    for stream in (sys.stdout, sys.stderr):
        with suppress(OSError):  # whoever read it has gone
            stream.flush()
    os._exit(code if isinstance(code, int) else int(code is not None))


if __name__ == "__main__":
    sys.exit(trouble(Path(sys.argv[1])) or None)
