"""A server that behaves like Omnidesk, and the adapter in front of it."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Any

import pytest

from helpdesks.omnidesk.client import OmnideskClient
from helpdesks.omnidesk.desk import OmnideskDesk
from helpdesks.omnidesk.mapping import OmnideskMapping
from tests.desks.omnidesk.account import (
    API_KEY,
    BILLING,
    IVAN,
    KIM,
    LATE,
    LENA,
    LOGIN,
    OWN,
    SUPPORT,
    VIP,
    Account,
)
from tests.desks.omnidesk.server import OmnideskServer, serving


def mapping_for(url: str = "https://example.omnidesk.ru", **more: Any) -> OmnideskMapping:
    """The mapping of the account that the tests use."""
    return OmnideskMapping.model_validate(
        {
            "desk": "omnidesk",
            "url": url,
            "login": LOGIN,
            "own_staff": OWN,
            "people": {"kim": KIM, "ivan": IVAN, "lena": LENA},
            "lines": {"line-1": SUPPORT, "billing": BILLING},
            "labels": {"vip": VIP, "late": LATE},
            "chats": {"messenger": "telegram"},
            "tickets": {"mail": "email"},
            **more,
        }
    )


@pytest.fixture(scope="session")
async def running() -> AsyncIterator[OmnideskServer]:
    async with serving() as server:
        yield server


@pytest.fixture
def server(running: OmnideskServer) -> OmnideskServer:
    """With an account of its own for each test."""
    running.begin()
    return running


@pytest.fixture
def account(server: OmnideskServer) -> Account:
    return server.account


@pytest.fixture
def mapping(server: OmnideskServer) -> OmnideskMapping:
    return mapping_for(server.url)


@pytest.fixture
async def client(server: OmnideskServer) -> AsyncIterator[OmnideskClient]:
    async with OmnideskClient(server.url, LOGIN, API_KEY) as client:
        yield client


@pytest.fixture
async def desk(mapping: OmnideskMapping) -> AsyncIterator[OmnideskDesk]:
    desk = OmnideskDesk(mapping, API_KEY)
    yield desk
    await desk.aclose()
