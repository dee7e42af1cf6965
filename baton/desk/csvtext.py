"""A table of a report as CSV, which spreadsheets open without taking any of it for a formula."""

from __future__ import annotations

import csv
from io import StringIO

from baton.desk.reports import ReportTable, Value

_FORMULA = ("=", "+", "-", "@", "\t", "\r", "\n")
"""What a text begins with that a spreadsheet may calculate."""


def as_csv(table: ReportTable) -> str:
    """The table with a line of headings. A text that could be a formula gets an apostrophe before it."""
    written = StringIO()
    writer = csv.writer(written, lineterminator="\n")
    writer.writerow([column.name for column in table.columns])
    writer.writerows([_cell(value) for value in row] for row in table.rows)
    return written.getvalue()


def _cell(value: Value) -> Value:
    # Some programs skip blanks before they look.
    if isinstance(value, str) and value.lstrip(" ").startswith(_FORMULA):
        return f"'{value}"
    return value
