"""Addresses in Temporal's Web UI."""

from __future__ import annotations

from urllib.parse import quote


def list_address(ui: str, namespace: str, query: str | None = None) -> str:
    """The address of the UI's list of workflows, all of them or those that a filter finds."""
    every = f"{ui.rstrip('/')}/namespaces/{quote(namespace, safe='')}/workflows"
    return every if query is None else f"{every}?query={quote(query, safe='')}"
