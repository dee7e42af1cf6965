"""The findings about other libraries: each can be read, is complete, and is listed. None is run here."""

from __future__ import annotations

import re
import subprocess
from pathlib import Path

import pytest

from baton.settings import CHECKOUT

FOLDER = CHECKOUT / "findings"
SHARED = FOLDER / "lib.sh"
FINDINGS = sorted(set(FOLDER.glob("*.sh")) - {SHARED})
HEAD = ("Guess:", "What happens:", "Versions:", "For whoever builds on it:", "Seen:")


def head(path: Path) -> str:
    """The comment that a script begins with."""
    comment = re.match(r"#!/usr/bin/env bash\n((?:#.*\n)+)", path.read_text(encoding="utf-8"))
    assert comment, f"{path.name} begins with no comment"
    return comment[1]


@pytest.mark.parametrize("path", [SHARED, *FINDINGS], ids=lambda path: path.stem)
def test_bash_can_read_it(path: Path) -> None:
    read = subprocess.run(["bash", "-n", path], capture_output=True, text=True, check=False)
    assert (read.returncode, read.stderr) == (0, "")


@pytest.mark.parametrize("path", FINDINGS, ids=lambda path: path.stem)
def test_it_can_be_started_and_stops_at_the_first_error(path: Path) -> None:
    assert path.stat().st_mode & 0o111
    assert "\nset -euo pipefail\n" in path.read_text(encoding="utf-8")


@pytest.mark.parametrize("path", FINDINGS, ids=lambda path: path.stem)
def test_its_head_says_what_one_would_guess_and_what_was_seen(path: Path) -> None:
    places = [head(path).find(f"\n# {part}") for part in HEAD]
    assert -1 not in places
    assert places == sorted(places)
    assert head(path).partition("\n# Seen:\n")[2].strip()


@pytest.mark.parametrize("path", FINDINGS, ids=lambda path: path.stem)
def test_its_programs_are_python(path: Path) -> None:
    programs = re.findall(r"<<'PY'\n(.*?)\nPY\n", path.read_text(encoding="utf-8"), re.DOTALL)
    assert programs
    for program in programs:
        compile(program, path.name, "exec")


@pytest.mark.parametrize("path", FINDINGS, ids=lambda path: path.stem)
def test_its_packages_are_pinned(path: Path) -> None:
    installed = re.findall(r"^packages (.+)$", path.read_text(encoding="utf-8"), re.MULTILINE)
    assert installed
    assert [package for package in installed[0].split() if "==" not in package] == []


def test_the_readme_lists_each_of_them_and_nothing_else() -> None:
    listed = re.findall(r"^- \[([^]]+)\]\(([^)]+)\)", (FOLDER / "README.md").read_text("utf-8"), re.MULTILINE)
    assert sorted(listed) == [(path.stem, path.name) for path in FINDINGS]
