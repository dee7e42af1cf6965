"""How commands write colours and progress to the terminal. Lines are ``screen``'s, tables ``tables``'."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from rich.console import Console, ConsoleOptions, RenderableType
from rich.segment import Segment

from baton.signs import visible


class Screen(Console):
    """A console for tables and for progress. Text is not read as markup."""

    def __init__(self, *, stderr: bool = False, **options: Any) -> None:
        super().__init__(stderr=stderr, markup=False, highlight=False, emoji=False, **options)

    def render(self, renderable: RenderableType, options: ConsoleOptions | None = None) -> Iterable[Segment]:
        """See base class."""
        for text, style, control in super().render(renderable, options):
            # Intended control codes, such as those of a progress bar, are in segments of their own.
            yield Segment(text if control else visible(text), style, control)
