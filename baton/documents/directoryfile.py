"""Directory files: who works here, as people write it down."""

from __future__ import annotations

from pathlib import Path

from baton.documents.directory import Directory
from baton.documents.yaml import parse_yaml, read_yaml


def load_directory(path: Path) -> Directory:
    """The directory in a file. Raises ``DocumentError`` with every mistake in it."""
    return read_yaml(path).load(Directory)


def parse_directory(text: str, file: str) -> Directory:
    """The directory in a text; ``file`` names it in messages. As `load_directory`."""
    return parse_yaml(text, file).load(Directory)
