"""Temporal's own configuration, from its environment variables and its file: see docs/settings.md."""

from __future__ import annotations

from temporalio.envconfig import ClientConfig, ClientConnectConfig

from baton.errors import SettingsError


def connect_config() -> ClientConnectConfig:
    """What is configured for a connection to Temporal; only what is set.

    Raises ``SettingsError``: no such profile, or a file that cannot be read.
    """
    try:
        return ClientConfig.load_client_connect_config()
    except (OSError, ValueError, RuntimeError) as error:
        raise SettingsError(
            "Temporal's configuration (its file, and the variables TEMPORAL_…) cannot be used: "
            f"{str(error).strip()}"
        ) from None
