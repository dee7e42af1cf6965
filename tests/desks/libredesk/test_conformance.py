"""What every adapter must stand, at the server that behaves like Libredesk."""

from __future__ import annotations

import pytest

from tests.desks.chatconformance import ChatConformance, ChatPlace
from tests.desks.libredesk.company import Company


class TestLibredesk(ChatConformance):
    @pytest.fixture
    def place(self, company: Company) -> ChatPlace:
        return company
