"""The common part of all desks, on a desk of paper: what an adapter need not do itself."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import pytest

from baton.contract import Activity, Status, Tab
from baton.model.effects import CaseRef, CaseWrite
from helpdesks.embedded import EmbeddedHelpDesk
from helpdesks.outside.adapter import Capability, Change, Difference
from helpdesks.outside.desk import OutsideDesk
from helpdesks.outside.expressing import END_IT, unexpressed
from lab.paper import PaperDesk
from tests.desks.conformance import Conformance, Place, a_write, effect, shows


class OnPaper:
    """A `Place` on paper."""

    def __init__(self) -> None:
        self.adapter = PaperDesk()

    async def opens(self) -> CaseRef:
        number = str(len(self.adapter.sheets) + 1)
        self.adapter.writes(number, "carol")
        return CaseRef(
            case_id=f"ticket-{number}", channel="", conversation="", customer="carol", ticket_id=number
        )

    async def assigns(self, case: CaseRef, to: str) -> None:
        self.adapter.assigns(case.ticket_id or "", "petra", to)

    async def sets_label(self, case: CaseRef, label: str) -> None:
        self.adapter.labels(case.ticket_id or "", "petra", label)

    async def notes(self, case: CaseRef, text: str) -> None:
        self.adapter.notes(case.ticket_id or "", "lena", text)

    async def said_by_baton(self, case: CaseRef, *, to_customer: bool) -> Sequence[str]:
        return self.adapter.texts(case.ticket_id or "", to_customer=to_customer)


class TestPaper(Conformance):
    @pytest.fixture
    def place(self) -> Place:
        return OnPaper()

    async def test_a_field_that_shows_what_is_wanted_costs_no_call(
        self, place: OnPaper, desk: OutsideDesk
    ) -> None:
        case = await place.opens()
        assert await desk.write_case(a_write(case, 1, assignee="lena"))
        calls = list(place.adapter.calls)
        assert await desk.write_case(a_write(case, 2, assignee="lena"))
        assert place.adapter.calls == calls

    async def test_a_change_that_the_decision_did_not_know_stays(
        self, place: OnPaper, own: EmbeddedHelpDesk, desk: OutsideDesk
    ) -> None:
        """It was read from the feed, but the case decided before it got it."""
        case = await place.opens()
        assert await desk.write_case(a_write(case, 1, assignee="lena"))
        event_id = place.adapter.assigns("1", "petra", "maria")
        await own.deliveries.heard("paper", "1", Difference(assignee="maria"), event_id)
        assert await desk.write_case(a_write(case, 2, assignee="oleg", status=Status.PENDING))
        assert await shows(place, case) == ("maria", Status.PENDING)

    async def test_what_a_desk_cannot_show_is_said(self, own: EmbeddedHelpDesk) -> None:
        place = OnPaper()
        place.adapter.capabilities = frozenset({Capability.NOTES, Capability.LABELS})
        desk = OutsideDesk(own, own.deliveries, place.adapter)
        case = await place.opens()
        assert await desk.write_case(a_write(case, 1, assignee="lena"))
        assert await desk.write_case(a_write(case, 2, assignee=None))
        assert await shows(place, case) == ("lena", Status.OPEN)
        (said,) = await place.said_by_baton(case, to_customer=False)
        assert "Nobody has this ticket now" in said
        assert await desk.write_case(a_write(case, 3, assignee=None, status=Status.PENDING))
        assert await place.said_by_baton(case, to_customer=False) == [said], "it was said again"


CHAT = CaseRef(case_id="chat-1", channel="web", conversation="1", customer="carol")


@pytest.mark.parametrize(
    ("fields", "can", "words"),
    [
        ({"activity": Activity.ENDED}, (Capability.ENDS,), ["please end it there"]),
        ({"activity": Activity.ENDED}, (), []),
        ({"activity": Activity.ENDED}, (Capability.END_CHAT,), []),
        ({"activity": Activity.ACTIVE, "reserved_for": "ivan"}, (), ["Reserved for ivan"]),
        ({"activity": Activity.ACTIVE, "reserved_for": "ivan"}, (Capability.PIN,), []),
        ({"activity": Activity.ACTIVE, "tab": Tab.NEW, "line": "line-1"}, (), ["In the queue of line-1"]),
        ({"activity": Activity.ACTIVE, "labels": ("vip",)}, (Capability.PIN,), ["Labels: vip"]),
    ],
)
def test_what_of_a_chat_is_said_in_words(
    fields: dict[str, Any], can: tuple[Capability, ...], words: list[str]
) -> None:
    labels = () if "labels" in fields else (Capability.LABELS,)
    write = CaseWrite(**effect(CHAT, 1, "write"), do="reassign", status=Status.OPEN, **fields)
    said = list(unexpressed(write, {*can, *labels}, Change()))
    assert len(said) == len(words)
    assert all(word in sentence for word, sentence in zip(words, said, strict=True))


def test_whoever_has_ended_a_chat_at_the_desk_is_not_asked_to() -> None:
    write = CaseWrite(
        **effect(CHAT, 1, "write"), do="reassign", status=Status.PENDING, activity=Activity.ENDED
    )
    said = [list(unexpressed(write, {Capability.ENDS}, Change(activity=activity))) for activity in Activity]
    assert dict(zip(Activity, said, strict=True)) == {Activity.ENDED: [], Activity.ACTIVE: [END_IT]}
