"""What every adapter must stand, in a real RT."""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence

import pytest

from baton.model.effects import CaseRef
from helpdesks.rt.desk import RtDesk
from tests.desks.conformance import Conformance, Place, desk_id_of
from tests.desks.rt.site import Site


class InRt:
    """A `Place` in RT."""

    def __init__(self, site: Site, adapter: RtDesk) -> None:
        self.adapter = adapter
        self._site = site

    async def opens(self) -> CaseRef:
        number = await self._site.ticket()
        return CaseRef(
            case_id=f"ticket-{number}", channel="", conversation="", customer="carol", ticket_id=number
        )

    async def assigns(self, case: CaseRef, to: str) -> None:
        await self._site.gives("petra", desk_id_of(self, case), to)

    async def sets_label(self, case: CaseRef, label: str) -> None:
        await self._site.labels("petra", desk_id_of(self, case), label)

    async def notes(self, case: CaseRef, text: str) -> None:
        await self._site.write("lena", desk_id_of(self, case), text, "comment")

    async def said_by_baton(self, case: CaseRef, *, to_customer: bool) -> Sequence[str]:
        return await self._site.said(desk_id_of(self, case), "Correspond" if to_customer else "Comment")


class TestRt(Conformance):
    @pytest.fixture
    async def place(self, site: Site) -> AsyncIterator[Place]:
        adapter = site.desk()
        yield InRt(site, adapter)
        await adapter.aclose()
