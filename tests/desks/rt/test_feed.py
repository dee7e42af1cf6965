"""What people do in a real RT comes in as events, once, in order."""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from typing import Any

import pytest

from baton.contract import Status
from helpdesks.outside.adapter import HeardThere, Saying
from helpdesks.rt.desk import RtDesk
from tests.desks.rt.site import CUSTOMERS, Site

CAROL, CARL = CUSTOMERS


class Listener:
    """Hears what happens from now on."""

    def __init__(self, desk: RtDesk, cursor: str) -> None:
        self.desk = desk
        self.cursor = cursor

    async def __call__(self, most: int = 100) -> Sequence[HeardThere]:
        """What is new."""
        changes = await self.desk.changes(self.cursor, most)
        self.cursor = changes.cursor
        assert not changes.more
        return changes.heard


@pytest.fixture
async def hear(site: Site) -> AsyncIterator[Listener]:
    """A desk that listens from the beginning of the test on."""
    desk = site.desk()
    yield Listener(desk, (await desk.changes(None, 100)).cursor)
    await desk.aclose()


def said(heard: Sequence[HeardThere]) -> list[tuple[Any, ...]]:
    """Of each event its kind, its author and what matters of it."""
    found: list[tuple[Any, ...]] = []
    for event in (one.event for one in heard):
        assert event is not None
        left_out = {"kind", "id", "at", "author", "message_id", "attachments"}
        fields = {
            name: value
            for name, value in event.model_dump(exclude_defaults=True, exclude=left_out).items()
            if value
        }
        author = "customer" if event.author.type == "customer" else event.author.id
        found.append((event.kind, author, fields))
    return found


async def test_messages_and_notes_are_events_of_whoever_wrote_them(site: Site, hear: Listener) -> None:
    ticket = await site.ticket("Where is my parcel?")
    await site.write("lena", ticket, "At the post office.")
    await site.write(CAROL, ticket, "Thanks!")
    await site.write("maria", ticket, "Nice customer", "comment")
    heard = await hear()
    assert said(heard) == [
        ("customer_message", "customer", {"text": "Where is my parcel?"}),
        ("agent_message", "lena", {"text": "At the post office."}),
        ("customer_message", "customer", {"text": "Thanks!"}),
        ("note_added", "maria", {"text": "Nice customer"}),
    ]
    assert {one.desk_id for one in heard} == {ticket}
    assert {one.start.customer for one in heard} == {heard[0].event.author.id}  # type: ignore[union-attr]
    assert "@" not in repr([one.start for one in heard])
    assert await hear() == []


async def test_a_command_in_a_comment_asks_departments(site: Site, hear: Listener) -> None:
    ticket = await site.ticket()
    await site.write("petra", ticket, "/ask billing delivery\nPlease look at the charge.", "comment")
    _, asks, note = await hear()
    assert said([asks, note]) == [
        ("labels_changed", "petra", {"add": ("billing", "delivery")}),
        ("note_added", "petra", {"text": "Please look at the charge.", "instruction": True}),
    ]
    assert asks.shows == {}, "RT does not show them yet"


async def test_a_ticket_that_is_moved_by_hand_is_assigned(site: Site, hear: Listener) -> None:
    ticket = await site.ticket()
    await site.change("ivan", ticket, Owner="lena.rt", Status="stalled", CustomFields={"Labels": ["vip"]})
    await site.change("ivan", ticket, Queue="First line", Owner="Nobody")
    heard = (await hear())[1:]
    assert said(heard) == [
        ("assigned", "ivan", {"staff": "lena"}),
        ("status_set", "ivan", {"status": Status.PENDING}),
        ("labels_changed", "ivan", {"add": ("vip",)}),
        ("assigned", "ivan", {}),
        ("assigned", "ivan", {"line": "line-1"}),
    ]
    assert [one.shows for one in heard] == [
        {"assignee": "lena"},
        {"status": Status.PENDING},
        {"labels_added": frozenset({"vip"}), "labels_removed": frozenset()},
        {"assignee": None},
        {"line": "line-1"},
    ]


async def test_what_baton_does_is_shown_and_no_event(site: Site, hear: Listener) -> None:
    ticket = await site.ticket()
    assert len(await hear()) == 1
    await hear.desk.change(ticket, {"assignee": "ivan", "labels": frozenset({"vip"})}, "c-1:e-1:write")
    await hear.desk.say(ticket, Saying("Look at this", to_customer=False), "c-1:e-2:write")
    await hear.desk.say(ticket, Saying("Here it is", to_customer=True), "c-1:e-3:send_reply")
    heard = await hear()
    assert [one.event for one in heard] == [None, None]
    assert [one.shows for one in heard] == [
        {"assignee": "ivan"},
        {"labels_added": frozenset({"vip"}), "labels_removed": frozenset()},
    ]
