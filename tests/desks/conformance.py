"""What every adapter must stand: the tests of writing to a desk and of reading it, played on any desk.

The tests of a desk make a class of their own from `Conformance`, with a fixture ``place``. Faults are made in
front of the adapter, between Baton and the desk, so that what a real desk makes of them is seen.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Literal, Protocol, cast

import pytest

from baton.contract import Author, AuthorType, Status, TicketStage
from baton.errors import DeskRefused, HelpDeskUnavailable
from baton.model.effects import CaseRef, CaseWrite, ConsolidatedReply, Message, Prompt
from helpdesks.embedded import EmbeddedHelpDesk
from helpdesks.outside.adapter import Adapter, Capability, Change, Changes, HeardThere, Saying
from helpdesks.outside.desk import OutsideDesk

LENA = Author(type=AuthorType.STAFF, id="lena")


class Place(Protocol):
    """A desk with people in it. Each is named by an ID of the demo company."""

    @property
    def adapter(self) -> Adapter: ...

    async def opens(self) -> CaseRef:
        """A customer opens a ticket; nobody has it."""

    async def assigns(self, case: CaseRef, to: str) -> None:
        """A person gives it to somebody."""

    async def sets_label(self, case: CaseRef, label: str) -> None:
        """A person adds a label."""

    async def notes(self, case: CaseRef, text: str) -> None:
        """A person writes a note."""

    async def said_by_baton(self, case: CaseRef, *, to_customer: bool) -> Sequence[str]:
        """What Baton wrote there, in order."""


class Faulty:
    """An adapter whose next calls go wrong, as ``faults`` say: each is used up by one call.

    ``before``: the desk is away. ``after``: it does it, and nobody hears. ``lost``: it says that it did.
    """

    def __init__(self, adapter: Adapter) -> None:
        self._adapter = adapter
        self.faults: dict[str, list[Literal["before", "after", "lost", "fine"]]] = {}
        self.calls: list[str] = []

    def __getattr__(self, name: str) -> Any:
        return getattr(self._adapter, name)

    async def change(self, desk_id: str, change: Change, key: str) -> None:
        await self._faulty("change", desk_id, change, key)

    async def say(self, desk_id: str, saying: Saying, key: str) -> None:
        await self._faulty("say", desk_id, saying, key)

    async def _faulty(self, name: str, *arguments: Any) -> None:
        self.calls.append(name)
        waiting = self.faults.get(name, [])
        fault = waiting.pop(0) if waiting else "fine"
        if fault == "before":
            raise HelpDeskUnavailable("away")
        if fault != "lost":
            await getattr(self._adapter, name)(*arguments)
        if fault == "after":
            raise HelpDeskUnavailable("nobody heard the answer")


class Conformance:
    """The tests; a subclass has the fixture ``place``."""

    @pytest.fixture
    async def own(self, tmp_path: Path) -> AsyncIterator[EmbeddedHelpDesk]:
        async with EmbeddedHelpDesk.open(f"sqlite:///{tmp_path}/ledger.db") as own:
            yield own

    @pytest.fixture
    def faulty(self, place: Place) -> Faulty:
        return Faulty(place.adapter)

    @pytest.fixture
    def desk(self, own: EmbeddedHelpDesk, faulty: Faulty) -> OutsideDesk:
        return OutsideDesk(own, own.deliveries, cast(Adapter, faulty))

    async def test_a_write_is_carried_out_and_a_second_time_changes_nothing(
        self, place: Place, desk: OutsideDesk, faulty: Faulty
    ) -> None:
        case = await place.opens()
        write = a_write(case, assignee="lena", status=Status.PENDING, notes=("Look at the invoice.",))
        assert await desk.write_case(write) is True
        assert await shows(place, case) == ("lena", Status.PENDING)
        assert await place.said_by_baton(case, to_customer=False) == ["Look at the invoice."]
        calls = list(faulty.calls)
        assert await desk.write_case(write) is False
        assert faulty.calls == calls, "the desk was asked again"

    @pytest.mark.parametrize("fault", ["before", "after"])
    @pytest.mark.parametrize("during", ["change", "say"])
    async def test_a_write_that_broke_off_is_completed_and_nothing_is_doubled(
        self, place: Place, desk: OutsideDesk, faulty: Faulty, fault: Any, during: str
    ) -> None:
        case = await place.opens()
        write = a_write(case, assignee="lena", status=Status.PENDING, notes=("First.", "Second."))
        faulty.faults = {during: ["fine", fault] if during == "say" else [fault]}
        with pytest.raises(HelpDeskUnavailable):
            await desk.write_case(write)
        assert await desk.write_case(write) is True
        assert await shows(place, case) == ("lena", Status.PENDING)
        assert await place.said_by_baton(case, to_customer=False) == ["First.", "Second."]

    async def test_what_a_person_did_in_between_stays(
        self, place: Place, desk: OutsideDesk, faulty: Faulty
    ) -> None:
        case = await place.opens()
        assert await desk.write_case(a_write(case, 1, assignee="lena"))
        await place.assigns(case, "maria")
        assert await desk.write_case(a_write(case, 2, assignee="oleg", status=Status.PENDING))
        assert await shows(place, case) == ("maria", Status.PENDING), "the status nobody had changed"

    async def test_what_was_done_without_an_answer_is_not_taken_for_a_persons_change(
        self, place: Place, desk: OutsideDesk, faulty: Faulty
    ) -> None:
        case = await place.opens()
        assert await desk.write_case(a_write(case, 1, assignee="lena"))
        faulty.faults = {"change": ["after"]}
        write = a_write(case, 2, assignee="oleg")
        with pytest.raises(HelpDeskUnavailable):
            await desk.write_case(write)
        assert await desk.write_case(write)
        assert await desk.write_case(a_write(case, 3, assignee="petra"))
        assert await shows(place, case) == ("petra", Status.OPEN)

    async def test_a_label_that_a_person_has_added_in_between_stays(
        self, place: Place, desk: OutsideDesk
    ) -> None:
        if Capability.LABELS not in place.adapter.capabilities:
            pytest.skip("this desk has no labels")
        case = await place.opens()
        assert await desk.write_case(a_write(case, 1, labels=("billing", "delivery")))
        await place.sets_label(case, "vip")
        assert await desk.write_case(a_write(case, 2, labels=("delivery",), remove_labels=("billing",)))
        assert (await now(place, case))["labels"] == {"delivery", "vip"}

    async def test_a_difference_that_no_change_explains_is_put_right(
        self, place: Place, own: EmbeddedHelpDesk, desk: OutsideDesk
    ) -> None:
        case = await place.opens()
        desk_id = desk_id_of(place, case)
        assert await desk.write_case(a_write(case, 1, assignee="lena"))
        await place.assigns(case, "maria")
        assert await desk.write_case(a_write(case, 2, assignee="oleg"))
        # The feed has read everything since, and heard of no change: what the desk shows is nobody's wish.
        await own.deliveries.looked(place.adapter.name, datetime.now(UTC))
        assert await desk.write_case(a_write(case, 3, assignee="petra"))
        assert await shows(place, case) == ("petra", Status.OPEN)
        assert (await own.deliveries.shows(place.adapter.name, desk_id))["assignee"] == "petra"

    async def test_an_answer_that_was_no_proof_is_noticed(
        self, place: Place, desk: OutsideDesk, faulty: Faulty
    ) -> None:
        case = await place.opens()
        faulty.faults = {"change": ["lost"]}
        assert await desk.write_case(a_write(case, 1, assignee="lena"))
        assert await shows(place, case) == ("lena", Status.OPEN), "it was not tried again"
        faulty.faults = {"change": ["lost", "lost"]}
        with pytest.raises(DeskRefused, match="assignee 'oleg'"):
            await desk.write_case(a_write(case, 2, assignee="oleg"))

    @pytest.mark.parametrize("fault", ["before", "after", "fine"])
    async def test_the_reply_goes_out_once(
        self, place: Place, desk: OutsideDesk, faulty: Faulty, fault: Any
    ) -> None:
        case = await place.opens()
        reply = ConsolidatedReply(**effect(case, 1, "send_reply"), text="All about it.", author=LENA, round=1)
        faulty.faults = {"say": [fault]}
        if fault != "fine":
            with pytest.raises(HelpDeskUnavailable):
                await desk.send_reply(reply)
        assert await desk.send_reply(reply) is True
        assert await desk.send_reply(reply) is False
        assert await place.said_by_baton(case, to_customer=True) == ["All about it."]

    async def test_a_message_and_a_draft_are_written_once(self, place: Place, desk: OutsideDesk) -> None:
        case = await place.opens()
        message = Message(**effect(case, 1, "reply:0"), text="We are on it.")
        prompt = Prompt(**effect(case, 2, "prompt"), composer="lena", round=1)
        for _ in range(2):
            await desk.send_message(message)
            await desk.prompt_reply(prompt, "Billing says: paid.")
        assert await place.said_by_baton(case, to_customer=True) == ["We are on it."]
        (draft,) = await place.said_by_baton(case, to_customer=False)
        assert "lena writes the reply" in draft
        assert "Billing says: paid." in draft

    async def test_the_feed_reads_everything_once_wherever_it_stops(
        self, place: Place, desk: OutsideDesk
    ) -> None:
        start = (await place.adapter.changes(None, 200)).cursor
        case = await place.opens()
        await place.notes(case, "Billing: it is paid.")
        await place.assigns(case, "maria")
        assert await desk.write_case(a_write(case, 1, assignee="lena", notes=("By Baton.",)))
        await place.notes(case, "Delivery: tomorrow.")
        whole, _ = await read(place.adapter, start, 200)
        kinds = [heard.event.kind for heard in whole if heard.event is not None]
        assert kinds == ["customer_message", "note_added", "assigned", "note_added"], "Baton's own came back"
        for most in (1, 2, 3):
            found, cursor = await read(place.adapter, start, most)
            assert ids(found) == ids(whole)
            assert ids((await read(place.adapter, cursor, most))[0]) == []


def effect(case: CaseRef, number: int, what: str) -> dict[str, Any]:
    key = f"{case.case_id}:e{number}:{what}"
    return {"key": key, "case": case, "event_id": f"e{number}", "decided_at": datetime.now(UTC)}


def a_write(case: CaseRef, number: int = 1, **fields: Any) -> CaseWrite:
    return CaseWrite(
        **effect(case, number, "write"),
        **{"do": "reassign", "status": Status.OPEN, "stage": TicketStage.COLLECTING, **fields},
    )


def desk_id_of(place: Place, case: CaseRef) -> str:
    desk_id = place.adapter.desk_id(case)
    assert desk_id is not None
    return desk_id


async def now(place: Place, case: CaseRef) -> Change:
    return (await place.adapter.show(desk_id_of(place, case))).is_now


async def shows(place: Place, case: CaseRef) -> tuple[str | None, Status]:
    is_now = await now(place, case)
    return is_now["assignee"], is_now["status"]


async def read(adapter: Adapter, cursor: str, most: int) -> tuple[list[HeardThere], str]:
    """Everything since a cursor, in looks of at most so many things, and where that ended."""
    found: list[HeardThere] = []
    while True:
        changes: Changes = await adapter.changes(cursor, most)
        found += changes.heard
        cursor = changes.cursor
        if not changes.more:
            return found, cursor


def ids(found: Sequence[HeardThere]) -> list[str]:
    return [heard.event.id for heard in found if heard.event is not None]
