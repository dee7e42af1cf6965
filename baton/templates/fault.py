"""What can be wrong with a text."""

from __future__ import annotations


class Fault(Exception):
    """A mistake in a text: in which line (from 1) it is, and what to do about it."""

    def __init__(self, line: int, what: str, hint: str = "") -> None:
        self.line = line
        self.what = what
        self.hint = hint
        super().__init__(f"line {line}: {what}")
