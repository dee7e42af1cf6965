"""What a command imports, which is most of the time in which it answers."""

from __future__ import annotations

import subprocess
import sys

import pytest

from baton.settings import CHECKOUT

SCRIPT = """
import sys
from baton.cli import baton
from baton.temporal.ending import leave
try:
    baton.main(sys.argv[1:], prog_name="baton")
except SystemExit:
    pass
print(*sys.modules)
leave(0)
"""
DATABASES = {"sqlalchemy", "alembic"}
DOCUMENTS = {"ruamel", "jinja2", "holidays", "baton.rules", "baton.templates"}
TEMPORAL = {"temporalio", "google", "pydantic_settings"}
EVERYTHING = (
    DATABASES | DOCUMENTS | TEMPORAL | {"asyncio", "pydantic", "rich", "baton.contract", "baton.model"}
)


def imported(arguments: str) -> set[str]:
    """The packages that are loaded when a command has ended; of Baton's own, each room or module."""
    command = [sys.executable, "-c", SCRIPT, *arguments.split()]
    # No server listens there: whatever a command does after it has connected is seen in other tests.
    environment = {"TEMPORAL_ADDRESS": "127.0.0.1:1"}
    done = subprocess.run(command, capture_output=True, text=True, cwd=CHECKOUT, env=environment, check=True)
    modules = done.stdout.splitlines()[-1].split()
    return {name.split(".")[0] for name in modules} | {".".join(name.split(".")[:2]) for name in modules}


@pytest.mark.parametrize(
    ("arguments", "not_needed"),
    [
        ("--help", EVERYTHING),
        ("chat --help", EVERYTHING),
        ("ticket --help", EVERYTHING),
        ("ops --help", EVERYTHING),
        ("chat show --help", DATABASES | DOCUMENTS | TEMPORAL),
        ("inbox --help", DATABASES | DOCUMENTS | TEMPORAL | {"baton.model"}),
        ("inbox --tickets --tab new", DATABASES | DOCUMENTS | TEMPORAL | {"baton.model"}),  # a wrong use
        ("inbox", DATABASES | DOCUMENTS | {"baton.model"}),
        ("notices", DATABASES | DOCUMENTS | {"baton.model"}),
        ("chat show telegram:42", DATABASES | DOCUMENTS),
    ],
)
def test_a_command_imports_only_what_it_needs(arguments: str, not_needed: set[str]) -> None:
    loaded = imported(arguments)

    assert "baton.cli" in loaded
    assert loaded & not_needed == set()


def test_what_connects_is_known_to_import_temporal() -> None:
    assert imported("inbox") >= TEMPORAL, "the names above are no longer those of what takes long"


def test_what_reads_documents_is_known_to_import_them() -> None:
    assert imported("template list") >= DOCUMENTS - {"holidays"}
