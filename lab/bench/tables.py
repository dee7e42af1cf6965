"""How the measurements are printed."""

from __future__ import annotations

from rich.table import Table


def table_of(title: str, *columns: str) -> Table:
    """A table whose first column says what was measured; the others are figures."""
    table = Table(title=title)
    table.add_column("")
    for column in columns:
        table.add_column(column, justify="right")
    return table
