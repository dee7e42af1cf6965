"""How reports are shown on a terminal: tables, and a picture of the busiest hours."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from typing import Any

from baton.cli.screen import echo
from baton.cli.shared import count
from baton.cli.tables import print_table
from baton.cli.times import minute, moment
from baton.desk.reports import Column, Report, ReportName, ReportTable, Unit, Value

_BLOCKS = " ▁▂▃▄▅▆▇█"
_EMPTY = "Nothing in this period."
_HEADINGS = {
    "p90": "90%",
    "open_median": "median, open hours",
    "open_p90": "90%, open hours",
    "open_late": "late, open hours",
    "open_waits": "waits, open hours",
    "from_line": "from line",
    "to_line": "to line",
}
_TITLES: Mapping[tuple[str, str], str] = {
    (ReportName.HANDOFFS, "lines"): "From line to line",
    (ReportName.HANDOFFS, "people"): "From person to person",
    (ReportName.LATE, "overdue"): "Departments whose answer is overdue",
    (ReportName.LATE, "waiting"): "Customers who have waited longest",
}


def show(report: Report) -> None:
    """Print a report."""
    of_line = f", line {report.line}" if report.line else ""
    if report.name is ReportName.LATE:
        echo(f"Late at {moment(report.until)}{of_line}")
    else:
        echo(f"{moment(report.since)} to {moment(report.until)}{of_line}")
    for table in report.tables:
        echo()
        title = _TITLES.get((report.name, table.name))
        if title:
            echo(title, bold=True)
        if report.name is ReportName.HOURS:
            _picture(table, report.zone or "")
        else:
            _table(table)


def _table(table: ReportTable) -> None:
    print_table(
        [_HEADINGS.get(column.name, column.name).capitalize() for column in table.columns],
        [[_cell(column, value) for column, value in _paired(table.columns, row)] for row in table.rows],
        _EMPTY,
    )
    if table.left_out:
        echo(f"… and {table.left_out:,} more")


def _paired(columns: Sequence[Column], row: Sequence[Value]) -> Sequence[tuple[Column, Value]]:
    return list(zip(columns, row, strict=True))


def _cell(column: Column, value: Value) -> str:
    return "–" if value is None or value == "" else _SHOWN[column.unit](value)


def length(seconds: float) -> str:
    """A duration for people, in at most two units: ``45 s``, ``3 min``, ``2 h 5 min``, ``3 d 4 h``."""
    if seconds < 60:
        return f"{seconds:.0f} s"
    minutes = round(seconds / 60)
    if minutes < 60:
        return f"{minutes} min"
    hours, minutes = divmod(minutes, 60)
    if hours < 24:
        return f"{hours} h {minutes} min" if minutes else f"{hours} h"
    days, hours = divmod(hours, 24)
    return f"{days} d {hours} h" if hours else f"{days} d"


_SHOWN: Mapping[Unit, Callable[[Any], str]] = {
    Unit.TEXT: str,
    Unit.NUMBER: lambda number: f"{number:,}",
    Unit.SECONDS: length,
    Unit.TIME: lambda at: minute(datetime.fromisoformat(at)),
}


def _picture(table: ReportTable, zone: str) -> None:
    """A line for each weekday, a block for each hour; the higher, the more messages."""
    messages = {(str(row[0]), int(row[1] or 0)): int(row[2] or 0) + int(row[3] or 0) for row in table.rows}
    most = max(messages.values(), default=0)
    if not most:
        echo(_EMPTY)
        return
    echo(f"Messages by hour, {zone}")
    echo("     " + "".join(f"{hour:<6}" for hour in range(0, 24, 3)) + "  all")
    for day in dict.fromkeys(day for day, _ in messages):
        of_day = [messages[day, hour] for hour in range(24)]
        echo(f"{day}  " + "".join(_block(number, most) * 2 for number in of_day) + f"{sum(of_day):>6,}")
    busiest = sorted(filter(messages.get, messages), key=lambda one: -messages[one])[:3]
    said = ", ".join(f"{day} {hour:02}–{hour + 1:02} ({messages[day, hour]:,})" for day, hour in busiest)
    echo()
    echo(f"Busiest: {said}")
    customers = sum(int(row[2] or 0) for row in table.rows)
    echo(f"{count(sum(messages.values()), 'message')}, {customers:,} of them by customers")


def _block(number: int, most: int) -> str:
    """A block as high as the number; whatever is there is seen."""
    return _BLOCKS[0] if not number else _BLOCKS[max(1, round(number / most * (len(_BLOCKS) - 1)))]
