"""Markdown whose lines are short enough to be read as text."""

from __future__ import annotations

import textwrap
from collections.abc import Iterable, Sequence

WIDTH = 110


def table(header: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """A Markdown table whose lines are short enough to be read as text."""
    written = ["| " + " | ".join(cells) + " |" for cells in (header, *rows)]
    written.insert(1, "|" + "---|" * len(header))
    for line in written:
        if len(line) > WIDTH:
            raise ValueError(f"a row is {len(line)} wide; {WIDTH} are allowed: {line}")
    return "\n".join(written)


def mermaid(text: str) -> str:
    return f"```mermaid\n{text.rstrip()}\n```"


def code(*names: str) -> str:
    return ", ".join(f"`{name}`" for name in names)


def sentence(text: str | None) -> str:
    """A docstring on one line, its names in Markdown."""
    return " ".join((text or "").replace("``", "`").split())


def filled(text: str, indent: str = "") -> str:
    """The text in lines that are short enough."""
    return textwrap.fill(
        text, WIDTH, subsequent_indent=indent, break_long_words=False, break_on_hyphens=False
    )
