"""The directory as people write it: YAML that leaves out what is the default."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from typing import Any

from baton.documents.directory import Directory
from baton.signs import escaped

# What a YAML reader takes for text without quotes, whatever its version: no numbers, dates or "no".
_PLAIN = re.compile(r"[A-Za-z][\w-]*(?: [\w-]+)*", re.ASCII)
_WORDS = frozenset({"y", "n", "yes", "no", "on", "off", "true", "false", "null"})


def as_yaml(directory: Directory) -> str:
    """The directory as a document; reading it again gives the same directory."""
    document = directory.model_dump(mode="json", exclude_defaults=True)
    for calendar in document.get("calendars", {}).values():
        if "days_off" in calendar:
            calendar["days_off"] = sorted(calendar["days_off"])
        for day, intervals in calendar.get("weekly", {}).items():
            calendar["weekly"][day] = ["-".join(time.removesuffix(":00") for time in it) for it in intervals]
        if list(calendar.get("holidays", ())) == ["country"]:
            calendar["holidays"] = calendar["holidays"]["country"]
    return ("\n".join(_lines(document, "")) or "{}") + "\n"


def _lines(document: Mapping[str, Any], indent: str) -> Iterator[str]:
    for key, value in document.items():
        name = f"{indent}{_scalar(key)}:"
        if isinstance(value, dict) and value:
            yield name
            yield from _lines(value, indent + "  ")
        else:
            yield f"{name} {_value(value)}"


def _value(value: Any) -> str:
    if isinstance(value, list):
        return f"[{', '.join(map(_value, value))}]"
    return _scalar(value) if isinstance(value, str) else json.dumps(value)


def _scalar(text: str) -> str:
    if _PLAIN.fullmatch(text) and text.lower() not in _WORDS:
        return text
    return escaped(json.dumps(text, ensure_ascii=False), astral="\\U{:08x}")
