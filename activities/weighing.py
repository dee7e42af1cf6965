"""How large a decision is, and what follows from it: counted before anything is kept.

Temporal closes a workflow by force whose task brings more than 4 MB at once, and fails a task for ever whose
payload has more than 2 MB. So what is too large is refused here, with words, and the rest is added up by the
workflow, which ends its task in time (`workflows.case`).
"""

from __future__ import annotations

from collections.abc import Iterable

from pydantic_core import to_json

from baton.contract import ChatSnapshot, TicketSnapshot
from baton.decision import CaseState, Decision
from baton.effects import Effect
from baton.errors import InvalidEvent

LARGEST_DECISION = 1_000_000
"""Bytes of a decision, its effects and the answer together."""


def weighed(decision: Decision, after: CaseState, effects: Iterable[Effect]) -> Decision:
    """The decision with its sizes. Raises ``InvalidEvent`` if it is too large to be carried out."""
    head: ChatSnapshot | TicketSnapshot = after.head()
    own, answer = len(decision.model_dump_json()), len(head.model_dump_json())
    fired = len(to_json(decision.fired)) if decision.fired else 0
    caused = sum(len(effect.model_dump_json()) for effect in effects)
    task = own + answer + fired
    if task + caused > LARGEST_DECISION:
        raise InvalidEvent(
            f"what follows from this event is too large: {task:,} bytes of decision and answer, {caused:,} "
            f"of messages and writes; together at most {LARGEST_DECISION:,} are possible. Are the texts of "
            f"rules or templates too long?"
        )
    return decision.model_copy(update={"task_size": task, "answer_size": answer, "effects_size": caused})
