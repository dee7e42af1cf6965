"""Links go to the UI that runs."""

from __future__ import annotations

import os
from collections.abc import Iterator
from io import FileIO
from pathlib import Path

import pytest
from click.testing import CliRunner

from baton.cli import baton as program
from baton.cli.webui import ui_address
from baton.running import LOCK, RunningStack, forget

USUAL = "http://127.0.0.1:8233"
ITS_OWN = "http://127.0.0.1:9999"


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("BATON_DATA_DIR", str(tmp_path))
    monkeypatch.setenv("TEMPORAL_CONFIG_FILE", os.devnull)
    monkeypatch.delenv("TEMPORAL_ADDRESS", raising=False)
    return tmp_path


@pytest.fixture
def lock(folder: Path) -> Iterator[FileIO]:
    """The lock of a running stack, whose process is this one."""
    with FileIO(folder / LOCK, "a") as lock:
        RunningStack(processes=(os.getpid(),), address="127.0.0.1:7300", ui=ITS_OWN, ready=True).note(lock)
        yield lock


@pytest.mark.parametrize(
    ("address", "ui"),
    [
        (None, ITS_OWN),
        ("127.0.0.1:7300", ITS_OWN),
        ("localhost:7300", ITS_OWN),
        ("127.0.0.1:7233", USUAL),
        ("temporal.example.org:7300", USUAL),
    ],
)
def test_the_ui_is_that_of_the_running_stack_unless_another_temporal_is_configured(
    lock: FileIO, monkeypatch: pytest.MonkeyPatch, address: str | None, ui: str
) -> None:
    if address is not None:
        monkeypatch.setenv("TEMPORAL_ADDRESS", address)
    assert ui_address(None) == ui
    assert ui_address("https://ui.example.org") == "https://ui.example.org"
    printed = CliRunner().invoke(program, ["ops", "filters", "new"]).output
    assert f"    {ui}/namespaces/default/workflows?query=" in printed


def test_where_no_stack_runs_it_is_that_of_the_settings(
    lock: FileIO, monkeypatch: pytest.MonkeyPatch
) -> None:
    forget(lock)
    assert ui_address(None) == USUAL
    monkeypatch.setenv("BATON_UI_PORT", "8300")
    assert ui_address(None) == "http://127.0.0.1:8300"
