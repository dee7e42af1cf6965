"""The wheel by itself: only `baton/`, in an environment that has no checkout."""

from __future__ import annotations

import os
import subprocess
import sys
import sysconfig
import zipfile
from collections.abc import Callable
from pathlib import Path

import pytest

from baton import __version__
from baton.cli import COMMANDS
from baton.cli.ops import COMMANDS as OPS
from baton.settings import CHECKOUT

DEPLOY = CHECKOUT / "deploy"
DIRECTORY, RULES = DEPLOY / "directory/demo.yaml", DEPLOY / "rules/support-lines.yaml"
IMPORT_ALL = """
import importlib, pkgutil, sys
import baton
names = [found.name for found in pkgutil.walk_packages(baton.__path__, "baton.")]
for name in names:
    importlib.import_module(name)
print(baton.__file__)
print(len(names))
"""

Run = Callable[..., subprocess.CompletedProcess[str]]


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("dist")
    build = [sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", str(folder)]
    subprocess.run(build, cwd=CHECKOUT, check=True, capture_output=True)
    (built,) = folder.iterdir()
    return built


@pytest.fixture(scope="module")
def run(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Run:
    """Runs a program of an environment with the wheel, in an empty folder."""
    home = tmp_path_factory.mktemp("installed")
    subprocess.run([sys.executable, "-m", "venv", "--without-pip", home / "venv"], check=True)
    python = home / "venv/bin/python"
    pip = [sys.executable, "-m", "pip", "--python", str(python)]
    subprocess.run([*pip, "install", "--quiet", "--no-deps", "--no-index", wheel], check=True)
    # Its dependencies, without a network. A path in such a file does not bring in other such files, so the
    # checkout's file is left out.
    site = sysconfig.get_path("purelib", "venv", vars={"base": str(home / "venv")})
    (Path(site) / "dependencies.pth").write_text(sysconfig.get_path("purelib") + "\n", encoding="utf-8")
    (home / "empty").mkdir()
    others = {
        name: value
        for name, value in os.environ.items()
        if not name.startswith(("PYTHON", "BATON_", "TEMPORAL_"))
    }

    def program(name: str, *arguments: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [home / "venv/bin" / name, *arguments],
            cwd=home / "empty",
            env={**others, "COLUMNS": "80"},
            capture_output=True,
            text=True,
            check=False,
        )

    return program


def test_it_has_baton_and_nothing_else(wheel: Path) -> None:
    with zipfile.ZipFile(wheel) as archive:
        rooms = {name.partition("/")[0] for name in archive.namelist()}
    assert rooms == {"baton", f"baton_desk-{__version__}.dist-info"}


def test_each_of_its_modules_can_be_imported_where_no_other_room_is(run: Run) -> None:
    said = run("python", "-c", IMPORT_ALL)
    assert said.stderr == ""
    where, number = said.stdout.splitlines()
    assert not Path(where).is_relative_to(CHECKOUT)
    assert int(number) == len(list((CHECKOUT / "baton").rglob("*.py"))) - 1


def test_it_speaks_every_language_without_babel(run: Run) -> None:
    script = (
        "from baton.texts import Language, texts_in\n"
        "print([texts_in(language)('No chats.') for language in Language])\n"
        "import sys; print('babel' in sys.modules)"
    )
    said = run("python", "-c", script)
    assert (said.stderr, said.stdout) == ("", "['No chats.', 'Чатов нет.']\nFalse\n")


def test_its_command_lists_what_it_has_and_what_needs_a_checkout(run: Run) -> None:
    said = run("baton", "--help")
    assert (said.returncode, said.stderr) == (0, "")
    own, _, others = said.stdout.partition("\nCommands of a checkout, or of the image:\n")
    assert [name for name in COMMANDS if f"\n  {name} " in f"\n{others}"] == [
        name for name, row in COMMANDS.items() if row.needs_checkout
    ]
    assert f"\n  {'rules':<9}  " in own


@pytest.mark.parametrize(
    ("arguments", "shown"),
    [
        (["--version"], f"baton, version {__version__}"),
        (["rules", "check", str(RULES), "--directory", str(DIRECTORY)], "is fine: 1 incoming"),
        (["rules", "list", str(RULES)], "line-2"),
        (["template", "check", str(DEPLOY / "templates/several-departments.yaml")], "is fine: "),
        (["directory", "check", str(DIRECTORY)], "is fine"),
        (["chat", "diagram"], "stateDiagram-v2"),
        (["rules", "schema"], '"$schema"'),
        (["keys", "add", "keys"], "writes, reads"),
    ],
    ids=lambda value: " ".join(value[:2]) if isinstance(value, list) else "",
)
def test_what_needs_no_server_works(run: Run, arguments: list[str], shown: str) -> None:
    said = run("baton", *arguments)
    assert (said.returncode, said.stderr) == (0, "")
    assert shown in said.stdout


@pytest.mark.parametrize(
    "name",
    [
        *(name for name, row in COMMANDS.items() if row.needs_checkout),
        *(f"ops {name}" for name, row in OPS.items() if row.needs_checkout),
    ],
)
def test_what_needs_a_checkout_says_so_in_one_sentence(run: Run, name: str) -> None:
    said = run("baton", *name.split())
    assert (said.returncode, said.stdout) == (1, "")
    assert said.stderr == (
        f"Error: `baton {name}` works from a checkout of Baton, or from its image; "
        "the package alone does not have it.\n"
    )
