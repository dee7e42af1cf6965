"""What deploy/temporal does to a real server: the namespace, its retention and its search attributes."""

from __future__ import annotations

import asyncio
import os
import secrets
from collections.abc import Mapping
from pathlib import Path

import pytest
from temporalio.api.workflowservice.v1 import DescribeNamespaceRequest
from temporalio.client import Client
from temporalio.testing import WorkflowEnvironment

from baton.settings import CHECKOUT
from baton.temporal.searchattributes import VALUE_TYPES, registered
from lab.server import temporal_binary

SCRIPT = CHECKOUT / "deploy/temporal/namespace.sh"
DAY = 24 * 60 * 60


async def run(environment: Mapping[str, str]) -> tuple[int, str]:
    """The script's exit code and what it printed."""
    path = f"{Path(temporal_binary()).parent}:{os.environ['PATH']}"
    script = await asyncio.create_subprocess_exec(
        "sh",
        str(SCRIPT),
        env={"PATH": path, "TEMPORAL_CONFIG_FILE": os.devnull, **environment},
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.STDOUT,
    )
    printed, _ = await script.communicate()
    assert script.returncode is not None
    return script.returncode, printed.decode()


@pytest.fixture
def place(server: WorkflowEnvironment) -> dict[str, str]:
    """A namespace that nobody has made yet."""
    return {
        "TEMPORAL_ADDRESS": server.client.service_client.config.target_host,
        "TEMPORAL_NAMESPACE": f"support-{secrets.token_hex(4)}",
        "NAMESPACE_RETENTION": "30d",
    }


async def retention(client: Client, namespace: str) -> int:
    """Seconds."""
    described = await client.workflow_service.describe_namespace(
        DescribeNamespaceRequest(namespace=namespace)
    )
    return described.config.workflow_execution_retention_ttl.ToSeconds()


async def test_a_namespace_is_made_and_brought_up_to_date(
    server: WorkflowEnvironment, place: dict[str, str]
) -> None:
    code, printed = await run(place)
    assert code == 0, printed
    client = await Client.connect(place["TEMPORAL_ADDRESS"], namespace=place["TEMPORAL_NAMESPACE"])
    assert VALUE_TYPES.items() <= (await registered(client)).items()
    assert await retention(client, client.namespace) == 30 * DAY

    code, printed = await run({**place, "NAMESPACE_RETENTION": "7d"})
    assert code == 0, printed
    assert VALUE_TYPES.items() <= (await registered(client)).items()
    assert await retention(client, client.namespace) == 7 * DAY


async def test_a_server_that_is_not_there_is_an_error(place: dict[str, str]) -> None:
    code, printed = await run({**place, "TEMPORAL_ADDRESS": "127.0.0.1:1"})
    assert code != 0
    assert "127.0.0.1:1" in printed


async def test_a_variable_that_is_missing_is_named(place: dict[str, str]) -> None:
    del place["NAMESPACE_RETENTION"]
    code, printed = await run(place)
    assert code != 0
    assert "NAMESPACE_RETENTION: must be set; take it from namespace.env" in printed
