"""How Baton speaks to Temporal: one plugin for the client, the worker and the replayer.

All three must convert payloads in the same way, or one could not read a history that another wrote. Whether
payloads are encrypted is one argument of the plugin: see ``baton.temporal.codec``.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Awaitable, Callable, Sequence

from temporalio import client, worker
from temporalio.converter import DataConverter
from temporalio.plugin import SimplePlugin
from temporalio.runtime import Runtime
from temporalio.service import ConnectConfig, ServiceClient
from temporalio.worker import ReplayerConfig, UnsandboxedWorkflowRunner

from baton.temporal.codec import PLAIN, EncryptionCodec, encrypting
from baton.temporal.payloads import PlainFailures
from baton.temporal.threads import exit_safely


def _converter(codec: EncryptionCodec | None) -> DataConverter:
    return PLAIN if codec is None else encrypting(codec)


class BatonPlugin(SimplePlugin):
    """Payloads as pydantic models, and workflows without a sandbox.

    A sandbox protects workflows from code that is not made for them. Baton's is: import contracts keep the
    world out of it, and the tests replay every golden history in a strict sandbox. Around each chat one would
    cost some 2 ms for a message; see "Decisions" in docs/architecture.md.

    A program with a client that has this plugin ends as any other: see ``baton.temporal.threads``.

    Args:
        codec: encrypts payloads. Without it they are as readable as Temporal's database.
        interceptors: other interceptors that see each call, such as ``baton.temporal.tracing.CaseTracing``.
    """

    def __init__(
        self,
        codec: EncryptionCodec | None = None,
        interceptors: Sequence[client.Interceptor | worker.Interceptor] = (),
    ) -> None:
        self._codec = codec
        super().__init__(
            "baton",
            data_converter=lambda _: _converter(codec),
            workflow_runner=UnsandboxedWorkflowRunner(),
            interceptors=interceptors,
        )

    async def connect_service_client(
        self,
        config: ConnectConfig,
        next: Callable[[ConnectConfig], Awaitable[ServiceClient]],  # noqa: A002 – as Temporal calls it
    ) -> ServiceClient:
        """See base class."""
        exit_safely(config.runtime or Runtime.default())
        return await super().connect_service_client(config, next)

    def configure_replayer(self, config: ReplayerConfig) -> ReplayerConfig:
        """See base class. A history from a file gets whatever name and namespace it is given."""
        configured = super().configure_replayer(config)
        if self._codec is not None:
            # A replay writes nothing, and why it failed must be readable.
            configured["data_converter"] = dataclasses.replace(
                encrypting(self._codec.anywhere()), failure_converter_class=PlainFailures
            )
        return configured
