"""The size of a decision and of what follows from it, counted before anything is kept.

If a task brings more than 4 MB at once, Temporal closes its workflow by force. If a payload has more than
2 MB, its task fails forever. So what is too large is stopped here. The workflow adds up the rest, and ends
its task in time (`workflows.case`).
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
    """A decision with its sizes, the state after it and its effects."""

    decision: Decision
    state: CaseState
    effects: tuple[Effect, ...]


def weighed(before: CaseState, event: Event, decision: Decision) -> Conclusion:
    """What follows from a decision, if it is not too large to be carried out.

    An event does not fail because rules do too much: then their actions are skipped, and the decision says
    so. Raises ``InvalidEvent`` if it is too large without them.
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
    # What fired is in the answer, too.
    task = len(to_json(decision)) + answer + len(to_json(decision.fired))
    caused = sum(len(to_json(effect)) for effect in effects)
    sizes = {"task_size": task, "answer_size": answer, "effects_size": caused}
    return Conclusion(decision.model_copy(update=sizes), settlement.state, effects), task + caused
