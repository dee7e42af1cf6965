"""Connecting to Temporal: by its own configuration, with the keys of Baton's settings."""

from __future__ import annotations

import re
from collections.abc import Sequence

from temporalio.client import Client, Interceptor
from temporalio.envconfig import ClientConnectConfig
from temporalio.runtime import Runtime
from temporalio.service import RPCError

from baton.errors import ConnectionFailed, SettingsError
from baton.settings import Settings, load_settings
from baton.temporal.codec import EncryptionCodec
from baton.temporal.environment import connect_config
from baton.temporal.keys import KeyRing
from baton.temporal.plugin import BatonPlugin
from baton.temporal.reasons import reason

_ADDRESS = re.compile(r"(\[[0-9a-fA-F:.]+\]|[^\s/:\[\]]+):[0-9]{1,5}")
"""A host, or an IPv6 address in brackets, and a port."""


async def connect(settings: Settings | None = None, runtime: Runtime | None = None) -> Client:
    """A Temporal client by Temporal's environment configuration, with Baton's plugin.

    Args:
        settings: whether payloads are encrypted, and whether there are traces; read from the environment if
            left out.
        runtime: where the client's metrics go; nowhere if left out.

    Raises:
        ConnectionFailed: names the address, and says why.
        SettingsError: a setting, Temporal's configuration, or the file of the keys is wrong.
    """
    plugin = plugin_for(settings or load_settings())
    config = _configured()
    try:
        return await Client.connect(**config, plugins=[plugin], runtime=runtime)
    except (RuntimeError, ValueError, RPCError) as error:
        raise ConnectionFailed(
            f"Temporal cannot be reached at {config['target_host']} (namespace {config['namespace']}): "
            f"{reason(str(error))}. The address is set by TEMPORAL_ADDRESS."
        ) from None


def _configured() -> ClientConnectConfig:
    """What Temporal's configuration says. Raises ``SettingsError`` if it cannot be used."""
    config = connect_config()
    config.setdefault("target_host", "localhost:7233")
    config.setdefault("namespace", "default")
    if not _ADDRESS.fullmatch(config["target_host"]):
        raise SettingsError(
            f"TEMPORAL_ADDRESS is {config['target_host']!r}: an address is a host and a port, such as "
            "localhost:7233."
        )
    return config


def plugin_for(settings: Settings) -> BatonPlugin:
    """The plugin for clients, workers and replays, with the keys that the settings name.

    Raises ``SettingsError``, which says what is wrong with the file of the keys, or missing for traces.
    """
    codec = None
    if settings.encryption_keys_file is not None:
        keys = KeyRing.read(settings.encryption_keys_file)
        codec = EncryptionCodec(keys, required=settings.encryption_required)
    return BatonPlugin(codec, _tracing() if settings.tracing else ())


def _tracing() -> Sequence[Interceptor]:
    try:
        from baton.temporal.tracing import CaseTracing  # not needed without traces
    except ImportError as error:
        raise SettingsError(
            f"BATON_TRACING is set, but a package for it is not installed ({error.name}): "
            "pip install 'baton-desk[tracing]'"
        ) from None
    return [CaseTracing()]
