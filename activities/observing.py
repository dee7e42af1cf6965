"""What is counted, timed, traced and logged about activities and the help desk, in one place.

The activities themselves know nothing about it: ``Observing`` wraps each of them, and ``observed`` wraps
each call to the help desk.
"""

# ruff: noqa: A002 – the arguments have the names that Temporal gives them

from __future__ import annotations

import time
from asyncio import CancelledError
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from functools import wraps
from typing import Any, Protocol, TypeVar, cast

from opentelemetry import trace
from opentelemetry.trace import SpanKind, StatusCode
from temporalio import activity
from temporalio.common import MetricMeter
from temporalio.worker import ActivityInboundInterceptor, ExecuteActivityInput, Interceptor

from activities.refusing import as_the_desk_says
from baton.contract import (
    CHAT_KINDS,
    CHAT_WORKFLOW,
    INTERNAL_KINDS,
    TICKET_KINDS,
    TICKET_WORKFLOW,
    Instant,
)
from baton.errors import REFUSALS, HelpDeskUnavailable
from baton.model.chat.state import ChatState
from baton.model.decision import DecideRequest, Decision
from baton.model.effects import EFFECTS
from baton.rules.language import RuleList
from baton.rules.ruleset import RuleSet
from baton.rules.scene import CaseType
from baton.rules.verbs import Assign
from baton.temporal import metrics
from baton.temporal.logs import name_event

DeskT = TypeVar("DeskT")

_tracer = trace.get_tracer("baton")

_WORKFLOWS = {
    CaseType.CHAT: (CHAT_WORKFLOW, CHAT_KINDS),
    CaseType.TICKET: (TICKET_WORKFLOW, TICKET_KINDS),
}


def count_from_zero(meter: MetricMeter, namespace: str, task_queue: str, rules: RuleSet) -> None:
    """Show the counters of workflows as 0, before anything has happened.

    Prometheus counts what is added between two scrapes. If it first sees a counter at 1, it does not know
    that the counter grew: the first handoff, prompt or refused write of every worker would be missing.
    """
    for case, (workflow_type, kinds) in _WORKFLOWS.items():
        meter_of_case = meter.with_additional_attributes(
            {"namespace": namespace, "task_queue": task_queue, "workflow_type": workflow_type}
        )
        for kind in kinds:
            metrics.EVENTS.count(meter_of_case, 0, kind=kind)
        for kind in kinds - INTERNAL_KINDS:
            metrics.LATE_DUPLICATES.count(meter_of_case, 0, kind=kind)
        for kind in {metrics.UNKNOWN, *kinds} - INTERNAL_KINDS:
            for reason in REFUSALS:
                metrics.REFUSED_EVENTS.count(meter_of_case, 0, kind=kind, reason=reason)
        metrics.REVIVED.count(meter_of_case, 0)
        for effect in EFFECTS:
            metrics.EFFECTS_DECIDED.count(meter_of_case, 0, effect=effect)
            for result in ("carried_out", "refused"):
                metrics.EFFECTS_DONE.count(meter_of_case, 0, effect=effect, result=result)
        for rule in (rule for kind in RuleList for rule in rules.rules(kind)):
            if not rule.enabled or case not in rule.of:
                continue
            metrics.RULES_FIRED.count(meter_of_case, 0, rule=rule.id)
            if any(isinstance(action, Assign) for action in rule.then):
                metrics.HANDOFFS.count(meter_of_case, 0, rule=rule.id)
        if case is CaseType.TICKET:
            metrics.PROMPTS.count(meter_of_case, 0)
            metrics.REPLIES.count(meter_of_case, 0)


class _EffectLike(Protocol):
    @property
    def do(self) -> str: ...
    @property
    def event_id(self) -> str: ...
    @property
    def decided_at(self) -> Instant: ...


class Observing(Interceptor):
    """An interceptor for the worker."""

    def intercept_activity(self, next: ActivityInboundInterceptor) -> ActivityInboundInterceptor:
        """See base class."""
        return _Observed(next)


class _Observed(ActivityInboundInterceptor):
    async def execute_activity(self, input: ExecuteActivityInput) -> Any:
        match input.args:
            case [DecideRequest() as request]:
                return await self._decide(input, request)
            case [argument] if hasattr(argument, "decided_at"):
                return await self._carry_out(input, argument)
        return await self.next.execute_activity(input)

    async def _decide(self, input: ExecuteActivityInput, request: DecideRequest) -> Any:
        case = "chat" if isinstance(request.before, ChatState) else "ticket"
        began, result = time.perf_counter(), "failed"
        try:
            name_event(request.event.id)
            decision = await self.next.execute_activity(input)
            result = _result_of(decision)
            return decision
        finally:
            took = time.perf_counter() - began
            metrics.DECISION.time(activity.metric_meter(), took, case=case, result=result)

    async def _carry_out(self, input: ExecuteActivityInput, effect: _EffectLike) -> Any:
        name_event(effect.event_id)
        with as_the_desk_says():
            result = await self.next.execute_activity(input)
        delay = (datetime.now(UTC) - effect.decided_at).total_seconds()
        metrics.EFFECT_DELAY.time(activity.metric_meter(), delay, effect=effect.do)
        return result


def _result_of(decision: Decision) -> str:
    if decision.refusal is not None:
        return "refused"
    return "duplicate" if decision.duplicate is not None else "decided"


def observed(desk: DeskT) -> DeskT:
    """The same help desk; each call from an activity is timed, traced, and counted if it is not answered."""
    return cast(DeskT, _ObservedDesk(desk))


class _ObservedDesk:
    def __init__(self, desk: object) -> None:
        self._desk = desk

    def __getattr__(self, operation: str) -> Callable[..., Any]:
        call = getattr(self._desk, operation)

        @wraps(call)
        async def asked(*args: Any, **options: Any) -> Any:
            with _observing(operation):
                return await call(*args, **options)

        return asked


@contextmanager
def _in_time(operation: str) -> Iterator[None]:
    """Raise ``HelpDeskUnavailable`` if the help desk hung until the activity timed out and was cancelled."""
    try:
        yield
    except CancelledError:
        details = activity.cancellation_details()
        if details is None or not details.timed_out:
            raise
        raise HelpDeskUnavailable(f"{operation} was not answered in time") from None


@contextmanager
def _observing(operation: str) -> Iterator[None]:
    if not activity.in_activity():
        yield
        return
    meter, began = activity.metric_meter(), time.perf_counter()
    # A refusal also leaves a transaction as an exception, but it is not an error of the help desk.
    with _tracer.start_as_current_span(
        f"HelpDesk:{operation}", kind=SpanKind.CLIENT, record_exception=False, set_status_on_exception=False
    ) as span:
        try:
            with _in_time(operation):
                yield
        except HelpDeskUnavailable:
            metrics.HELP_DESK_ERRORS.count(meter, operation=operation)
            span.set_status(StatusCode.ERROR, HelpDeskUnavailable.__name__)
            raise
        finally:
            metrics.HELP_DESK.time(meter, time.perf_counter() - began, operation=operation)
