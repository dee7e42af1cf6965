"""Directory files: who works here, written by people."""

from __future__ import annotations

from pathlib import Path

from baton.documents.directory import Directory
from baton.documents.yaml import read_yaml


def load_directory(path: Path) -> Directory:
    """The directory in a file. Raises ``DocumentError`` with every mistake in it."""
    return read_yaml(path).load(Directory)
