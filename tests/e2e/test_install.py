"""`make` installs what is needed before it runs anything: once, quietly, and by one process at a time.

The Makefile and the installer are the checkout's own. The package is a tiny one: nothing is downloaded.
"""

from __future__ import annotations

import asyncio
import os
import shutil
from pathlib import Path

import pytest

from baton.settings import CHECKOUT
from local.install import PROGRAMS

# A build backend that needs no packages. It waits until somebody reads the gate, where there is one.
BACKEND = """
import os, zipfile
def build_editable(folder, config_settings=None, metadata_directory=None):
    if os.path.exists("gate"):
        open("gate", "w").close()
    open("built", "a").write("once\\n")
    if os.path.exists("broken"):
        raise SystemExit("the disk is on fire")
    files = {"tiny-1.dist-info/METADATA": "Metadata-Version: 2.1\\nName: tiny\\nVersion: 1\\n",
             "tiny-1.dist-info/WHEEL": "Wheel-Version: 1.0\\nRoot-Is-Purelib: true\\nTag: py3-none-any\\n"}
    with zipfile.ZipFile(os.path.join(folder, "tiny-1-py3-none-any.whl"), "w") as wheel:
        for name, text in files.items():
            wheel.writestr(name, text)
        wheel.writestr("tiny-1.dist-info/RECORD", "".join(f"{name},,\\n" for name in files))
    return "tiny-1-py3-none-any.whl"
"""
PYPROJECT = """
[build-system]
requires = []
build-backend = "backend"
backend-path = ["."]
[project]
name = "tiny"
version = "1"
"""
LOCKS = "requirements.lock", "requirements-service.lock", "requirements-local.lock"


@pytest.fixture
def checkout(tmp_path: Path) -> Path:
    (tmp_path / "local").mkdir()
    for name in ("Makefile", "local/__init__.py", "local/install.py"):
        shutil.copy(CHECKOUT / name, tmp_path / name)
    for lock in LOCKS:
        (tmp_path / lock).write_text("# nothing\n")
    (tmp_path / "pyproject.toml").write_text(PYPROJECT)
    (tmp_path / "backend.py").write_text(BACKEND)
    for program in PROGRAMS:
        (tmp_path / f"{program.replace('.', '/')}.py").touch()
    return tmp_path


async def start(checkout: Path, target: str) -> asyncio.subprocess.Process:
    return await asyncio.create_subprocess_exec(
        "make",
        "--silent",
        f".venv/{target}",
        cwd=checkout,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.STDOUT,
        env={name: value for name, value in os.environ.items() if not name.startswith("MAKE")},
    )


async def line_of(process: asyncio.subprocess.Process) -> str:
    assert process.stdout is not None
    return (await process.stdout.readline()).decode().rstrip()


async def rest_of(process: asyncio.subprocess.Process) -> tuple[int | None, str]:
    output, _ = await process.communicate()
    return process.returncode, output.decode()


async def make(checkout: Path, target: str) -> str:
    """What ``make`` prints, which must go well."""
    code, output = await rest_of(await start(checkout, target))
    assert code == 0, output
    return output


def built(checkout: Path) -> int:
    """How often the package was installed."""
    return len((checkout / "built").read_text().splitlines())


async def test_of_two_at_the_same_moment_one_waits_for_the_other(checkout: Path) -> None:
    os.mkfifo(checkout / "gate")
    first = await start(checkout, ".running")
    assert await line_of(first) == "Installing Baton's packages into .venv …"
    second = await start(checkout, ".running")
    assert await line_of(second) == "Another make is installing into .venv; waiting for it …"
    await asyncio.to_thread((checkout / "gate").read_bytes)

    code, output = await rest_of(first)
    assert (code, output.split(" in ")[0]) == (0, "Installed")
    assert await rest_of(second) == (0, "")
    assert built(checkout) == 1


async def test_what_is_there_is_not_installed_again_and_a_lock_that_changed_is(checkout: Path) -> None:
    assert len((await make(checkout, ".running")).splitlines()) == 2
    # Somebody looked at another branch and came back: the files are new, and say the same.
    for lock in LOCKS:
        os.utime(checkout / lock)
    assert await make(checkout, ".running") == ""
    assert built(checkout) == 1

    assert "Installed" in await make(checkout, ".installed")
    assert await make(checkout, ".running") == ""
    assert built(checkout) == 2

    for lock in LOCKS:
        (checkout / lock).write_text("# another version\n")
    assert "Installed" in await make(checkout, ".running")
    assert built(checkout) == 3


async def test_an_installation_that_fails_shows_why_and_is_done_again(checkout: Path) -> None:
    await make(checkout, ".running")
    (checkout / "broken").touch()
    (checkout / LOCKS[1]).write_text("# another version\n")
    code, output = await rest_of(await start(checkout, ".running"))
    assert code == 2
    assert "the disk is on fire" in output
    assert "The packages could not be installed" in output

    # Back to the old lock: who knows what of the new one was installed before it failed.
    (checkout / LOCKS[1]).write_text("# nothing\n")
    (checkout / "broken").unlink()
    assert "Installed" in await make(checkout, ".running")
