"""``python3 -m local.install STAMP``: installs into ``.venv`` what make needs, in the versions of the locks.

There are two stamps. ``.venv/.running`` says that what running needs is there, and ``.venv/.installed`` that
everything is, also what tests and checks need. Only one installs at a time, another waits for it.

The standard library must be enough here: nothing is installed yet.
"""

from __future__ import annotations

import fcntl
import hashlib
import os
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

CHECKOUT = Path(__file__).resolve().parent.parent
VENV = CHECKOUT / ".venv"
PYTHON = VENV / "bin" / "python"
PYPROJECT = "pyproject.toml"
LOCKS = {
    ".running": ("requirements-service.lock", "requirements-local.lock"),
    ".installed": ("requirements.lock",),
}
"""The stamps, and what is installed before each is written. The last one includes the others."""
EVERYTHING = ".installed"
PROGRAMS = ("worker", "local.up", "local.demo")
"""What runs after a small installation."""
INTERRUPTED = 130


class InstallFailed(Exception):
    """The packages cannot be installed; the message says why."""


def install(stamp: str) -> None:
    """Install what ``stamp`` stands for, unless it is there already, and write the stamp.

    Raises:
        InstallFailed: with all that pip said.
    """
    with alone() as lock:
        if not is_there(stamp):
            # Until it is done again, nothing is known of what is installed.
            for other in LOCKS:
                (VENV / other).unlink(missing_ok=True)
            _install(stamp, lock)
        for done in LOCKS if stamp == EVERYTHING else (stamp,):
            (VENV / done).write_text(wanted(done))


def is_there(stamp: str) -> bool:
    """Whether the stamp was written for the locks as they are: their time alone may have changed."""
    return any(
        (VENV / one).is_file() and (VENV / one).read_text() == wanted(one) for one in (stamp, EVERYTHING)
    )


def wanted(stamp: str) -> str:
    """What a stamp says: a digest of all that its installation depends on."""
    files = [CHECKOUT / name for name in (*LOCKS[stamp], PYPROJECT)]
    return hashlib.sha256(b"\0".join(file.read_bytes() for file in files)).hexdigest()


@contextmanager
def alone() -> Iterator[int]:
    """Wait until nobody else installs into ``.venv``, and let nobody begin during the block.

    Yields:
        The descriptor of the lock. Who inherits it holds the lock, too.
    """
    VENV.mkdir(exist_ok=True)
    lock = os.open(VENV / ".lock", os.O_RDWR | os.O_CREAT, 0o666)
    try:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            print("Another make is installing into .venv; waiting for it …", flush=True)
            fcntl.flock(lock, fcntl.LOCK_EX)
        yield lock
    finally:
        os.close(lock)


def _install(stamp: str, lock: int) -> None:
    began = time.monotonic()
    with Progress("Installing Baton's packages into .venv") as progress:
        if not os.access(PYTHON, os.X_OK):
            _run([sys.executable, "-m", "venv", str(VENV)], lock, progress)
        pip = [str(PYTHON), "-m", "pip", "install", "--progress-bar", "off"]
        if stamp != EVERYTHING:
            pip.append("--no-compile")  # most modules are never imported; see below
        locks = (f"--requirement={CHECKOUT / name}" for name in LOCKS[stamp])
        _run([*pip, "--require-hashes", *locks], lock, progress)
        _run([*pip, "--no-deps", "--no-build-isolation", f"--editable={CHECKOUT}"], lock, progress)
        if stamp != EVERYTHING:
            _run(
                [str(PYTHON), "-c", f"import {', '.join(PROGRAMS)}"], lock, progress
            )  # compiles what they use
    print(f"Installed in {time.monotonic() - began:.0f} s.", flush=True)


def _run(command: Sequence[str], lock: int, progress: Progress) -> None:
    """Run a command quietly. If this process is killed, the command goes on, and holds the lock."""
    said: list[str] = []
    with subprocess.Popen(
        command,
        cwd=CHECKOUT,
        env={name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        pass_fds=[lock],
    ) as process:
        assert process.stdout is not None
        for line in process.stdout:
            said.append(line)
            progress.hear(line)
    if process.returncode:
        raise InstallFailed("".join(said))


class Progress:
    """One line that says how far pip is. Where it cannot be written over, it is written once."""

    def __init__(self, what: str) -> None:
        self._what = what
        self._count = 0
        self._rewritten = sys.stdout.isatty()

    def __enter__(self) -> Progress:
        print(f"{self._what} …", end="" if self._rewritten else "\n", flush=True)
        return self

    def __exit__(self, *error: object) -> None:
        if self._rewritten:
            print(flush=True)

    def hear(self, line: str) -> None:
        """Hear a line of pip."""
        match line.split():
            case ["Collecting", requirement, *_]:
                self._count += 1
                self._show(f"{self._count}: {requirement.partition('==')[0]}")
            case ["Installing", "collected", *_]:
                self._show(f"{self._count}, writing")

    def _show(self, now: str) -> None:
        if self._rewritten:
            print(f"\r\x1b[K{self._what}, {now} …", end="", flush=True)


def main() -> None:
    """Install what the stamp named by the arguments stands for."""
    try:
        install(Path(sys.argv[1]).name)
    except InstallFailed as error:
        print(f"{error}\nThe packages could not be installed; pip says why, above.", file=sys.stderr)
        raise SystemExit(1) from None
    except KeyboardInterrupt:
        print("Interrupted. The next make goes on.", file=sys.stderr)
        raise SystemExit(INTERRUPTED) from None


if __name__ == "__main__":
    main()
