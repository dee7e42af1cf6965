"""How much a text may do while it is rendered: a budget of steps and of characters.

The author of a text need not be a programmer, and texts are rendered where chats are decided. A loop in a
loop, or a width of a million, must not hold up those chats. So code that repeats something takes steps, and
code that makes text takes its characters **before** it is made; when nothing is left, the text is wrong.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Any, NamedTuple


class Work(NamedTuple):
    """What one rendering may take."""

    steps: int = 1_000_000
    """Each turn of a loop takes as many as its body has parts."""
    characters: int = 10_000_000
    """Characters that filters and operators read and write, and that are put out."""


class TooMuch(Exception):
    """A text asks for more than its `Work`."""


class _Left:
    """What is left of a `Work`."""

    def __init__(self, work: Work) -> None:
        self.work = work
        self.steps, self.characters = work


_left: ContextVar[_Left] = ContextVar("baton_template_work")


@contextmanager
def bounded(work: Work) -> Iterator[None]:
    """Limit the work of the current task or thread within the block. Raises `TooMuch`."""
    token = _left.set(_Left(work))
    try:
        yield
    finally:
        _left.reset(token)


def take_steps(number: int) -> None:
    """Ask for steps before they are done. Raises `TooMuch`."""
    left = _left.get()
    left.steps -= number
    if left.steps < 0:
        raise TooMuch(
            f"this takes more than {left.work.steps:,} steps\nloop over fewer things, or say less for each"
        )


def take_characters(number: int) -> None:
    """Ask for characters before they are made. Raises `TooMuch`."""
    left = _left.get()
    left.characters -= number
    if left.characters < 0:
        raise TooMuch(
            f"this takes more than {left.work.characters:,} characters\nuse smaller widths and fewer filters"
        )


def take_for(value: object) -> None:
    """Ask for what it takes to read a value once. Raises `TooMuch`."""
    match value:
        case str():
            take_characters(len(value))
        case list() | tuple():
            # With everything in it: a short list of lists can contain more than there is room for.
            take_steps(1 + len(value))
            for item in value:
                take_for(item)


def counted(values: Iterable[Any], weight: int = 1) -> Iterator[Any]:
    """The values; each takes this many steps."""
    for value in values:
        take_steps(max(weight, 1))
        yield value
