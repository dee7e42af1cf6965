"""Addresses in Temporal's Web UI. To make one, nobody needs to import Temporal's SDK."""

from __future__ import annotations

from urllib.parse import quote


def list_address(ui: str, namespace: str, query: str | None = None) -> str:
    """The address of the UI's list of workflows, all of them or those that a filter finds."""
    every = f"{ui.rstrip('/')}/namespaces/{quote(namespace, safe='')}/workflows"
    return every if query is None else f"{every}?query={quote(query, safe='')}"


def workflow_address(ui: str, namespace: str, workflow_id: str) -> str:
    """The address of one workflow, its latest run."""
    return f"{list_address(ui, namespace)}/{quote(workflow_id, safe='')}"
