"""Small helpers for tests that wait for something, or expect a refusal."""

from __future__ import annotations

from collections.abc import Awaitable

import pytest

from baton.errors import Refused


async def refused(kind: type[Refused], sent: Awaitable[object]) -> None:
    """The event that was ``sent`` must be refused in this way."""
    with pytest.raises(kind):
        await sent
