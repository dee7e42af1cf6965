"""What the files of a new company say to people, in a language, and the shipped files they begin with."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

from baton.texts import Language


class DirectoryComments(NamedTuple):
    """The comments in ``directory.yaml``, before each part."""

    head: str
    calendars: str
    """And the calendar itself, with ``timezone`` and ``weekly`` to be filled in."""
    lines: str
    departments: str
    labels: str
    staff: str
    """With ``line`` to be filled in."""


class RulesComments(NamedTuple):
    """What is written around the shipped rules in ``rules.yaml``."""

    shipped: Path
    head: str
    """With ``name``, what the line for chats is called in the middle of a sentence."""
    head_without_lines: str
    reading: str
    """How the part that says how to read a rule begins."""
    tickets: str
    """How the part about tickets begins."""
    line: Callable[[str], str]
    """What a line is called in the middle of a sentence; without a name: the line for chats."""
    about: Callable[[str, str], str]
    """A text about line 1 as one about a line with this name, which may be empty."""


class TemplatesComments(NamedTuple):
    """What is written around the shipped beginning in ``templates.yaml``."""

    shipped: Path
    head: str
    reading: str
    none_yet: str
    all: str
    """Templates for ``departments``, with ``name``, ``quiet``, ``until`` and ``by`` to be filled in."""
    until: str
    by: str
    conjunction: str
    quiet: str
    """With ``names`` to be filled in."""


class Samples(NamedTuple):
    """All of one language."""

    directory: DirectoryComments
    rules: RulesComments
    templates: TemplatesComments


def samples_in(language: Language) -> Samples:
    """The samples in a language."""
    # Here, because only one of them is needed.
    if language is Language.RU:
        from local.init.russian import SAMPLES
    else:
        from local.init.english import SAMPLES
    return SAMPLES
