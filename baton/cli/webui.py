"""Addresses in Temporal's Web UI."""

from __future__ import annotations

from urllib.parse import quote

from baton.settings import HOST, load_settings


def ui_address(given: str | None) -> str:
    """Where the UI is: as given, or that of ``baton up``."""
    return given or f"http://{HOST}:{load_settings().ui_port}"


def namespace() -> str:
    """The namespace that the environment configures."""
    # It takes long, and only commands that print such an address need it.
    from baton.temporal.environment import connect_config

    return connect_config().get("namespace") or "default"


def list_address(ui: str, namespace: str, query: str | None = None) -> str:
    """The address of the UI's list of workflows, all of them or those that a filter finds."""
    every = f"{ui.rstrip('/')}/namespaces/{quote(namespace, safe='')}/workflows"
    return every if query is None else f"{every}?query={quote(query, safe='')}"
