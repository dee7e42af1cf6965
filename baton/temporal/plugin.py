"""How Baton speaks to Temporal: one plugin for the client, the worker and the replayer.

All three must convert payloads in the same way, or one could not read a history that another wrote. Whether
payloads are encrypted is one argument of the plugin: see ``baton.temporal.codec``.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence

from temporalio import client, worker
from temporalio.converter import DataConverter
from temporalio.plugin import SimplePlugin
from temporalio.worker import ReplayerConfig, WorkflowRunner
from temporalio.worker.workflow_sandbox import SandboxedWorkflowRunner, SandboxRestrictions

from baton.temporal.codec import PLAIN, EncryptionCodec, encrypting
from baton.temporal.payloads import PlainFailures

PASSED_THROUGH = (
    *("baton", "workflows", "pydantic", "pydantic_core", "annotated_types", "transitions"),
    "opentelemetry",  # loaded only if there are traces
)
"""Modules that workflows share instead of importing them anew in each sandbox.

They are deterministic: time and randomness reach them as arguments. A sandbox of its own for each chat
would cost most of a megabyte and many milliseconds.
"""


def _runner(runner: WorkflowRunner | None) -> WorkflowRunner:
    if not isinstance(runner, SandboxedWorkflowRunner):
        return runner or SandboxedWorkflowRunner(restrictions=_restrictions(SandboxRestrictions.default))
    return dataclasses.replace(runner, restrictions=_restrictions(runner.restrictions))


def _restrictions(restrictions: SandboxRestrictions) -> SandboxRestrictions:
    return restrictions.with_passthrough_modules(*PASSED_THROUGH)


def _converter(codec: EncryptionCodec | None) -> DataConverter:
    return PLAIN if codec is None else encrypting(codec)


class BatonPlugin(SimplePlugin):
    """Payloads as pydantic models, and workflows in a sandbox that shares Baton's own modules.

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
            workflow_runner=_runner,
            interceptors=interceptors,
        )

    def configure_replayer(self, config: ReplayerConfig) -> ReplayerConfig:
        """See base class. A history from a file gets whatever name and namespace it is given."""
        configured = super().configure_replayer(config)
        if self._codec is not None:
            # A replay writes nothing, and why it failed must be readable.
            configured["data_converter"] = dataclasses.replace(
                encrypting(self._codec.anywhere()), failure_converter_class=PlainFailures
            )
        return configured
