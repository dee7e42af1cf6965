"""The measurement of the hot path works: one short round, whose figures nobody looks at."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from click.testing import CliRunner

from baton.settings import CHECKOUT
from lab.bench import __main__ as bench

BRIEF = ["--rounds", "1", "--seconds", "0.1", "--clients", "1"]


def _measured(folder: Path, *arguments: str) -> tuple[str, list[list[dict[str, Any]]]]:
    """What was printed, and the rows of each section."""
    file = folder / "figures.json"
    said = CliRunner().invoke(bench.main, ["hot", *BRIEF, "--json", str(file), *arguments])
    assert said.exit_code == 0, said.output
    assert max(map(len, said.output.splitlines())) <= 80
    return said.output, [section["figures"] for section in json.loads(file.read_text("utf-8"))["sections"]]


def _names(sections: list[list[dict[str, Any]]]) -> list[list[str]]:
    return [[row["name"] for row in rows] for rows in sections]


def test_a_message_and_a_handoff_are_measured_beside_their_floors(tmp_path: Path) -> None:
    printed, sections = _measured(tmp_path, "--only", "message,handoff")
    assert _names(sections) == [
        ["bare", "+ local activity", "+ activity and row", "Baton"],
        ["bare", "Baton"],
        ["bare", "+ upsert and activity", "Baton"],
    ]
    for row in (row for rows in sections for row in rows):
        assert row["a_second"] > 0
        assert set(row["processor_ms"]) == {"server", "worker", "client"}
    assert "a handoff, of its floor" in printed, "it says whether the target is met"


def test_another_checkout_is_measured_in_the_same_rounds(tmp_path: Path) -> None:
    printed, sections = _measured(tmp_path, "--only", "handoff,replay", "--beside", str(CHECKOUT))
    assert _names(sections) == [
        ["bare", "+ upsert and activity", "before", "Baton"],
        ["bare", "before", "Baton"],
    ]
    assert "wanted" not in printed, "targets are for this checkout alone"


def test_what_a_handoff_costs_in_a_large_company_is_read_from_its_history(tmp_path: Path) -> None:
    printed, sections = _measured(tmp_path, "--only", "growth")
    (small, large) = sections[0]
    assert (small["members"], large["members"]) == (5, 500)
    for row in (small, large):
        assert 0 < row["decide"] < row["whole"]
        assert 0 < row["facts"] < row["history"]
    assert "decide in a line of 500 beside 5" in printed
