"""What a decision is made from, and what it contains: the payloads of the activity ``decide``.

The workflow passes in the case as it was and one event. The activity adds the *facts* and the rules. It
returns the facts that were used and what the rules did.
"""

from __future__ import annotations

from typing import Annotated, Any

from pydantic import Discriminator, Tag

from baton.contract import ChatSnapshot, Event, Fired, Instant, Payload, TicketSnapshot
from baton.model.chat.state import ChatState
from baton.model.effects import Effect, GivenPlace
from baton.model.facts import Compact, Facts
from baton.model.ticket.state import DraftSources, TicketState


def _case_of(value: Any) -> str:
    """Which kind of case a state or a snapshot belongs to: only tickets have a stage."""
    is_ticket = "stage" in value if isinstance(value, dict) else hasattr(value, "stage")
    return "ticket" if is_ticket else "chat"


CaseState = Annotated[
    Annotated[ChatState, Tag("chat")] | Annotated[TicketState, Tag("ticket")], Discriminator(_case_of)
]
CaseSnapshot = Annotated[
    Annotated[ChatSnapshot, Tag("chat")] | Annotated[TicketSnapshot, Tag("ticket")], Discriminator(_case_of)
]


class Kept(Compact):
    """A case as the ledger keeps it: everything that a new workflow needs to go on with it."""

    state: CaseState
    unsent: tuple[Effect, ...] = ()
    """Effects that may not have been carried out. Each is harmless to repeat."""
    unsent_size: int = 0
    """Bytes of these effects, counted here so that a replay finds the same."""
    seen: dict[str, Instant] = {}
    """The latest events of its conversation or ticket, with the times of their decisions, oldest first."""
    done: bool = False
    """Closed, and everything was carried out: nothing is left to do."""


class DecideRequest(Payload):
    """The argument of ``decide``: the case before the event, and the event."""

    before: CaseState
    event: Event
    now: Instant
    """The workflow's time. It orders the writes of one case, even after a reset."""
    seen_until: Instant | None = None
    """Events decided up to then may have been dropped from the workflow's memory of event IDs."""
    chain: str = ""
    """The first run of the workflow's chain of runs; continue-as-new and reset keep it."""
    unsent: tuple[str, ...] = ()
    """The keys of effects that are decided but not yet carried out."""


class Refusal(Payload):
    """Why an event was refused: a name of the contract, and a sentence."""

    type: str
    message: str


class Decision(Compact):
    """The result of ``decide``."""

    facts: Facts
    fired: tuple[Fired, ...] = ()
    refusal: Refusal | None = None
    duplicate: CaseSnapshot | None = None
    """Set if an earlier case has handled the event: that case as it is now."""
    revived: Kept | None = None
    """Set if the ledger has a living case whose workflow is gone: that case must go on, and nothing is
    decided yet."""
    sources: DraftSources | None = None
    """What is new among the sources of a ticket's draft."""
    places: tuple[GivenPlace, ...] = ()
    """Room that other cases get now, which have waited longer, or which this one has made free."""
    wake_at: Instant | None = None
    """When something other than the idle time may come due: a timed rule or somebody's grace."""
    timed: dict[str, Instant] = {}
    """The moment for which each timed rule fired now."""
    rules: str = ""
    """Digest of the rule set."""
    directory: str = ""
    """Version of the directory."""
    beside: bool = False
    """Set if the desk stands beside the ledger, and shows of the event only what the event says."""
    task_size: int = 0
    """Bytes that this decision adds to its workflow task: the decision itself and the answer to the event.

    They are counted here and recorded, so that the workflow can add them up and a replay finds the same sums
    even if a later release would count differently.
    """
    answer_size: int = 0
    """Bytes of the answer alone: what answering the same event once more would add."""
    effects_size: int = 0
    """Bytes of the effects that the workflow derives from the decision."""
