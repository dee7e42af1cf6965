"""The programs of a cluster: Temporal's server and its SQL tool, built from their Go module; PostgreSQL."""

from __future__ import annotations

import asyncio
import os
import shutil
import time
from collections.abc import Callable, Iterator
from pathlib import Path

from baton.settings import CHECKOUT
from local.child import Child
from local.machine import StackFailed

MODULE = "go.temporal.io/server"
BUILT = {"server": "temporal-server", "sql": "temporal-sql-tool"}
"""Go's names of the programs, after their folders, and the names that everybody else uses."""
AT_ONCE = 2
"""Packages that are compiled at once: few enough that the machine can still be used during a build."""
TELL_EVERY = 15.0
"""Seconds between two lines about the progress of a build."""


def cache() -> Path:
    """Where finished programs are kept, for every checkout of this user."""
    base = os.environ.get("XDG_CACHE_HOME")
    return (Path(base) if base else Path.home() / ".cache") / "baton"


def version() -> str:
    """The version of Temporal that everything in deploy/ uses."""
    return (CHECKOUT / "deploy/temporal/version.txt").read_text(encoding="utf-8").strip()


def built(folder: Path) -> Path | None:
    """The folder with the finished programs of this version, if they were built before."""
    programs = folder / f"temporal-{version()}"
    return programs if programs.is_dir() else None


def go() -> str:
    """The Go compiler.

    Raises:
        StackFailed: there is none.
    """
    found = shutil.which("go")
    if found is None:
        raise StackFailed(
            "Go is not installed: there is no program `go` on the PATH. Temporal's server is built with it, "
            "from its Go module. Install Go (which version is needed is in the module's go.mod; "
            f"Temporal {version()} asks for 1.26.8 or newer), put it on the PATH, and run this again."
        )
    return found


async def build(folder: Path, say: Callable[[str], None]) -> Path:
    """Build Temporal's programs into ``folder``, unless they are there; the first time takes minutes.

    Returns:
        The folder that holds `temporal-server` and `temporal-sql-tool`.

    Raises:
        StackFailed: there is no Go, or it failed; with the last lines that it wrote.
    """
    finished = built(folder)
    if finished is not None:
        return finished
    compiler = go()
    finished, part = folder / f"temporal-{version()}", folder / "part"
    shutil.rmtree(part, ignore_errors=True)
    part.mkdir(parents=True)
    say(f"Building Temporal {version()} from {MODULE}: some minutes, once …")
    packages = [f"{MODULE}/cmd/{path}@v{version()}" for path in ("server", "tools/sql")]
    compiled = 0

    def count(_line: str) -> None:
        nonlocal compiled
        compiled += 1

    child = await Child.start(
        "build",
        ["nice", compiler, "install", "-v", f"-p={AT_ONCE}", *packages],
        environment={**os.environ, "GOBIN": str(part)},
        folder=part,  # not the checkout: no other go.mod may affect the build
        log=folder / "build.log",
        on_line=count,
        say=say,
    )
    started = time.monotonic()
    try:
        while not (await asyncio.wait({child.ended}, timeout=TELL_EVERY))[0]:
            say(f"  {time.monotonic() - started:4.0f} s, {compiled} packages fetched or compiled")
    finally:
        await child.stop(5)
    if child.ended.result() != 0:
        tail = "\n".join(f"    {line}" for line in child.tail)
        raise StackFailed(f"Temporal could not be built; see {folder / 'build.log'}. It ends with:\n{tail}")
    for name, known_as in BUILT.items():
        (part / name).rename(part / known_as)
    part.rename(finished)  # last, so that an interrupted build is done again
    say(f"Built in {time.monotonic() - started:.0f} s.")
    return finished


def postgresql() -> Path:
    """The folder with PostgreSQL's server programs.

    The one in the Python packages will not do: it lacks the extension btree_gin, which Temporal's lists need.

    Raises:
        StackFailed: there is none, or it has no btree_gin.
    """
    lacking = []
    for folder in _server_folders():
        if _has_btree_gin(folder):
            return folder
        lacking.append(str(folder))
    what = f" with the extension btree_gin (not in {', '.join(lacking)})" if lacking else ""
    raise StackFailed(
        f"PostgreSQL's server{what} is not installed: looked on the PATH and in /usr/lib/postgresql. "
        "Install the package postgresql (where it is a package of its own, postgresql-contrib, too)."
    )


def _server_folders() -> Iterator[Path]:
    """Where PostgreSQL's server programs are: those on the PATH first, then Debian's, the newest first."""
    on_path = shutil.which("postgres")
    if on_path:
        yield Path(on_path).resolve().parent
    numbers = [path for path in Path("/usr/lib/postgresql").glob("*") if path.name.isdigit()]
    for path in sorted(numbers, key=lambda path: int(path.name), reverse=True):
        if (path / "bin/postgres").is_file():
            yield path / "bin"


def _has_btree_gin(folder: Path) -> bool:
    # Debian keeps shared files outside the prefix: /usr/share/postgresql/15.
    debian = Path("/usr/share/postgresql") / folder.parent.name
    places = (debian, folder.parent / "share", folder.parent / "share/postgresql")
    return any((place / "extension/btree_gin.control").is_file() for place in places)
