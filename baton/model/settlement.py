"""The results of a fold and of a decision, for chats and tickets alike."""

from __future__ import annotations

from typing import Generic, NamedTuple, TypeVar, cast

from baton.contract import BaseEvent, Payload, Tell, TimedDue
from baton.model.chat.state import ChatState
from baton.model.decision import Decision
from baton.model.ticket.state import TicketState

StateT = TypeVar("StateT", bound=Payload)


Told = tuple[Tell, ...]
"""Whom to tell of something, and why."""


class Folded(NamedTuple, Generic[StateT]):
    """The state after an event, and who must be told besides the audience of the case."""

    state: StateT
    told: Told = ()


class Settlement(NamedTuple, Generic[StateT]):
    """The result of a decision: the state after the rules, and the fold of the event alone."""

    state: StateT
    folded: Folded[StateT]


def before_in(after: StateT, before: StateT) -> StateT:
    """The state before, as far as it was the same case; nothing, if ``after`` is a case of its own.

    Whether a workflow still has the case before this one is a matter of timing. So nothing is compared with
    it.
    """
    assert isinstance(before, ChatState | TicketState)
    assert isinstance(after, ChatState | TicketState)
    opened = before.exists and after.exists and before.case_id != after.case_id
    return cast(StateT, before.anew()) if opened else before


def note_times(case: ChatState | TicketState, event: BaseEvent, decision: Decision) -> None:
    """Note when timed rules must be looked at again, and for which moments they have fired."""
    wake = decision.wake_at
    if wake is not None and wake <= decision.facts.now and isinstance(event, TimedDue):
        # An event may make a timed rule due at once, but looking at the time must not ask for another look.
        wake = None
    case.wake_at = wake
    case.timed = {**case.timed, **decision.timed}
