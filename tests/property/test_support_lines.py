"""What the four shipped rules for chats promise, whatever happens in whatever order."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field
from datetime import timedelta
from functools import cache
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from baton.contract import SYSTEM, Idle, Presence, Tab
from baton.documents.directory import Directory
from baton.errors import Refused
from baton.rules.ruleset import RuleSet
from lab.rig import event
from lab.simulation import SimulatedChat, SimulatedDesk, shipped_directory, shipped_rules

LINE_1 = ("ivan", "petra")
LINE_2 = ("lena", "oleg")
STAFF = LINE_1 + LINE_2

Step = dict[str, Any]


@cache
def company() -> tuple[Directory, RuleSet]:
    directory = shipped_directory()
    return directory, shipped_rules(directory)


def _kind(kind: str, **fields: Any) -> st.SearchStrategy[Step]:
    return st.fixed_dictionaries(
        {"kind": st.just(kind), **{name: st.sampled_from(values) for name, values in fields.items()}}
    )


steps = st.one_of(
    _kind("customer_message"),
    _kind("customer_message"),
    _kind("agent_message", who=STAFF),
    _kind("agent_message", who=LINE_2),
    _kind("taken", who=STAFF),
    _kind("chat_ended", who=STAFF, status=("open", "pending", "closed", None)),
    _kind("status_set", who=STAFF, status=("open", "pending", "closed")),
    _kind("assigned", who=STAFF, staff=STAFF),
    _kind("assigned", who=STAFF, line=("line-1", "line-2")),
    _kind("assigned", who=STAFF),
    _kind("note_added", who=STAFF, text=("…",)),
    _kind("idle"),
    _kind("presence", who=STAFF, presence=tuple(Presence)),
    _kind("busy", who=STAFF, number=(0, 100)),
)


@dataclass
class Play:
    """A chat with the four rules on, and what an observer remembers."""

    chat: SimulatedChat
    by_hand: set[str] = field(default_factory=set)
    """Who was given the chat, or took it, by hand."""
    handed_off: bool = False
    """Whether a rule moved it to line 1, and nobody has moved it by hand since."""

    @staticmethod
    def begin() -> Play:
        directory, rules = company()
        desk = SimulatedDesk(directory)
        play = Play(SimulatedChat(desk, rules))
        for staff in STAFF:
            desk.is_now(staff, Presence.ONLINE, play.chat.now - timedelta(hours=1))
        return play

    def available_in_line_1(self) -> bool:
        desk = self.chat.desk
        return any(
            desk.attending[staff].presence is Presence.ONLINE
            and desk.busy.get(staff, 0) < desk.directory.staff[staff].max_chats
            for staff in LINE_1
        )

    async def do(self, step: Step) -> None:
        chat, kind = self.chat, step["kind"]
        if kind == "presence":
            chat.desk.is_now(step["who"], step["presence"], chat.now - timedelta(hours=1))
            return
        if kind == "busy":
            chat.desk.busy[step["who"]] = step["number"]
            return
        opened = chat.state.case_id
        try:
            if kind == "idle":
                await chat.fold(Idle(id=f"idle-{chat.now}", author=SYSTEM))
            else:
                who = step.get("who", "customer")
                fields = {name: value for name, value in step.items() if name not in ("kind", "who")}
                await chat.take(event(kind, who, **fields))
        except Refused:
            return
        if kind == "taken":
            self.by_hand.add(step["who"])
        if kind == "assigned":
            self.by_hand |= {step["staff"]} if "staff" in step else set()
            if step.get("line") == "line-2":
                self.by_hand |= set(LINE_2)
        if kind in ("taken", "assigned") or (kind == "agent_message" and chat.state.pinned_to is not None):
            self.handed_off = False
        if any(getattr(action, "line", None) == "line-1" for item in chat.fired for action in item.actions):
            self.handed_off = True
        elif chat.state.case_id != opened:
            self.handed_off = False


def _play(sequence: list[Step], check: Any) -> None:
    async def run() -> None:
        play = Play.begin()
        for step in sequence:
            available = play.available_in_line_1()
            await play.do(step)
            check(play, step, available)

    asyncio.run(run())


@settings(max_examples=400)
@given(st.lists(steps, max_size=25))
def test_a_customer_never_lands_with_line_2_unless_a_person_put_the_chat_there(sequence: list[Step]) -> None:
    def check(play: Play, step: Step, available: bool) -> None:
        holder = play.chat.state.pinned_to
        if step["kind"] == "customer_message" and holder in LINE_2:
            assert holder in play.by_hand

    _play(sequence, check)


@settings(max_examples=400)
@given(st.lists(steps, max_size=25))
def test_a_chat_that_was_handed_off_is_never_in_new_while_line_1_is_available(sequence: list[Step]) -> None:
    def check(play: Play, step: Step, available: bool) -> None:
        if step["kind"] == "customer_message" and play.handed_off and available:
            assert play.chat.state.tab is not Tab.NEW

    _play(sequence, check)
