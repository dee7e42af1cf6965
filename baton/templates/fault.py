"""What can be wrong with a text."""

from __future__ import annotations


class Fault(Exception):
    """What is wrong with a text: in which of its lines (from 1), and what to do about it."""

    def __init__(self, line: int, what: str, hint: str = "") -> None:
        self.line = line
        self.what = what
        self.hint = hint
        super().__init__(f"line {line}: {what}")
