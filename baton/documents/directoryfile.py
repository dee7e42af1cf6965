"""Directory files: who works here, written by people."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from baton.documents.directory import DANGLING, Directory
from baton.documents.yaml import read_yaml
from baton.errors import DocumentError, Problem


def load_directory(path: Path) -> Directory:
    """The directory in a file. Raises ``DocumentError`` with every mistake in it."""
    return read_yaml(path).load(Directory)


def read_directory(path: Path) -> tuple[Directory | None, list[Problem]]:
    """The directory in a file as far as it goes, and the mistakes in it.

    If every mistake is a reference to nothing, there is a directory all the same: its names can be looked up.
    """
    try:
        document = read_yaml(path)
    except DocumentError as error:
        return None, error.problems
    try:
        return document.load(Directory), []
    except DocumentError as error:
        known, _ = replace(document, context=DANGLING).check(Directory)
        return known, error.problems
