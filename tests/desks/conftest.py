"""A rig whose people work at a desk on paper."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest

from helpdesks.outside.mapping import DeskMapping
from helpdesks.outside.opening import Beside
from lab.paper import PaperDesk
from lab.rig import Rig
from tests.conftest import RigOpener
from tests.desks.looking import look


@pytest.fixture
def paper() -> PaperDesk:
    return PaperDesk()


@pytest.fixture
async def paper_rig(open_separate: RigOpener, paper: PaperDesk) -> AsyncIterator[Rig]:
    """A rig beside the desk on paper. Between two looks is an hour: tests ask for each, as a hook would."""
    mapping = DeskMapping(desk="paper", url="https://paper.example", every=3600)
    async with open_separate(beside=Beside(mapping, paper)) as rig:
        await look(rig, paper)  # from here on everything is heard
        yield rig
