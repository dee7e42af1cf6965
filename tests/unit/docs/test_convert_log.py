"""The example that converts a public event log writes a feed that Baton takes, always the same."""

from __future__ import annotations

import gzip
import json
import runpy
import subprocess
import sys
from collections import defaultdict
from pathlib import Path
from typing import Any

import pytest

from baton.feed.lines import Line, parse_line
from baton.settings import CHECKOUT
from tests.directories import parse_directory
from tests.helpdesklog import LOG

SCRIPT = CHECKOUT / "docs/examples/convert_helpdesk_log.py"


@pytest.fixture
def converted(tmp_path: Path) -> tuple[list[dict[str, Any]], str]:
    return convert(tmp_path, LOG)


def convert(folder: Path, log: str) -> tuple[list[dict[str, Any]], str]:
    (folder / "log.csv.gz").write_bytes(gzip.compress(log.encode()))
    command = [
        sys.executable,
        str(SCRIPT),
        "log.csv.gz",
        "--feed",
        "feed.jsonl",
        "--directory",
        "people.yaml",
    ]
    subprocess.run(command, cwd=folder, check=True, capture_output=True)
    lines = [json.loads(line) for line in (folder / "feed.jsonl").read_text().splitlines()]
    return lines, (folder / "people.yaml").read_text()


def events_of(lines: list[dict[str, Any]]) -> dict[str, list[dict[str, Any]]]:
    events = defaultdict(list)
    for line in lines:
        events[line["conversation"]].append(line["event"])
    return events


def test_each_row_is_an_event_and_a_case_begins_with_its_customer(
    converted: tuple[list[dict[str, Any]], str],
) -> None:
    events = events_of(converted[0])

    assert [(event["kind"], event.get("status")) for event in events["Case1"]] == [
        ("customer_message", None),
        ("taken", None),
        ("agent_message", None),
        ("status_set", "pending"),
        ("chat_ended", "pending"),
        ("status_set", "closed"),
        ("status_set", "closed"),
    ]
    assert [event["author"]["id"] for event in events["Case1"]][1:] == [
        *("value-2", "value-2", "value-10", "value-2", "value-5", "value-5"),
    ]


def test_where_the_log_has_the_opening_it_is_not_told_twice(
    converted: tuple[list[dict[str, Any]], str],
) -> None:
    events = events_of(converted[0])["Case2"]

    assert [event["kind"] for event in events] == ["customer_message", "note_added"]
    assert events[1]["text"] == "Create SW anomaly"


def test_cases_overlap_as_they_did(converted: tuple[list[dict[str, Any]], str]) -> None:
    lines = converted[0]

    times = [line["event"]["at"] for line in lines]
    assert times == sorted(times)
    assert [line["conversation"] for line in lines[:5]] == ["Case1", "Case1", "Case2", "Case2", "Case1"]


def test_every_line_is_one_that_baton_takes(converted: tuple[list[dict[str, Any]], str]) -> None:
    for number, line in enumerate(converted[0], start=1):
        item = parse_line(Line(number, json.dumps(line).encode()))
        assert item.customer


def test_event_ids_are_unique_and_the_same_each_time(
    tmp_path: Path, converted: tuple[list[dict[str, Any]], str]
) -> None:
    ids = [line["event"]["id"] for line in converted[0]]

    assert len(ids) == len(set(ids)) == 9
    assert converted == convert(tmp_path, LOG)


def test_the_directory_has_everybody_in_one_of_two_lines(
    converted: tuple[list[dict[str, Any]], str],
) -> None:
    directory = parse_directory(converted[1], "people.yaml")

    assert list(directory.staff) == ["value-1", "value-2", "value-5", "value-10"]
    assert {member.line for member in directory.staff.values()} == {"line-1", "line-2"}


def test_a_log_that_is_not_compressed_will_do(tmp_path: Path) -> None:
    path = tmp_path / "log.csv"
    path.write_text(LOG)

    rows = list(runpy.run_path(str(SCRIPT))["read_log"](path))

    assert len(rows) == 8


@pytest.mark.parametrize(
    ("log", "said"),
    [
        (
            "Case ID,activity,Resource,at\n",
            "log.csv:1: no column case, staff. The first line must name the columns case, activity, staff, "
            "at; it names Case ID, activity, Resource, at.",
        ),
        ("", "log.csv:1: no column case, activity, staff, at."),
        ("case,activity,staff,at\nCase1,Closed\n", "log.csv:2: nothing in the column staff, at."),
        (
            "case,activity,staff,at\nCase1,Closed,Value 5,May\n",
            "log.csv:2: 'May' in the column at is no time.",
        ),
        ("case,activity,staff,at\nCase1,Cl\xf4t,Value 5,May\n", "log.csv is no CSV file in UTF-8"),
        (None, "log.csv cannot be read: No such file or directory"),
    ],
)
def test_a_log_that_cannot_be_converted_is_named_with_what_is_wrong(
    tmp_path: Path, log: str | None, said: str
) -> None:
    if log is not None:
        (tmp_path / "log.csv").write_text(log, encoding="latin-1")
    command = [sys.executable, str(SCRIPT), "log.csv", "--feed", "feed.jsonl", "--directory", "people.yaml"]

    ended = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=False)

    assert ended.returncode == 1
    assert ended.stderr.startswith(said)
    assert "Traceback" not in ended.stderr
    assert {path.name for path in tmp_path.iterdir()} <= {"log.csv"}, "nothing was written"


def test_a_log_from_a_spreadsheet_may_begin_with_a_byte_order_mark(tmp_path: Path) -> None:
    assert convert(tmp_path, f"\ufeff{LOG}") == convert(tmp_path, LOG)
