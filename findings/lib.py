"""What the programs in the findings share. What not every finding installs is imported where it is used."""

from __future__ import annotations

import asyncio
import logging
import os
import shutil
import sys
import traceback
from collections.abc import AsyncIterator, Awaitable, Callable, Coroutine, Iterator, Mapping, Sequence
from contextlib import asynccontextmanager, contextmanager
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from temporalio.client import Client, WorkflowHandle

QUEUE = "findings"
"""The task queue of the worker that `temporal` runs."""


def same(what: str, seen: object, expected: object) -> None:
    """Print what was seen, and end with 1 if it is not what was seen when the finding was written."""
    print(f"{what}: {seen}", flush=True)
    if seen != expected:
        sys.exit(f"CHANGED: it was {expected}")


async def error(call: Awaitable[object]) -> Exception:
    """The error that the call raises. Ends with 1 if it raises none."""
    try:
        result = await call
    except Exception as raised:
        return raised
    sys.exit(f"CHANGED: no error, but {result!r}")


async def until(condition: Callable[[], Awaitable[object]]) -> None:
    """Wait until the condition holds; ends with 1 if it does not within 20 seconds."""
    for _ in range(200):
        if await condition():
            return
        await asyncio.sleep(0.1)
    sys.exit("CHANGED: this did not come within 20 seconds")


@contextmanager
def _silence() -> Iterator[None]:
    """For the server, which greets on the output that it is started with."""
    kept, null = os.dup(1), os.open(os.devnull, os.O_WRONLY)
    os.dup2(null, 1)
    try:
        yield
    finally:
        os.dup2(kept, 1)
        os.close(kept)
        os.close(null)


@asynccontextmanager
async def temporal(
    workflows: Sequence[type] = (),
    activities: Sequence[Callable[..., Any]] = (),
    *,
    config: Mapping[str, str] | None = None,
    **server: Any,
) -> AsyncIterator[Client]:
    """A real development server on free ports, and a worker where there are workflows; the client of both.

    Args:
        workflows: of the worker, which runs them without a sandbox.
        activities: of the worker.
        config: dynamic configuration of the server.
        server: anything else that ``WorkflowEnvironment.start_local`` takes.
    """
    from temporalio.api.workflowservice.v1 import GetSystemInfoRequest
    from temporalio.runtime import Runtime, TelemetryConfig
    from temporalio.testing import WorkflowEnvironment
    from temporalio.worker import UnsandboxedWorkflowRunner, Worker

    logging.basicConfig(level=logging.CRITICAL + 1)  # a finding shows what callers see
    server.setdefault("runtime", Runtime(telemetry=TelemetryConfig(logging=None)))
    extra = [
        part
        for name, value in (config or {}).items()
        for part in ("--dynamic-config-value", f"{name}={value}")
    ]
    with _silence():
        started = await WorkflowEnvironment.start_local(
            dev_server_existing_path=shutil.which("temporal"),
            dev_server_log_level="never",
            dev_server_extra_args=["--headless", *extra, *server.pop("dev_server_extra_args", ())],
            **server,
        )
    async with started as environment:
        system = await environment.client.workflow_service.get_system_info(GetSystemInfoRequest())
        print(f"Temporal server {system.server_version}", flush=True)
        if not workflows:
            yield environment.client
            return
        async with Worker(
            environment.client,
            task_queue=QUEUE,
            workflows=workflows,
            activities=activities,
            workflow_runner=UnsandboxedWorkflowRunner(),
        ):
            yield environment.client


async def events(handle: WorkflowHandle[Any, Any]) -> list[str]:
    """The kinds of events in the history, such as ``workflow_execution_started``."""
    history = await handle.fetch_history()
    return [str(event.WhichOneof("attributes")).removesuffix("_event_attributes") for event in history.events]


def run(main: Callable[[], Coroutine[Any, Any, None]]) -> None:
    """Run the program and end the process.

    Not in the usual way: the SDK's threads may abort an interpreter that is about to exit.
    """
    code = 0
    try:
        asyncio.run(main())
    except SystemExit as end:
        print(end.code, file=sys.stderr)
        code = 1
    except BaseException:
        traceback.print_exc()
        code = 1
    sys.stdout.flush()
    sys.stderr.flush()
    os._exit(code)
