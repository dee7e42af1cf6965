"""The settings, with their defaults."""

from __future__ import annotations

from pathlib import Path

from pydantic.fields import FieldInfo

from baton.settings import CHECKOUT, PREFIX, Settings
from docs.parts.markdown import filled, sentence


def settings() -> str:
    return "\n".join(_setting(name, info) for name, info in Settings.model_fields.items())


def _setting(name: str, info: FieldInfo) -> str:
    units = {"minutes": "minutes", "seconds": "seconds"}
    unit = next((unit for word, unit in units.items() if word in name.split("_")), "")
    said = f"`{PREFIX}{name.upper()}` – {f'{unit}, ' if unit else ''}default {_default(name, info)}"
    return f"- {said}.\n" + filled(f"  {sentence(info.description)}", "  ")


_MADE = {
    "data_dir": "`.baton`",
    "rules_file": "`deploy/rules/support-lines.yaml`",
    "templates_file": "`deploy/templates/several-departments.yaml`",
    "directory_file": "`deploy/directory/demo.yaml`",
    "database_url": "`baton.db` in the data folder",
    "gateway_token_file": "`gateway.token` in the data folder",
    "language": "the machine's, or `en`",
    "ui_origin": "`http://127.0.0.1:` and `BATON_UI_PORT`",
}
"""Defaults that are made from other settings, where these are not set."""


def _default(name: str, info: FieldInfo) -> str:
    if info.default_factory is not None:
        return _MADE[name]
    value = info.get_default(call_default_factory=False)
    if isinstance(value, Path):
        value = value.relative_to(CHECKOUT) if value.is_absolute() else value
    return "none" if value in ({}, None) else f"`{value}`"
