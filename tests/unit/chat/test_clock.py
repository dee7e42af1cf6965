"""What a chat makes for itself when its time has come."""

from __future__ import annotations

from datetime import timedelta
from types import SimpleNamespace
from typing import Any

import pytest

from baton.contract import Idle, TimedDue, derived_id
from baton.model.chat.clock import due_events
from tests.unit.chat.world import EARLIER, NOW, chat
from workflows.chat import _ChatCase

WAKE = NOW - timedelta(minutes=1)
IDLE_END = EARLIER + timedelta(minutes=10)


@pytest.mark.parametrize(
    ("now", "wake", "kinds"),
    [
        (NOW, NOW + timedelta(seconds=1), []),
        (NOW, NOW, ["timed_due"]),
        (IDLE_END, None, ["idle"]),
        (IDLE_END - timedelta(microseconds=1), None, []),
        (IDLE_END, IDLE_END, ["timed_due", "idle"]),
    ],
    ids=["nothing yet", "a timed rule", "the idle end", "just before the idle end", "timed rules go first"],
)
def test_what_has_come_due_becomes_an_event(now: Any, wake: Any, kinds: list[str]) -> None:
    state = chat("active open: mine ivan", wake_at=wake)

    assert [event.kind for event in due_events(state, now)] == kinds


def test_an_offer_that_ends_is_looked_at_like_a_timed_rule() -> None:
    state = chat("active open: reserved ivan", offer_until=WAKE)

    assert [event.kind for event in due_events(state, NOW)] == ["timed_due"]


def test_the_id_of_such_an_event_is_made_from_its_kind_the_chat_and_the_moment() -> None:
    """A reset, or another worker, makes the same event again."""
    state = chat("active open: mine ivan", wake_at=WAKE)

    assert [event.id for event in due_events(state, IDLE_END)] == [
        derived_id("timed_due", "case-1", WAKE.isoformat()),
        derived_id("idle", "case-1", IDLE_END.isoformat()),
    ]


def test_a_chat_that_a_timed_rule_has_ended_does_not_idle_at_the_same_moment() -> None:
    case: Any = SimpleNamespace(state=chat("active open: mine ivan", wake_at=WAKE))
    events = iter(_ChatCase.due_events(case, IDLE_END))

    assert isinstance(next(events), TimedDue)
    case.state = chat("ended pending: assigned ivan")
    assert list(events) == []


def test_a_chat_that_a_timed_rule_has_left_active_idles_at_the_same_moment() -> None:
    case: Any = SimpleNamespace(state=chat("active open: mine ivan", wake_at=WAKE))

    assert [type(event) for event in _ChatCase.due_events(case, IDLE_END)] == [TimedDue, Idle]
