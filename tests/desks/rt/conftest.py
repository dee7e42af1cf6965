"""A real Request Tracker with the demo company in it, one for each process of the run."""

from __future__ import annotations

from collections.abc import AsyncIterator
from functools import partial

import pytest

from helpdesks.rt.setup import datafile
from local.rt import PrivateRt, company, why_not
from tests.conftest import RigOpener
from tests.desks.rt.playing import RtRigOpener, beside
from tests.desks.rt.site import CUSTOMERS, LOGINS, QUEUES, Site, mapping_of


@pytest.fixture(scope="session")
async def site(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Site]:
    """A running RT, set up for Baton. Tests are skipped, and say why, where RT is not installed."""
    if reason := why_not():
        pytest.skip(reason)
    rt = PrivateRt(tmp_path_factory.mktemp("rt"))
    try:
        await rt.start()
        await rt.insert(company(QUEUES, LOGINS, CUSTOMERS) + datafile(mapping_of(rt.url)))
        opened = Site(rt)
        yield opened
        await opened.aclose()
    finally:
        await rt.stop()


@pytest.fixture
def open_beside(site: Site, open_a_rig: RigOpener) -> RtRigOpener:
    """Opens rigs beside the RT."""
    return partial(beside, site, open_a_rig)
