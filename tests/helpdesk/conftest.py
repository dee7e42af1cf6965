"""Both databases, real ones: each test here runs on SQLite and on PostgreSQL."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from helpdesks.embedded import EmbeddedHelpDesk
from lab.postgres import fresh_database


@pytest.fixture(params=["sqlite", "postgresql"])
async def url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """The URL of an empty database."""
    if request.param == "sqlite":
        return f"sqlite:///{tmp_path}/baton.db"
    return await fresh_database(request.getfixturevalue("postgresql"))


@pytest.fixture
async def desk(url: str) -> AsyncIterator[EmbeddedHelpDesk]:
    """An empty help desk."""
    async with EmbeddedHelpDesk.open(url) as opened:
        yield opened
