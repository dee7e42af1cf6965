"""Directories as tests write them."""

from __future__ import annotations

from baton.documents.directory import Directory
from baton.documents.yaml import parse_yaml


def parse_directory(text: str, file: str) -> Directory:
    """The directory in a text; ``file`` names it in messages. As `load_directory` reads a file."""
    return parse_yaml(text, file).load(Directory)
