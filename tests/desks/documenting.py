"""Whether the page of a desk says of each field of its mapping what the code says."""

from __future__ import annotations

import re
from pathlib import Path

from pydantic import BaseModel
from pydantic_core import PydanticUndefined

from helpdesks.outside.mapping import DeskMapping

CHECKOUT = Path(__file__).parents[2]


def check_fields(desk: str, mapping: type[DeskMapping]) -> None:
    """Fail if a field is missing there, or has another default or description."""
    text = (CHECKOUT / f"docs/desks/{desk}.md").read_text(encoding="utf-8")
    shown = dict(re.findall(r"^- `(\w+)` – (.*)\.$", text, re.MULTILINE))
    assert shown == {name: _default(info.default) for name, info in mapping.model_fields.items()}
    for name, info in mapping.model_fields.items():
        said = " ".join((info.description or "").replace("``", "`").split())
        assert said in " ".join(text.split()), name


def _default(value: object) -> str:
    if value is PydanticUndefined:
        return "required"
    if isinstance(value, BaseModel):
        fields = {name: getattr(value, name) for name in type(value).model_fields}
        return f"default {'; '.join(f'{name}: {_names(names)}' for name, names in fields.items())}"
    if isinstance(value, bool):
        return f"default `{str(value).lower()}`"
    return "default none" if value in ({}, None) else f"default `{value}`"


def _names(value: object) -> str:
    return ", ".join(f"`{one}`" for one in (value if isinstance(value, tuple) else (value,)))
