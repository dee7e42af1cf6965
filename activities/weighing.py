"""How large a decision is, and what follows from it: counted before anything is kept.

Temporal closes a workflow by force whose task brings more than 4 MB at once, and fails a task for ever whose
payload has more than 2 MB. So what is too large ends here, and the rest is added up by the workflow, which
ends its task in time (`workflows.case`).
"""

from __future__ import annotations

from typing import NamedTuple

from pydantic_core import to_json

from baton.contract import Event, Fired
from baton.errors import InvalidEvent
from baton.model.decision import CaseState, Decision
from baton.model.effects import Effect
from baton.model.kinds import model_of
from baton.model.reactions import reactions

LARGEST_DECISION = 800_000
"""Bytes of a decision, the answer, and all messages and writes that follow from it."""


class Conclusion(NamedTuple):
    """A decision with its sizes, and what it comes to."""

    decision: Decision
    state: CaseState
    effects: tuple[Effect, ...]


def weighed(before: CaseState, event: Event, decision: Decision) -> Conclusion:
    """What a decision comes to, if that can be carried out.

    An event does not fail because rules say too much about it: then what they do is skipped, and the decision
    says so. Raises ``InvalidEvent`` if it is too large without them.
    """
    conclusion, size = _concluded(before, event, decision)
    if size > LARGEST_DECISION and decision.fired:
        why = f"what the rules do has {size:,} bytes; at most {LARGEST_DECISION:,} are possible"
        skipped = tuple(Fired(rule=fired.rule, skipped=(why,)) for fired in decision.fired)
        conclusion, size = _concluded(before, event, decision.model_copy(update={"fired": skipped}))
    if size > LARGEST_DECISION:
        raise InvalidEvent(
            f"event {event.id!r}: what follows from it has {size:,} bytes; at most {LARGEST_DECISION:,} are "
            f"possible: shorten the texts of the template"
        )
    return conclusion


def _concluded(before: CaseState, event: Event, decision: Decision) -> tuple[Conclusion, int]:
    settlement = model_of(before).settle(before, event, decision)
    effects = tuple(reactions(before, event, decision, settlement))
    answer = len(to_json(settlement.state.head()))
    # What fired stands in the answer, too.
    task = len(to_json(decision)) + answer + len(to_json(decision.fired))
    caused = sum(len(to_json(effect)) for effect in effects)
    sizes = {"task_size": task, "answer_size": answer, "effects_size": caused}
    return Conclusion(decision.model_copy(update=sizes), settlement.state, effects), task + caused
