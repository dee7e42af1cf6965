"""The way from the commands to the terminal for tables, colours and progress; for lines, see ``screen``."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from rich.console import Console, ConsoleOptions, RenderableType
from rich.segment import Segment

from baton.signs import visible


class Screen(Console):
    """A console for tables and for progress. What a text says is not read as markup."""

    def __init__(self, *, stderr: bool = False, **options: Any) -> None:
        super().__init__(stderr=stderr, markup=False, highlight=False, emoji=False, **options)

    def render(self, renderable: RenderableType, options: ConsoleOptions | None = None) -> Iterable[Segment]:
        """See base class."""
        for text, style, control in super().render(renderable, options):
            # What steers the terminal on purpose, such as a bar of progress, is in segments of its own.
            yield Segment(text if control else visible(text), style, control)
