"""A real PostgreSQL for the run."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from lab.postgres import running_postgresql


@pytest.fixture(scope="session")
def postgresql(pytestconfig: pytest.Config) -> Iterator[str]:
    """The URL of a PostgreSQL server that was started for this run, or of the one given to the run."""
    if given := pytestconfig.getoption("--postgresql"):
        yield given
        return
    with running_postgresql() as server:
        yield server.url
