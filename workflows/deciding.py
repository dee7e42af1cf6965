"""How a case asks for a decision: with the local activity ``decide``, for as long as it takes."""

from __future__ import annotations

from contextvars import Context
from datetime import timedelta

from temporalio import workflow
from temporalio.common import RetryPolicy

from baton.contract import Assign
from baton.errors import REFUSALS, Refused
from baton.model.decision import DecideRequest, Decision
from baton.model.effects import DECIDE
from baton.temporal import metrics

_TIMEOUT = timedelta(seconds=10)
# Without an end: while the help desk is down, an accepted event waits. It is never dropped.
_RETRY = RetryPolicy(initial_interval=timedelta(milliseconds=200), maximum_interval=timedelta(minutes=1))
# A longer pause is a timer. In a short one the workflow task stays open, which costs three events of history
# every few seconds: after a day or two there would be too many, and the server would end the workflow.
_PAUSE_IN_TASK = timedelta(seconds=5)


async def ask(request: DecideRequest, context: Context) -> Decision:
    """What is decided about an event, as a step of the trace in ``context``."""
    decision: Decision = await context.run(
        lambda: workflow.start_local_activity(
            DECIDE,
            request,
            result_type=Decision,
            start_to_close_timeout=_TIMEOUT,
            retry_policy=_RETRY,
            local_retry_threshold=_PAUSE_IN_TASK,
            summary=request.event.kind,
        )
    )
    return decision


def refusal_in(decision: Decision) -> Refused | None:
    """The refusal in a decision, as an exception to raise."""
    if decision.refusal is None:
        return None
    return REFUSALS.get(decision.refusal.type, Refused)(decision.refusal.message)


def count_rules(decision: Decision, *, moved: bool) -> None:
    """Count the rules that fired, and those that handed the case over."""
    meter = workflow.metric_meter()
    for one in decision.fired:
        metrics.RULES_FIRED.count(meter, rule=one.rule)
        if moved and any(isinstance(action, Assign) for action in one.actions):
            metrics.HANDOFFS.count(meter, rule=one.rule)
