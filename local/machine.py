"""What a stack needs from this machine: the programs, free ports, and its own data folder."""

from __future__ import annotations

import fcntl
import os
import shutil
import socket
import sys
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from io import FileIO
from pathlib import Path

from baton.errors import BatonError
from baton.files import private, private_folder
from baton.running import LOCK, forget, running_in
from baton.settings import CHECKOUT, HOST


class StackFailed(BatonError):
    """Temporal or the worker cannot be started on this machine, or ended by itself."""


def server_command() -> Sequence[str]:
    """The command that starts Temporal's development server, from this virtual environment or the PATH.

    Raises:
        StackFailed: it is not installed.
    """
    beside = Path(sys.executable).with_name("temporal")
    found = str(beside) if os.access(beside, os.X_OK) else shutil.which("temporal")
    if found is None:
        raise StackFailed(
            f"Temporal's server is not installed: there is no program `temporal` in {beside.parent}, nor on "
            "the PATH. `make up` installs it in a checkout."
        )
    return [found, "server", "start-dev"]


def worker_command() -> Sequence[str]:
    """The command that starts the worker of this checkout.

    Raises:
        StackFailed: Baton was installed as a library, which has no worker.
    """
    script = CHECKOUT / "worker.py"
    if not script.is_file():
        raise StackFailed(
            f"There is no worker here ({script}). The package is the library; the service runs from a "
            "checkout of Baton, with `make up`, or from its image."
        )
    return [sys.executable, str(script)]


def require_free(ports: Mapping[str, int]) -> None:
    """Check that nothing listens on ``ports``, each listed under the option that chooses another.

    Raises:
        StackFailed: a port is in use, or asked for twice; the message names it and the options.
    """
    options: dict[int, str] = {}
    for option, port in ports.items():
        if port in options:
            raise StackFailed(
                f"{options[port]} and {option} are both {port}, but each needs a port of its own."
            )
        options[port] = option
    with ExitStack() as held:
        for option, port in ports.items():
            try:
                held.enter_context(_listening(port))
            except OSError as error:
                raise StackFailed(
                    f"Port {port} cannot be used ({error.strerror}). Stop what is using it, perhaps another "
                    f"`baton up`, or choose another port with {option}."
                ) from error


def free_port() -> int:
    """A port on which nothing listens now."""
    with _listening(0) as listener:
        port: int = listener.getsockname()[1]
        return port


@contextmanager
def data_folder(folder: Path) -> Iterator[FileIO]:
    """Make ``folder`` and lock it against other stacks: two servers would ruin one database.

    Yields:
        The open lock. The folder is released when every process that inherited the lock has closed it.

    Raises:
        StackFailed: the folder cannot be used, or another stack is using it.
    """
    try:
        # It contains what customers write: a new folder is for its owner only.
        private_folder(folder)
        # Unbuffered: a write that fails on a full disk must not be tried again on closing.
        lock = open(folder / LOCK, "ab", buffering=0, opener=private)  # noqa: SIM115
    except OSError as error:
        raise StackFailed(
            f"The data folder {folder} cannot be used ({error.strerror}). Choose another with --data-dir."
        ) from error
    with lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            raise StackFailed(
                f"Another `baton up`, or `baton restore`, is using the data folder {folder}"
                f"{_of_processes(folder)}. Stop it, or choose another folder with --data-dir."
            ) from error
        forget(lock)  # what a stack that was killed has left
        try:
            yield lock
        finally:
            forget(lock)


def _of_processes(folder: Path) -> str:
    stack = running_in(folder)
    return f" (processes {', '.join(map(str, stack.processes))})" if stack else ""


def _listening(port: int) -> socket.socket:
    listener = socket.socket()
    try:
        # Like the server: recently closed connections do not keep a port in use.
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.bind((HOST, port))
        listener.listen()
    except BaseException:
        listener.close()
        raise
    return listener


def environment_without(*prefixes: str) -> dict[str, str]:
    """The environment of this process, without the variables whose names begin so."""
    return {name: value for name, value in os.environ.items() if not name.startswith(prefixes)}
