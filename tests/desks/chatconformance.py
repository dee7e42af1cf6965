"""What an adapter of a desk with chats must stand besides: see `tests.desks.conformance`."""

from __future__ import annotations

from typing import Any, Protocol

import pytest

from baton.contract import Activity, Status, Tab
from baton.errors import HelpDeskUnavailable
from baton.model.effects import CaseRef, CaseWrite
from helpdesks.outside.adapter import Capability
from helpdesks.outside.desk import OutsideDesk
from tests.desks.conformance import Conformance, Faulty, Place, effect, ids, now, read

ENDED = {"activity": Activity.ENDED, "status": Status.PENDING, "tab": Tab.ENDED, "assignee": "ivan"}


class ChatPlace(Place, Protocol):
    """A desk with people in it, and chats."""

    async def opens_chat(self) -> CaseRef:
        """A customer begins a chat; nobody has it."""

    async def writes_in(self, case: CaseRef, who: str, text: str) -> None:
        """A person writes to the customer."""


class ChatConformance(Conformance):
    """The tests; a subclass has the fixture ``place``, which is a `ChatPlace`."""

    async def test_an_end_is_shown_or_said_once_and_anew_after_the_next(
        self, place: ChatPlace, desk: OutsideDesk
    ) -> None:
        case = await place.opens_chat()
        assert await desk.write_case(a_chat_write(case, 1, **ENDED))
        assert await desk.write_case(a_chat_write(case, 2, **ENDED))
        shown = await now(place, case)
        assert (shown["assignee"], shown["status"]) == ("ivan", Status.PENDING)
        said = await place.said_by_baton(case, to_customer=False)
        if Capability.END_CHAT in place.adapter.capabilities:
            assert (shown.get("activity"), said) == (Activity.ENDED, [])
            return
        if Capability.ENDS not in place.adapter.capabilities:
            assert said == [], "nobody can end it"
            return
        assert len(said) == 1
        assert "end it there" in said[0]
        again = {"activity": Activity.ACTIVE, "status": Status.OPEN, "tab": Tab.MINE, "assignee": "ivan"}
        assert await desk.write_case(a_chat_write(case, 3, **again))
        assert await desk.write_case(a_chat_write(case, 4, **ENDED))
        assert await place.said_by_baton(case, to_customer=False) == [*said, *said]

    async def test_a_reservation_is_shown_or_said(self, place: ChatPlace, desk: OutsideDesk) -> None:
        case = await place.opens_chat()
        reserved = {"status": Status.PENDING, "assignee": "ivan", "reserved_for": "ivan"}
        write = a_chat_write(case, 1, activity=Activity.ACTIVE, tab=Tab.RESERVED, **reserved)
        assert await desk.write_case(write)
        assert await desk.write_case(write) is False
        said = await place.said_by_baton(case, to_customer=False)
        can = Capability.PIN in place.adapter.capabilities
        assert said == ([] if can else ["Reserved for ivan: the customer's next message is theirs."])

    async def test_what_a_case_cannot_show_is_said_once_if_nobody_heard_the_answer(
        self, place: ChatPlace, desk: OutsideDesk, faulty: Faulty
    ) -> None:
        if Capability.PIN in place.adapter.capabilities:
            pytest.skip("this desk can reserve a chat")
        case = await place.opens_chat()
        reserved = {"status": Status.PENDING, "assignee": "ivan", "reserved_for": "ivan"}
        write = a_chat_write(case, 1, activity=Activity.ACTIVE, tab=Tab.RESERVED, **reserved)
        faulty.faults = {"say": ["after"]}
        with pytest.raises(HelpDeskUnavailable):
            await desk.write_case(write)
        assert await desk.write_case(write) is True
        assert len(await place.said_by_baton(case, to_customer=False)) == 1

    async def test_a_chat_is_read_once_wherever_the_reader_stops(
        self, place: ChatPlace, desk: OutsideDesk
    ) -> None:
        start = (await place.adapter.changes(None, 200)).cursor
        case = await place.opens_chat()
        await place.writes_in(case, "lena", "Good morning.")
        assert await desk.write_case(a_chat_write(case, 1, **ENDED))
        await place.notes(case, "She will call back.")
        whole, _ = await read(place.adapter, start, 200)
        kinds = [heard.event.kind for heard in whole if heard.event is not None]
        assert kinds == ["customer_message", "agent_message", "note_added"]
        for most in (1, 2):
            found, cursor = await read(place.adapter, start, most)
            assert ids(found) == ids(whole)
            assert ids((await read(place.adapter, cursor, most))[0]) == []


def a_chat_write(case: CaseRef, number: int, **fields: Any) -> CaseWrite:
    return CaseWrite(**effect(case, number, "write"), do="reassign", **fields)
