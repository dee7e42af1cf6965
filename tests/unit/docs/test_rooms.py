"""The rooms: each has a contract, and keeps it even where import-linter cannot look."""

from __future__ import annotations

import ast
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from baton.settings import CHECKOUT
from docs.parts.rooms import NO_PACKAGES, PRODUCT, ROOMS, import_contracts, may_import


def tracked_folders() -> set[str]:
    listed = subprocess.run(["git", "ls-files"], cwd=CHECKOUT, capture_output=True, text=True, check=True)
    names = {Path(line).parts[0] for line in listed.stdout.splitlines() if "/" in line}
    return {name for name in names if not name.startswith(".")}


def modules_of(room: str) -> list[Path]:
    return [CHECKOUT / "worker.py"] if room == "worker" else sorted((CHECKOUT / room).rglob("*.py"))


def imported_by(path: Path) -> Iterator[str]:
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            yield from (one.name.partition(".")[0] for one in node.names)
        if isinstance(node, ast.ImportFrom) and node.module and not node.level:
            yield node.module.partition(".")[0]


def test_every_folder_is_on_the_map_and_under_a_contract_or_no_package() -> None:
    roots, _ = import_contracts()
    assert ROOMS.keys() - {"worker"} == tracked_folders()
    assert {*roots, *NO_PACKAGES} == ROOMS.keys()
    packages = {path.parent.name for path in CHECKOUT.glob("*/__init__.py")}
    assert packages <= set(roots)


@pytest.mark.parametrize("room", ROOMS)
def test_a_room_imports_no_other_than_it_may(room: str) -> None:
    found = {(other, path.name) for path in modules_of(room) for other in imported_by(path)}
    allowed = may_import()[room] | {room}
    assert {(other, name) for other, name in found if other in ROOMS.keys() - allowed} == set()


def test_the_lab_is_imported_by_tests_only_and_tests_by_nobody() -> None:
    may = may_import()
    assert {room for room in ROOMS if "lab" in may[room]} == {"tests"}
    assert {room for room in ROOMS if may[room] & {"tests", "findings", "deploy"}} == set()
    assert {room for room in PRODUCT if may[room] - PRODUCT} == set()
