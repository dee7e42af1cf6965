"""Who may import whom, as the import contracts have it."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterable, Mapping
from typing import Any

from baton.settings import CHECKOUT
from docs.parts.markdown import code, filled, mermaid

ROOMS = {
    "tests": "what all of this promises",
    "lab": "measurements, a cluster, what tests share",
    "worker": "worker.py<br/>puts the service together",
    "gateway": "HTTP API, console, codec server",
    "replaygate": "the gate before a deploy",
    "local": "commands that need the checkout",
    "docs": "the documentation, and the code that writes it",
    "activities": "decide, write, housekeeping",
    "workflows": "the durable shell of a case",
    "helpdesks": "where cases live",
    "baton": "model, rules, contract, client, command",
    "deploy": "rules, image, manifests: no code",
    "findings": "what surprised us: imported by nobody",
}
"""Each top-level folder, and ``worker.py``: what is in it."""

PRODUCT = frozenset({"baton", "workflows", "activities", "helpdesks", "gateway", "local", "replaygate"})
NO_PACKAGES: Mapping[str, frozenset[str]] = {
    "worker": PRODUCT - {"gateway", "local", "replaygate"},
    "docs": frozenset({"baton"}),
    "tests": PRODUCT | {"lab", "worker", "docs"},
    "deploy": frozenset(),
    "findings": frozenset(),
}
"""What these may import. import-linter knows packages only, so a test reads their imports."""


def import_contracts() -> tuple[list[str], list[dict[str, Any]]]:
    """The packages that import-linter looks at, and its contracts."""
    with (CHECKOUT / "pyproject.toml").open("rb") as file:
        linter = tomllib.load(file)["tool"]["importlinter"]
    return linter["root_packages"], linter["contracts"]


def may_import() -> Mapping[str, frozenset[str]]:
    """Which room may import which others."""
    roots, contracts = import_contracts()
    found = dict(NO_PACKAGES)
    for room in roots:
        (forbidden,) = (
            set(one["forbidden_modules"])
            for one in contracts
            if one["type"] == "forbidden" and one["source_modules"] == [room]
        )
        found[room] = frozenset(ROOMS.keys() - {room, "deploy"} - forbidden)
    return found


def rooms() -> str:
    """Arrows to what a room may import; what can be reached through another arrow is not drawn again.

    Raises ``ValueError`` where that would say too much: where a room may import another room, but not what
    that room may import.
    """
    may = may_import()
    lines = ["flowchart TD"]
    lines += [f'    {room}["{_titled(room, about)}"]' for room, about in ROOMS.items()]
    for room in ROOMS:
        behind = frozenset[str]().union(*(may[other] for other in may[room]))
        if not behind <= may[room]:
            raise ValueError(
                f"{room} may not import {sorted(behind - may[room])}, which are behind its arrows"
            )
        lines += _arrows(room, may[room] - behind)
    return mermaid("\n".join(lines))


def _titled(room: str, about: str) -> str:
    return about if room == "worker" else f"{room}<br/>{about}"


def _arrows(room: str, others: Iterable[str]) -> list[str]:
    return [f"    {room} --> {other}" for other in ROOMS if other in set(others)]


def layers() -> str:
    """The layers of ``baton``, from the one that knows most to the one that knows nothing of the others."""
    _, contracts = import_contracts()
    (layered,) = (one for one in contracts if one["type"] == "layers")
    present = {path.stem for path in (CHECKOUT / "baton").iterdir()}
    rows = []
    for layer in layered["layers"]:
        names = [name for name in re.findall(r"\w+", layer) if name in present]
        if names:
            rows.append(code(*names))
    return "\n".join(filled(f"{number}. {row}", "   ") for number, row in enumerate(rows, 1))
