"""The two models of cases, and which one a case has."""

from __future__ import annotations

from typing import Any, Literal, Protocol

from baton.contract import Action, BaseEvent
from baton.model.chat import model as chat
from baton.model.chat.state import ChatState
from baton.model.decision import Decision
from baton.model.facts import Facts
from baton.model.settlement import Folded, Settlement
from baton.model.ticket import model as ticket
from baton.model.ticket.state import TicketState


class Model(Protocol):
    """How cases of one kind behave. The two models are the modules ``chat`` and ``ticket``."""

    def opens(self, state: Any, event: Any, /) -> bool: ...

    def named(self, state: Any, event: Any, /) -> tuple[str, ...]: ...

    def fold(self, before: Any, event: Any, facts: Facts, /) -> Folded[Any]: ...

    def settle(self, before: Any, event: Any, decision: Decision, /) -> Settlement[Any]: ...

    def apply(self, before: Any, action: Action, facts: Facts, /) -> Any: ...


_TICKET: Model = ticket
_CHAT: Model = chat


def model_of(case: ChatState | TicketState) -> Model:
    """The model of this kind of case."""
    # Not by isinstance, which is slow for a pydantic model: rules ask this for every event.
    return _TICKET if type(case) is TicketState else _CHAT


def kind_of(case: ChatState | TicketState) -> Literal["chat", "ticket"]:
    """What kind of case it is."""
    return "ticket" if type(case) is TicketState else "chat"


def opens(case: ChatState | TicketState, event: BaseEvent) -> bool:
    """Whether the event begins a case."""
    return model_of(case).opens(case, event)
