"""What a kind of case brings to the mechanism of ``workflows.case``: mostly its model."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any, Generic, NamedTuple, TypeVar

from baton.contract import Payload
from baton.model.chat.state import ChatState
from baton.model.decision import CaseState, Decision
from baton.model.effects import Effect
from baton.model.ticket.state import TicketState
from workflows.carrying import Carried
from workflows.inbox import OutcomeT

StateT = TypeVar("StateT", bound=ChatState | TicketState)
SummaryT = TypeVar("SummaryT", bound=Payload)


class Handled(NamedTuple, Generic[StateT, OutcomeT]):
    """The result of one event: the state after it, the answer to its sender, and what to do."""

    state: StateT
    outcome: OutcomeT
    effects: Sequence[Effect] = ()
    what: str = ""
    rules: tuple[str, ...] = ()
    moved: bool = False
    effects_size: int = 0
    folded: bool = True
    """False for a late duplicate, which changed nothing."""


class Kind(ABC, Generic[StateT, OutcomeT, SummaryT]):
    """What a case does according to its kind. `state` is the case as it is now."""

    state: StateT
    alarm_summary = "the next thing that comes due"

    @abstractmethod
    def parse(self, payload: object) -> Any:
        """The event in a payload, as histories may hold it. Raises ``InvalidEvent``."""

    @abstractmethod
    def check(self, event: Any) -> None:
        """Raise a ``Refused`` if the event is not possible in the present state."""

    @abstractmethod
    def asked_about(self) -> CaseState:
        """The state as a decision needs it."""

    @abstractmethod
    def settle(self, event: Any, decision: Decision) -> Handled[StateT, OutcomeT]:
        """Fold an event as it was decided."""

    @abstractmethod
    def answer(self, event_id: str) -> OutcomeT:
        """The answer to an event that was handled before, with the present snapshot."""

    @abstractmethod
    def due_events(self, now: datetime) -> Iterable[Any]:
        """The events that the case makes for itself because their time has come."""

    @abstractmethod
    def next_due(self) -> datetime | None:
        """When the case must look at the time again."""

    @abstractmethod
    def over(self) -> bool:
        """Whether the workflow completes, provided that nothing is left to do."""

    @abstractmethod
    def search_attributes(self) -> Mapping[str, Any]:
        """The search attributes as they should be; ``None`` and empty lists are unset."""

    @abstractmethod
    def details(self) -> str:
        """Markdown for the Temporal UI: who has the case, since when, why, and what comes next."""

    @abstractmethod
    def with_state(self, carried: Carried) -> Carried:
        """What the next run gets: what every case hands over, and the state of this case."""

    @abstractmethod
    def summary(self) -> SummaryT:
        """What the workflow completes with."""
