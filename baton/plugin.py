"""How Baton speaks to Temporal: one plugin for the client, the worker and the replayer.

All three must convert payloads in the same way, or a history that one wrote could not be read by the
others.
"""

from __future__ import annotations

import dataclasses

from temporalio.contrib.pydantic import pydantic_data_converter
from temporalio.converter import DataConverter
from temporalio.plugin import SimplePlugin
from temporalio.worker import WorkflowRunner
from temporalio.worker.workflow_sandbox import SandboxedWorkflowRunner, SandboxRestrictions

PASSED_THROUGH = ("baton", "workflows", "pydantic", "pydantic_core", "annotated_types", "transitions")
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


def _converter(converter: DataConverter | None) -> DataConverter:
    return pydantic_data_converter


class BatonPlugin(SimplePlugin):
    """Payloads as pydantic models, and workflows in a sandbox that shares Baton's own modules."""

    def __init__(self) -> None:
        super().__init__("baton", data_converter=_converter, workflow_runner=_runner)
