"""What tests share: a real Temporal server for each process, and a rig with a worker for each test.

    python -m pytest tests/e2e --temporal HOST:PORT --namespace NAME --postgresql URL

runs them on a Temporal and a PostgreSQL that are there already, such as those of ``make cluster``. Tests
that skip time or need a server with its own settings start the development server, or are skipped.
"""

from __future__ import annotations

import gc
import inspect
import itertools
import os
import time
from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from functools import partial
from pathlib import Path
from typing import Any

import hypothesis
import pytest
from temporalio.client import Client
from temporalio.testing import WorkflowEnvironment

from baton.temporal.plugin import BatonPlugin
from lab.departments import SEPARATE_RIG
from lab.postgres import fresh_database
from lab.rig import Rig, open_rig
from lab.server import running_server
from tests.postgres import postgresql
from tests.waiting import ends

__all__ = ["postgresql"]  # a fixture, found here by every test

# The time that an example takes, or that it takes to make one, only says something about the machine.
hypothesis.settings.register_profile(
    "untimed", deadline=None, suppress_health_check=[hypothesis.HealthCheck.too_slow]
)
hypothesis.settings.load_profile("untimed")

RigOpener = Callable[..., AbstractAsyncContextManager[Rig]]

_numbers = itertools.count(1)


def pytest_addoption(parser: pytest.Parser) -> None:
    """Options that name servers for tests to use, instead of starting their own."""
    parser.addoption("--temporal", metavar="HOST:PORT", help="a Temporal that is there already")
    parser.addoption("--namespace", default="default", help="the namespace there, with search attributes")
    parser.addoption("--postgresql", metavar="URL", help="a PostgreSQL that is there already, as its owner")


def pytest_configure() -> None:
    """No test may depend on the user's zone and language, or the width of the terminal.

    The latter is passed on by pytest-xdist.
    """
    os.environ.pop("COLUMNS", None)
    os.environ["TZ"] = "UTC"
    os.environ["LC_ALL"] = "C.UTF-8"
    time.tzset()


def pytest_itemcollected(item: pytest.Item) -> None:
    """No asynchronous test hangs for ever, and one that does says where."""
    if isinstance(item, pytest.Function) and inspect.iscoroutinefunction(item.obj):
        item.obj = ends(item.obj)


@pytest.fixture(scope="module", autouse=True)
def _nothing_to_collect() -> None:
    """Let the collector leave alone what is there before a module: modules, models, ten thousand tests.

    A full collection stops all threads. With all that, it takes so long on a busy machine that Temporal's
    SDK takes the workflow in which it happens to run for one that is stuck.
    """
    gc.collect()
    gc.freeze()


@pytest.fixture(scope="session")
async def server(pytestconfig: pytest.Config) -> AsyncIterator[WorkflowEnvironment]:
    """One server for all tests of this process; task queues and conversations keep them apart."""
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
    """A server that suggests continuing as new after 60 events rather than 4,096."""
    async with running_server(**{"limit.historyCount.suggestContinueAsNew": "60"}) as environment:
        yield environment


@pytest.fixture
def open_a_rig(server: WorkflowEnvironment, tmp_path: Path, pytestconfig: pytest.Config) -> RigOpener:
    """Opens a rig: a help desk, a worker and a client on a task queue of their own."""
    database = pytestconfig.getoption("--postgresql")

    @asynccontextmanager
    async def opener(environment: WorkflowEnvironment = server, **settings: Any) -> AsyncIterator[Rig]:
        number = next(_numbers)
        if database and "database_url" not in settings:
            settings["database_url"] = await fresh_database(database)
        folder, queue = tmp_path / f"rig-{number}", f"baton-test-{os.getpid()}-{number}"
        async with open_rig(environment, folder, queue, **settings) as rig:
            yield rig

    return opener


@pytest.fixture
async def rig(open_a_rig: RigOpener) -> AsyncIterator[Rig]:
    """A rig with the shipped rules and the demo company, in which Ivan, Petra and Lena are online."""
    async with open_a_rig() as opened:
        yield opened


@pytest.fixture
def open_separate(
    open_a_rig: RigOpener,
) -> RigOpener:
    """Opens rigs of this company; any setting can still be overridden."""
    return partial(open_a_rig, **SEPARATE_RIG)
