"""What every adapter must stand, at the server that behaves like Omnidesk."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest

from tests.desks.chatconformance import ChatConformance, ChatPlace
from tests.desks.omnidesk.company import Company
from tests.desks.omnidesk.server import OmnideskServer


class TestOmnidesk(ChatConformance):
    @pytest.fixture
    async def place(self, server: OmnideskServer) -> AsyncIterator[ChatPlace]:
        company = Company(server)
        yield company
        await company.adapter.aclose()
