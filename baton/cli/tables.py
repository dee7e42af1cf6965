"""Tables in a terminal, in which no word is cut.

Where the lines would be too long, cells are wrapped at spaces; where that is not enough, the last columns go
under their row. Without a terminal nothing is wrapped, so that `grep` finds whole rows.
"""

from __future__ import annotations

import os
import shutil
import sys
from collections.abc import Iterable, Iterator, Sequence
from itertools import zip_longest

from rich.cells import cell_len, chop_cells

from baton.cli.screen import echo
from baton.signs import one_line

GAP = 2
"""Blanks between two columns, and before what is under a row."""
LEGIBLE = 24
"""Characters in a line of a text that can be read without effort."""
UNWRAPPED = 100_000
NOTHING = ("", "–")
"""Cells that say nothing under a row."""


def print_table(
    columns: Sequence[str],
    rows: Iterable[Sequence[str]],
    otherwise: str,
    *,
    whole: Sequence[str] = (),
    prose: Sequence[str] = (),
) -> None:
    """A table, or the sentence ``otherwise`` if there are no rows.

    Args:
        whole: columns that are not wrapped at spaces either, such as times.
        prose: the last columns, if they are texts. They are the first to go under their row, where there is
            too little room to read them with ease, and have no name there: other columns do.
    """
    cells = [[one_line(cell) for cell in row] for row in rows]
    if not cells:
        echo(otherwise)
        return
    room = _room()
    least = [
        _least(column, [row[number] for row in cells], whole=column in whole, prose=column in prose)
        for number, column in enumerate(columns)
    ]
    natural = [max(map(cell_len, column)) for column in zip(columns, *cells, strict=True)]
    beside = _beside(least, room, len(prose))
    widths = _widths(natural[:beside], least[:beside], room)
    for line in _row(columns[:beside], widths):
        echo(line, bold=True)
    for row in cells:
        for line in _row(row[:beside], widths):
            echo(line)
        for column, cell in zip(columns[beside:], row[beside:], strict=True):
            said = cell if column in prose else f"{column}: {cell}"
            for line in _wrapped(said, room - GAP) if cell not in NOTHING else ():
                echo(f"{'':{GAP}}{line}")


def _room() -> int:
    if not sys.stdout.isatty() and "COLUMNS" not in os.environ:
        return UNWRAPPED
    return shutil.get_terminal_size().columns


def _least(column: str, cells: Sequence[str], *, whole: bool, prose: bool) -> int:
    """The least width of a column in which no word is cut, and a text can be read."""
    lines = [column, *cells]
    if whole:
        return max(map(cell_len, lines))
    longest = max((cell_len(word) for line in lines for word in line.split()), default=0)
    return max(longest, min(LEGIBLE, max(map(cell_len, lines)))) if prose else longest


def _beside(least: Sequence[int], room: int, prose: int) -> int:
    """How many columns have room beside one another; the others go under their row."""
    numbers = (len(least), *range(len(least) - prose, 0, -1))
    return next((number for number in numbers if _total(least[:number]) <= room), 1)


def _widths(natural: Sequence[int], least: Sequence[int], room: int) -> list[int]:
    """The widths of the columns: what they need; if that is too much, the widest get less."""
    for most in range(room, 0, -1):
        widths = [max(low, min(width, most)) for width, low in zip(natural, least, strict=True)]
        if _total(widths) <= room:
            return widths
    return [room]  # only the first column is left, and one of its words is longer than a line


def _total(widths: Sequence[int]) -> int:
    return sum(widths) + GAP * (len(widths) - 1)


def _row(cells: Sequence[str], widths: Sequence[int]) -> Iterator[str]:
    wrapped = [_wrapped(cell, width) for cell, width in zip(cells, widths, strict=True)]
    for parts in zip_longest(*wrapped, fillvalue=""):
        padded = (part + " " * (width - cell_len(part)) for part, width in zip(parts, widths, strict=True))
        yield (" " * GAP).join(padded).rstrip()


def _wrapped(text: str, width: int) -> list[str]:
    """The text in lines. Only a word that is longer than a line is cut."""
    lines, line = list[str](), ""
    for word in text.split():
        for part in chop_cells(word, max(width, 1)) if cell_len(word) > width else [word]:
            joined = f"{line} {part}" if line else part
            if cell_len(joined) > width:
                lines.append(line)
                joined = part
            line = joined
    return [*lines, line]
