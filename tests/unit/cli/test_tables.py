"""Tables: whole rows where they fit, and words that are never cut."""

from __future__ import annotations

from collections.abc import Sequence

import click
import pytest
from click.testing import CliRunner
from hypothesis import given
from hypothesis import strategies as st
from rich.cells import cell_len

from baton.cli.tables import print_table

COLUMNS = ("Ticket", "Who", "Due (UTC)", "Why", "Text")
ROW = (
    "t-3855adfc16c24a07",
    "billing, delivery, warranty",
    "2026-11-30 17:00",
    "all are full",
    "Where is it?",
)


def printed(
    columns: Sequence[str],
    rows: Sequence[Sequence[str]],
    width: int | None,
    *,
    whole: Sequence[str] = (),
    prose: Sequence[str] = (),
) -> list[str]:
    """The lines of a table."""

    @click.command()
    def show() -> None:
        print_table(columns, rows, "nothing", whole=whole, prose=prose)

    runner = CliRunner(env={"COLUMNS": str(width) if width else None})
    return runner.invoke(show, catch_exceptions=False).output.splitlines()


def of_tickets(width: int | None, *rows: Sequence[str]) -> list[str]:
    return printed(COLUMNS, rows or [ROW], width, whole=("Due (UTC)",), prose=("Why", "Text"))


def test_without_a_terminal_a_row_is_a_line_however_long() -> None:
    _, row = of_tickets(None, (*ROW[:-1], "very " * 500))

    assert row.endswith("very very")


def test_where_there_is_room_a_row_is_a_line() -> None:
    heading, row = of_tickets(120)

    assert heading.split("  ")[0] == "Ticket"
    assert heading.index("Due") == row.index("2026")


def test_in_a_narrow_terminal_prose_goes_under_the_row_and_cells_are_wrapped_at_spaces() -> None:
    assert of_tickets(56) == [
        "Ticket              Who                 Due (UTC)",
        "t-3855adfc16c24a07  billing, delivery,  2026-11-30 17:00",
        "                    warranty",
        "  all are full",
        "  Where is it?",
    ]


def test_in_a_narrower_one_other_columns_follow_each_with_its_name() -> None:
    assert of_tickets(40, ROW, ("T-1", "everyone", "–", "", "")) == [
        "Ticket              Who",
        "t-3855adfc16c24a07  billing, delivery,",
        "                    warranty",
        "  Due (UTC): 2026-11-30 17:00",
        "  all are full",
        "  Where is it?",
        "T-1                 everyone",
    ]


def test_wide_letters_count_as_two() -> None:
    heading, row = printed(("Name", "Line"), [("日本語の名前", "line-1")], 80)

    assert cell_len(row[: row.index("line-1")]) == heading.index("Line")


def test_an_empty_table_says_so() -> None:
    assert printed(("Name",), [], 80) == ["nothing"]


WORD = st.text("abcdefgh-日", min_size=1, max_size=18)
CELL = st.lists(WORD, max_size=6).map(" ".join)


@given(
    rows=st.lists(st.lists(CELL, min_size=4, max_size=4), min_size=1, max_size=4),
    width=st.integers(40, 120),
    prose=st.integers(0, 3),
)
def test_every_word_is_there_whole_and_no_line_is_too_long(
    rows: list[list[str]], width: int, prose: int
) -> None:
    columns = ("One", "Two", "Three", "Four")

    lines = printed(columns, rows, width, whole=("Two",), prose=columns[len(columns) - prose :])

    said = sorted(" ".join(lines).replace(":", "").split())
    # A column that went under the row is named there, if it says something.
    expected = [word for row in rows for cell in row for word in cell.split()]
    assert [word for word in said if word not in columns] == sorted(expected)
    longest = max((cell_len(row[0]) for row in rows), default=0)
    whole = max(cell_len(row[1]) for row in rows)
    assert max(map(cell_len, lines)) <= max(width, longest, whole + 7)


@pytest.mark.parametrize("width", [14, 20])
def test_only_a_word_longer_than_a_line_is_cut(width: int) -> None:
    lines = printed(("ID", "Note"), [("x" * 25, "short")], width)

    assert "".join(line for line in lines if "x" in line) == "x" * 25
    assert max(map(len, lines)) <= width
    assert "  Note: short" in lines
