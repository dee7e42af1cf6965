"""Whoever does something in a chat is there, whatever their presence says; and who gives to somebody away."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

import pytest

from baton.contract import Presence, Tell
from baton.model.chat.clock import due_events, next_due
from baton.model.effects import Notice
from baton.rules.loading import parse_rules
from lab.simulation import SimulatedChat, SimulatedDesk, shipped_directory


class Chat(SimulatedChat):
    """A chat of the demo company without rules. Ivan is offline, Petra online."""

    def __init__(self, presence: Presence = Presence.OFFLINE) -> None:
        directory = shipped_directory()
        super().__init__(SimulatedDesk(directory), parse_rules("version: 1\n", "rules.yaml", directory))
        self.number = 0
        self.is_now("ivan", presence)
        self.is_now("petra", Presence.ONLINE)

    def is_now(self, staff: str, presence: Presence, ago: timedelta = timedelta(hours=1)) -> None:
        self.desk.is_now(staff, presence, self.now - ago)

    async def do(self, kind: str, by: str, **fields: Any) -> None:
        self.number += 1
        types = {"customer": "customer", "system": "system"}
        author = {"type": types.get(by, "staff"), "id": by}
        await self.take({"kind": kind, "id": f"e-{self.number}", "author": author, **fields})

    async def customer(self) -> str | None:
        """The customer writes. Returns whose the chat is then."""
        await self.do("customer_message", "customer", text="?")
        return self.state.pinned_to

    async def after(self, **time: float) -> None:
        until: datetime = self.now + timedelta(**time)
        while (due := next_due(self.state)) is not None and due <= until:
            self.now = max(self.now, due)
            for event in list(due_events(self.state, self.now)):
                await self.fold(event)
        self.now = until

    @property
    def told(self) -> list[Tell]:
        return [tell for effect in self.effects if isinstance(effect, Notice) for tell in effect.tell]


@pytest.mark.parametrize("presence", [Presence.OFFLINE, Presence.WITHOUT_CHATS])
@pytest.mark.parametrize(
    "deed",
    [
        ("agent_message", {"text": "Yes"}),
        ("taken", {}),
        ("assigned", {"staff": "ivan"}),
    ],
    ids=lambda deed: deed[0],
)
async def test_whoever_writes_without_being_online_keeps_the_chat_for_the_grace(
    presence: Presence, deed: tuple[str, dict[str, Any]]
) -> None:
    chat = Chat(presence)
    await chat.customer()
    await chat.do(deed[0], "ivan", **deed[1])
    await chat.after(minutes=2)

    assert await chat.customer() == "ivan"
    await chat.after(minutes=2)
    assert chat.state.pinned_to == "petra", "the grace is over, and the customer waits"


async def test_each_deed_counts_and_the_last_one_begins_the_grace() -> None:
    chat = Chat()
    await chat.customer()
    await chat.do("agent_message", "ivan", text="Yes")
    await chat.after(minutes=2)
    await chat.do("note_added", "ivan", text="On the train")
    await chat.after(minutes=2)

    assert await chat.customer() == "ivan"
    await chat.do("labels_changed", "ivan", add=["vip"])
    await chat.after(minutes=2, seconds=50)
    assert chat.state.pinned_to == "ivan"
    await chat.after(seconds=15)
    assert chat.state.pinned_to == "petra"


async def test_an_open_chat_that_an_offline_person_takes_is_handed_on_when_the_grace_ends() -> None:
    chat = Chat()
    await chat.customer()
    await chat.do("taken", "ivan")
    assert chat.state.wake_at == chat.now + timedelta(minutes=3)

    await chat.after(minutes=2)
    assert chat.state.pinned_to == "ivan"
    await chat.after(minutes=2)
    assert chat.state.pinned_to == "petra"


async def test_when_the_grace_is_over_a_pending_chat_waits_for_the_customer() -> None:
    chat = Chat()
    await chat.customer()
    await chat.do("agent_message", "ivan", text="Yes")
    await chat.after(minutes=4)
    assert chat.state.pinned_to == "ivan"

    assert await chat.customer() == "petra"


async def test_who_says_afterwards_that_they_take_no_chats_is_away_at_once() -> None:
    chat = Chat()
    await chat.customer()
    await chat.do("agent_message", "ivan", text="Yes")
    await chat.after(minutes=1)
    chat.is_now("ivan", Presence.WITHOUT_CHATS, timedelta())

    assert await chat.customer() == "petra"


async def test_whoever_was_online_when_they_wrote_is_away_once_they_have_left() -> None:
    chat = Chat()
    chat.is_now("ivan", Presence.ONLINE)
    await chat.customer()
    await chat.do("agent_message", "ivan", text="Yes")
    assert chat.state.acted_at == {}, "nothing is kept about people who are online"
    chat.is_now("ivan", Presence.OFFLINE)

    assert await chat.customer() == "petra"


async def test_who_comes_online_and_leaves_again_has_the_grace_from_then_on() -> None:
    chat = Chat()
    await chat.customer()
    await chat.do("agent_message", "ivan", text="Yes")
    assert chat.state.acted_at == {"ivan": chat.now}
    chat.is_now("ivan", Presence.ONLINE, timedelta())
    await chat.do("note_added", "ivan", text="Back")

    assert chat.state.acted_at == {}


async def test_what_others_report_is_no_deed_of_the_person() -> None:
    chat = Chat()
    await chat.customer()
    await chat.do("assigned", "petra", staff="ivan")
    await chat.do("presence_changed", "ivan", staff="ivan", presence="offline")

    assert chat.state.pinned_to == "petra"


async def test_nobody_is_given_anything_because_of_writing_while_offline() -> None:
    chat = Chat()
    await chat.customer()
    await chat.do("agent_message", "ivan", text="Yes")
    await chat.do("assigned", "petra", line="line-1")

    assert chat.state.assignee == "petra"


# --- By hand ------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("by", "to", "told"),
    [
        (
            "petra",
            "ivan",
            [Tell(staff=("ivan",), reason="mine"), Tell(staff=("petra",), reason="ivan is away")],
        ),
        (
            "petra",
            "maria",
            [Tell(staff=("maria",), reason="mine"), Tell(staff=("petra",), reason="maria is away")],
        ),
        ("ivan", "petra", [Tell(staff=("petra",), reason="mine")]),
        ("petra", "petra", []),
        ("ivan", "ivan", []),
        ("system", "ivan", [Tell(staff=("ivan",), reason="mine")]),
    ],
    ids=["offline", "never there", "there", "to oneself", "to oneself, offline", "by a program"],
)
async def test_by_hand_a_chat_stays_with_somebody_away_and_the_giver_is_told(
    by: str, to: str, told: list[Tell]
) -> None:
    chat = Chat()
    await chat.customer()

    await chat.do("assigned", by, staff=to)

    assert (chat.state.pinned_to, chat.told) == (to, told)


async def test_within_the_grace_nobody_is_called_away() -> None:
    chat = Chat()
    chat.is_now("ivan", Presence.OFFLINE, timedelta(minutes=1))
    await chat.customer()

    await chat.do("assigned", "petra", staff="ivan")

    assert chat.told == [Tell(staff=("ivan",), reason="mine")]
