"""Finds the metrics and labels in a PromQL expression. Enough for the expressions of this project."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

from tests.deployed import DEPLOY, document

MONITORING = DEPLOY / "monitoring"
RULES = MONITORING / "baton.rules.yaml"
RULE_TESTS = MONITORING / "baton.rules.test.yaml"
DASHBOARDS = sorted(MONITORING.glob("*.json"))

FUNCTIONS = {
    *("sum", "min", "max", "rate", "increase", "histogram_quantile", "absent", "vector"),
    *("clamp_min", "sort_desc", "count", "count_over_time", "on", "time"),
}
_WORDS = {"by", "or", "and", "unless", "without"}
_NAME = re.compile(r"\b[a-zA-Z_:][\w:]*\b(?!\s*\()")


class Named(NamedTuple):
    """The names in one expression: metrics, with the labels that select them, and the labels to group by."""

    metrics: dict[str, set[str]]
    grouped: set[str]
    functions: set[str]
    where: str = ""
    text: str = ""


def named(expression: str, where: str = "") -> Named:
    matched = dict(_matchers(expression))
    bare = re.sub(r'"[^"]*"', '""', expression)
    grouping = re.findall(r"\b(?:by|without)\s*\(([^)]*)\)", bare)
    grouped = {label for group in grouping for label in re.findall(r"\w+", group)}
    bare = re.sub(r"\b(?:by|without)\s*\([^)]*\)", "", bare)
    bare = re.sub(r"\[[^\]]*\]|\{[^}]*\}", "", bare)  # ranges, and labels
    found = {name: matched.get(name, set()) for name in _NAME.findall(bare) if name not in _WORDS}
    return Named(found, grouped, set(re.findall(r"\b([a-z_]+)\s*\(", bare)) - _WORDS, where, expression)


def _matchers(expression: str) -> Iterator[tuple[str, set[str]]]:
    for name, matchers in re.findall(r"([a-zA-Z_:][\w:]*)\{([^}]*)\}", expression):
        yield name, set(re.findall(r'(\w+)\s*(?:=~|!~|!=|=)\s*"', matchers))


def alerts() -> list[dict[str, Any]]:
    return [rule for group in document(RULES)["groups"] for rule in group["rules"]]


def dashboard(path: Path) -> dict[str, Any]:
    read: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
    return read


def expressions() -> Iterator[Named]:
    """All that dashboards and alerts ask for."""
    for rule in alerts():
        yield named(rule["expr"], rule["alert"])
    for path in DASHBOARDS:
        for panel in dashboard(path)["panels"]:
            for target in panel["targets"]:
                yield named(target["expr"], f"{path.stem}: {panel['title']}")
