"""The JSON Schema of the template language, for editors. Generated from the models, the same every time."""

from __future__ import annotations

from typing import Any

from baton.rules.schema import schema_of, schema_text
from baton.templates.language import TemplateFile


def templates_schema() -> dict[str, Any]:
    """The schema of template files, as plain data."""
    return schema_of(TemplateFile, "Templates of Baton")


def templates_schema_text() -> str:
    """The schema of template files, as it is written into a file."""
    return schema_text(templates_schema())
