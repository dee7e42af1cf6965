"""A server that behaves like Libredesk, and the demo company in it."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest

from tests.desks.libredesk.account import Account
from tests.desks.libredesk.company import Company
from tests.desks.libredesk.server import LibredeskServer, serving


@pytest.fixture(scope="session")
async def running() -> AsyncIterator[LibredeskServer]:
    there = LibredeskServer()
    async with serving(there) as there.url:
        yield there


@pytest.fixture
def server(running: LibredeskServer) -> LibredeskServer:
    """With an account of its own for each test."""
    running.begin()
    return running


@pytest.fixture
def account(server: LibredeskServer) -> Account:
    return server.account


@pytest.fixture
async def company(server: LibredeskServer) -> AsyncIterator[Company]:
    company = Company(server.there)
    yield company
    await company.aclose()
