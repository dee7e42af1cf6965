"""Addresses in Temporal's Web UI."""

from __future__ import annotations

from baton.running import RunningStack, running_in
from baton.settings import HOST, load_settings


def ui_address(given: str | None) -> str:
    """Where the UI is: as given, else that of the running ``baton up``, else where that would be.

    A stack that runs does not count if another Temporal is configured.
    """
    if given:
        return given
    settings = load_settings()
    stack = running_in(settings.data_dir)
    if stack is not None and _is_configured(stack):
        return stack.ui
    return f"http://{HOST}:{settings.ui_port}"


def _is_configured(stack: RunningStack) -> bool:
    # It takes long, and only commands that print such an address need it.
    from baton.temporal.environment import connect_config

    address = connect_config().get("target_host")
    return address is None or _place(address) == _place(stack.address)


def _place(address: str) -> tuple[str, str]:
    host, _, port = address.rpartition(":")
    return HOST if host == "localhost" else host, port


def namespace() -> str:
    """The namespace that the environment configures."""
    from baton.temporal.environment import connect_config  # here for the same reason

    return connect_config().get("namespace") or "default"
