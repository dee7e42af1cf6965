"""The files in deploy/, as tests read them."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from ruamel.yaml import YAML

from baton.settings import CHECKOUT, PREFIX, Settings

DEPLOY = CHECKOUT / "deploy"
TEMPORAL = DEPLOY / "temporal"

TEMPORAL_CONNECTION = {
    *("TEMPORAL_ADDRESS", "TEMPORAL_NAMESPACE", "TEMPORAL_API_KEY", "TEMPORAL_TLS"),
    *("TEMPORAL_TLS_CLIENT_CERT_PATH", "TEMPORAL_TLS_CLIENT_KEY_PATH"),
    *("TEMPORAL_TLS_SERVER_CA_CERT_PATH", "TEMPORAL_TLS_SERVER_NAME"),
    *("TEMPORAL_CONFIG_FILE", "TEMPORAL_PROFILE"),
}
"""What Temporal's environment configuration reads, as docs/settings.md has it."""


def documents(path: Path) -> list[Any]:
    """The YAML documents of a file."""
    return list(YAML(typ="safe").load_all(path.read_text(encoding="utf-8")))


def document(path: Path) -> Any:
    (one,) = documents(path)
    return one


def variables(path: Path) -> Mapping[str, str]:
    """The variables that an environment file sets."""
    lines = path.read_text(encoding="utf-8").splitlines()
    pairs = (line.partition("=") for line in lines if line and not line.startswith("#"))
    return {name: value for name, _, value in pairs}


def settings_of_baton() -> set[str]:
    return {f"{PREFIX}{name.upper()}" for name in Settings.model_fields}


def settings_named(text: str) -> set[str]:
    return set(re.findall(rf"\b{PREFIX}[A-Z_]*[A-Z]\b", text))


def everything() -> Iterator[Path]:
    """Each text file of deploy/ that is not a secret somebody has made here."""
    for path in sorted(DEPLOY.rglob("*")):
        if path.is_file() and "secrets" not in path.parts:
            yield path


def port(default: str) -> int:
    """The default of a setting that is a port."""
    value = Settings.model_fields[default].default
    assert isinstance(value, int)
    return value
