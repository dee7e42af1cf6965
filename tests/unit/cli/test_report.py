"""The command ``baton report``: what is asked, and how the answer is shown."""

from __future__ import annotations

import csv
import json
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from io import StringIO
from typing import Any
from unicodedata import east_asian_width

import pytest
from click.testing import CliRunner, Result

from baton.cli import baton as program
from baton.cli.desk.reporttext import length
from baton.desk.csvtext import as_csv
from baton.desk.reports import Column, Report, ReportName, ReportQuery, ReportTable, Unit
from baton.documents.hours import WEEKDAYS
from tests.fakes import opener

NOON = datetime(2026, 3, 2, 12, tzinfo=UTC)


def text(name: str) -> Column:
    return Column(name=name, unit=Unit.TEXT)


HANDOFFS = (
    ReportTable(
        name="lines",
        columns=(*map(text, ("how", "rule", "from", "to")), Column(name="times")),
        rows=(("rule", "support-line", "second", "first", 1200),),
    ),
    ReportTable(
        name="people",
        columns=(*map(text, ("how", "rule", "from_line", "from", "to_line", "to")), Column(name="times")),
        rows=(("rule", "support-line-takes-over-again", "second", "a" * 30, "first", "b" * 30, 1200),),
        left_out=3,
    ),
)
HOURS = (
    ReportTable(
        name="hours",
        columns=(text("weekday"), Column(name="hour"), Column(name="customer"), Column(name="staff")),
        rows=tuple(
            (day.value, hour, 100 if (day, hour) == ("tue", 9) else int(hour == 14), 0)
            for day in WEEKDAYS
            for hour in range(24)
        ),
    ),
)


class Desk:
    """Answers every question with the same tables."""

    def __init__(self, tables: Sequence[ReportTable]) -> None:
        self.tables = tuple(tables)
        self.asked: list[ReportQuery] = []

    async def report(self, query: ReportQuery) -> Report:
        self.asked.append(query)
        since = query.since or NOON - timedelta(days=7)
        return Report(
            name=query.name,
            since=since,
            until=query.until or NOON,
            zone="Europe/Berlin",
            line=query.line,
            tables=self.tables,
        )


def run(monkeypatch: pytest.MonkeyPatch, desk: Desk, *arguments: str, **environment: str) -> Result:
    monkeypatch.setattr("baton.cli.desk.report.desk_client", opener(desk))
    return CliRunner(env={"COLUMNS": "80", **environment}).invoke(program, ["report", *arguments])


def test_a_report_can_be_read_in_80_columns(monkeypatch: pytest.MonkeyPatch) -> None:
    result = run(monkeypatch, Desk(HANDOFFS), "handoffs", "--utc")

    assert result.exit_code == 0, result.output
    lines = result.output.splitlines()
    assert lines[0] == "2026-02-23 12:00:00 UTC to 2026-03-02 12:00:00 UTC"
    assert "rule  support-line  second  first  1,200" in lines
    assert lines[-1] == "… and 3 more"
    assert max(map(len, lines)) <= 80


def test_the_busiest_hours_are_a_picture(monkeypatch: pytest.MonkeyPatch) -> None:
    result = run(monkeypatch, Desk(HOURS), "hours")

    lines = result.output.splitlines()
    tuesday = next(line for line in lines if line.startswith("tue"))
    assert tuesday[5 + 2 * 9 : 5 + 2 * 10] == "██"
    assert tuesday[5 + 2 * 14 : 5 + 2 * 15] == "▁▁"  # few are seen, too
    assert tuesday.endswith(" 101")
    assert "Busiest: tue 09–10 (100), mon 14–15 (1), tue 14–15 (1)" in lines
    assert "107 messages, 107 of them by customers" in lines
    assert max(map(len, lines)) <= 80
    assert {east_asian_width(sign) for sign in tuesday} <= {"Na", "N", "A"}


def test_an_hour_without_a_message_is_none_of_the_busiest(monkeypatch: pytest.MonkeyPatch) -> None:
    [table] = HOURS
    rows = tuple((day, hour, int(number == 100), 0) for day, hour, number, _ in table.rows)

    result = run(monkeypatch, Desk([table.model_copy(update={"rows": rows})]), "hours")

    assert "Busiest: tue 09–10 (1)" in result.output.splitlines()


def test_days_and_times_are_typed_as_the_zone_has_them(monkeypatch: pytest.MonkeyPatch) -> None:
    desk = Desk(HANDOFFS)

    run(monkeypatch, desk, "waiting", "--from", "2026-03-01", "--to", "2026-03-02T09:30", "--utc")

    (query,) = desk.asked
    assert query.name is ReportName.WAITING
    assert query.since == datetime(2026, 3, 1, tzinfo=UTC)
    assert query.until == datetime(2026, 3, 2, 9, 30, tzinfo=UTC)


def test_json_has_the_tables_as_they_are(monkeypatch: pytest.MonkeyPatch) -> None:
    result = run(monkeypatch, Desk(HANDOFFS), "handoffs", "--json", "--table", "lines")

    document: dict[str, Any] = json.loads(result.output)
    assert [table["name"] for table in document["tables"]] == ["lines"]
    assert document["tables"][0]["rows"] == [["rule", "support-line", "second", "first", 1200]]


def test_csv_is_one_table(monkeypatch: pytest.MonkeyPatch) -> None:
    result = run(monkeypatch, Desk(HANDOFFS), "handoffs", "--csv")

    assert result.output == "how,rule,from,to,times\nrule,support-line,second,first,1200\n"


@pytest.mark.parametrize(
    "cell", ["=1+1", "+49", "-5", "@sum", "\t=1", " =1", '=HYPERLINK("http://x","y")', "\n=1"]
)
def test_no_cell_of_csv_is_taken_for_a_formula(cell: str) -> None:
    written = as_csv(ReportTable(name="t", columns=(text("a"), Column(name="b")), rows=((cell, -1.5),)))

    (_, row) = csv.reader(StringIO(written, newline=""))
    assert row == [f"'{cell}", "-1.5"]


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["wating"], "is not one of"),
        (["waiting", "--from", "yesterday"], "'yesterday' is no time: write it as 2026-03-02"),
        (["waiting", "--from", "2026-03-02", "--to", "2026-03-01"], "before it has begun"),
        (["hours", "--zone", "Berlin"], "unknown time zone 'Berlin'"),
        (["hours", "--json", "--csv"], "--csv or --json, not both"),
        (["handoffs", "--table", "persons"], "no table 'persons'; it has lines, people"),
    ],
)
def test_a_wrong_use_is_explained(monkeypatch: pytest.MonkeyPatch, arguments: list[str], said: str) -> None:
    result = run(monkeypatch, Desk(HANDOFFS), *arguments)

    assert result.exit_code in (1, 2)
    assert said in result.output


@pytest.mark.parametrize(
    ("seconds", "said"),
    [
        (0, "0 s"),
        (59.4, "59 s"),
        (90, "2 min"),
        (3599, "1 h"),
        (7500, "2 h 5 min"),
        (86399, "1 d"),
        (100 * 3600, "4 d 4 h"),
    ],
)
def test_a_duration_is_said_in_two_units_at_most(seconds: float, said: str) -> None:
    assert length(seconds) == said
