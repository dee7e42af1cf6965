"""What a fold and a decision come to, for chats and tickets alike."""

from __future__ import annotations

from typing import Generic, NamedTuple, TypeVar

from baton.contract import Payload, Tell

StateT = TypeVar("StateT", bound=Payload)


class Folded(NamedTuple, Generic[StateT]):
    """The state after an event, and the people who must be told about more than their audience is."""

    state: StateT
    told: tuple[Tell, ...] = ()


class Settlement(NamedTuple, Generic[StateT]):
    """What a decision came to: the state after the rules, and the event's own fold on the way there."""

    state: StateT
    folded: Folded[StateT]
