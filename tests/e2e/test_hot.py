"""The measurement of the hot path works: one short round, whose figures nobody looks at."""

from __future__ import annotations

import json
from pathlib import Path

from click.testing import CliRunner

from baton.settings import CHECKOUT
from lab.bench import __main__ as bench

BRIEF = ["--rounds", "1", "--seconds", "0.1", "--clients", "1"]


def _measured(folder: Path, *arguments: str) -> tuple[str, dict[str, list[str]]]:
    """What was printed, and the names of the rows of each section."""
    file = folder / "figures.json"
    said = CliRunner().invoke(bench.main, ["hot", *BRIEF, "--json", str(file), *arguments])
    assert said.exit_code == 0, said.output
    sections = json.loads(file.read_text("utf-8"))["sections"]
    for row in (row for section in sections for row in section["figures"]):
        assert row["a_second"] > 0
        assert set(row["processor_ms"]) == {"server", "worker", "client"}
    return said.output, {
        section["title"]: [row["name"] for row in section["figures"]] for section in sections
    }


def test_a_message_and_a_handoff_are_measured_beside_their_floors(tmp_path: Path) -> None:
    printed, sections = _measured(tmp_path, "--only", "message,handoff")
    assert list(sections.values()) == [
        ["bare", "+ local activity", "+ activity and row", "Baton"],
        ["bare", "Baton"],
        ["bare", "+ upsert and activity", "Baton"],
    ]
    assert "a handoff, of its floor" in printed, "it says whether the target is met"
    assert max(map(len, printed.splitlines())) <= 80


def test_another_checkout_is_measured_in_the_same_rounds(tmp_path: Path) -> None:
    printed, sections = _measured(tmp_path, "--only", "handoff", "--beside", str(CHECKOUT))
    assert list(sections.values()) == [["bare", "+ upsert and activity", "before", "Baton"]]
    assert "wanted" not in printed, "targets are for this checkout alone"
