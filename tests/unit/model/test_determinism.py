"""What workflows share with the rest of the world must not read its clock, its dice or its sets.

The sandbox does not look into modules that are passed through, and the whole model is passed through. So its
source is checked here.
"""

from __future__ import annotations

import ast
import subprocess
import sys
from pathlib import Path

import pytest

from baton.settings import CHECKOUT

FORBIDDEN = {
    "datetime.now",
    "datetime.utcnow",
    "datetime.today",
    "date.today",
    "time.time",
    "time.monotonic",
    "uuid.uuid4",
    "uuid4",
    "uuid.uuid1",
    "os.urandom",
    "os.environ",
    "os.getenv",
    "asyncio.wait_for",
}
FORBIDDEN_MODULES = {"random", "secrets", "threading", "socket", "subprocess"}


def modules_of_workflows() -> list[Path]:
    """Every module of ours that is imported with the workflows."""
    ours = "m.split('.')[0] in ('baton', 'workflows')"
    code = f"import sys, workflows.chat, workflows.ticket; print(*sorted(m for m in sys.modules if {ours}))"
    names = subprocess.run(
        [sys.executable, "-c", code], cwd=CHECKOUT, capture_output=True, text=True, check=True
    ).stdout.split()
    paths = []
    for name in names:
        path = CHECKOUT / Path(*name.split("."))
        paths.append(path / "__init__.py" if path.is_dir() else path.with_suffix(".py"))
    return paths


MODULES = modules_of_workflows()


def _name(node: ast.AST) -> str:
    if isinstance(node, ast.Attribute):
        return f"{_name(node.value)}.{node.attr}".lstrip(".")
    return node.id if isinstance(node, ast.Name) else ""


def _offences(tree: ast.AST) -> list[str]:
    found = []
    for node in ast.walk(tree):
        if isinstance(node, ast.Attribute | ast.Name) and _name(node) in FORBIDDEN:
            found.append(f"line {node.lineno}: {_name(node)}")
        if isinstance(node, ast.Import) and any(
            a.name.split(".")[0] in FORBIDDEN_MODULES for a in node.names
        ):
            found.append(f"line {node.lineno}: an import of {node.names[0].name}")
        if isinstance(node, ast.ImportFrom) and (node.module or "").split(".")[0] in FORBIDDEN_MODULES:
            found.append(f"line {node.lineno}: an import from {node.module}")
        loop = node.iter if isinstance(node, ast.For | ast.AsyncFor | ast.comprehension) else None
        if isinstance(loop, ast.Set | ast.SetComp) or (
            isinstance(loop, ast.Call) and _name(loop.func) in ("set", "frozenset")
        ):
            found.append(f"line {loop.lineno}: a loop over a set")
        if isinstance(node, ast.keyword) and node.arg == "default_factory" and _name(node.value) in FORBIDDEN:
            found.append("a default that is another one in each replay")
    return found


def test_the_models_of_both_workflows_are_among_the_modules_that_are_checked() -> None:
    names = {path.relative_to(CHECKOUT).as_posix() for path in MODULES}
    assert {
        *("baton/contract/__init__.py", "baton/model/chat/model.py", "baton/model/ticket/model.py"),
        *("baton/model/machine.py", "workflows/case.py", "workflows/chat.py", "workflows/ticket.py"),
    } <= names
    assert "baton/settings.py" not in names


@pytest.mark.parametrize("path", MODULES, ids=lambda path: path.relative_to(CHECKOUT).as_posix())
def test_a_module_of_the_workflows_is_deterministic(path: Path) -> None:
    assert _offences(ast.parse(path.read_text(encoding="utf-8"))) == []


@pytest.mark.parametrize(
    "source",
    [
        "import random",
        "from uuid import uuid4\nx = uuid4()",
        "from datetime import datetime\nat = datetime.now()",
        "class M:\n    at: int = Field(default_factory=datetime.now)",
        "for x in {1, 2}:\n    pass",
        "y = [x for x in set(z)]",
        "import os\nx = os.environ['A']",
    ],
)
def test_the_check_finds_what_it_looks_for(source: str) -> None:
    assert _offences(ast.parse(source)) != []
