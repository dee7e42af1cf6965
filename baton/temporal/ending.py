"""How a Baton process ends. Each command does, so this imports next to nothing."""

from __future__ import annotations

import os
import signal
import sys
from contextlib import suppress
from typing import NoReturn


def how_ended(code: int) -> str:
    """What an exit code says, as ``subprocess`` gives it: ``exit code 1``, ``killed by SIGKILL``."""
    if code >= 0:
        return f"exit code {code}"
    try:
        return f"killed by {signal.Signals(-code).name}"
    except ValueError:  # real-time signals have no name
        return f"killed by signal {-code}"


def leave(code: str | int | None) -> NoReturn:
    """Exit with ``code``, as ``sys.exit`` understands it, but without taking the interpreter down.

    That takes time, and has its dangers where threads of a Temporal client go on: see
    ``baton.temporal.threads``.
    """
    for stream in (sys.stdout, sys.stderr):
        with suppress(OSError):  # the reader has gone
            stream.flush()
    os._exit(code if isinstance(code, int) else int(code is not None))
