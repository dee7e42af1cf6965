"""How a Baton process ends. Each command does, so this imports next to nothing."""

from __future__ import annotations

import os
import sys
from contextlib import suppress
from typing import NoReturn


def leave(code: str | int | None) -> NoReturn:
    """Exit with ``code``, as ``sys.exit`` understands it, but without taking the interpreter down.

    The threads of a Temporal client outlive it, and now and then one of them runs while Python is being torn
    down, which aborts the process after its work was done. See
    https://github.com/temporalio/sdk-python/issues/300
    """
    for stream in (sys.stdout, sys.stderr):
        with suppress(OSError):  # the reader has gone
            stream.flush()
    os._exit(code if isinstance(code, int) else int(code is not None))
