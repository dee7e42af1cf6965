"""What is counted, timed, traced and logged about activities and the help desk, in one place.

The activities themselves know nothing of it: ``Observing`` sees each of them from outside, and ``observed``
each call to the help desk.
"""

# ruff: noqa: A002 – the arguments are called as Temporal calls them

from __future__ import annotations

import time
from asyncio import CancelledError
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager, contextmanager
from datetime import UTC, datetime
from functools import wraps
from inspect import iscoroutinefunction
from typing import Any, Protocol, cast

from opentelemetry import trace
from opentelemetry.trace import SpanKind, StatusCode
from temporalio import activity
from temporalio.worker import ActivityInboundInterceptor, ExecuteActivityInput, Interceptor

from baton import metrics
from baton.chatstate import ChatState
from baton.contract import Instant
from baton.decision import DecideRequest, Decision
from baton.errors import HelpDeskUnavailable
from baton.logs import name_event
from helpdesks.base import HelpDesk

_tracer = trace.get_tracer("baton")


class _EffectLike(Protocol):
    @property
    def do(self) -> str: ...
    @property
    def event_id(self) -> str: ...
    @property
    def decided_at(self) -> Instant: ...


class Observing(Interceptor):
    """For the worker's list of interceptors."""

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
        result = await self.next.execute_activity(input)
        delay = (datetime.now(UTC) - effect.decided_at).total_seconds()
        metrics.EFFECT_DELAY.time(activity.metric_meter(), delay, effect=effect.do)
        return result


def _result_of(decision: Decision) -> str:
    if decision.refusal is not None:
        return "refused"
    return "duplicate" if decision.duplicate is not None else "decided"


def observed(desk: HelpDesk) -> HelpDesk:
    """The same help desk; each call of an activity is timed, is a span, and counted if it is not answered."""
    return cast(HelpDesk, _ObservedDesk(desk))


class _ObservedDesk:
    def __init__(self, desk: HelpDesk) -> None:
        self._desk = desk

    def __getattr__(self, operation: str) -> Callable[..., Any]:
        call = getattr(self._desk, operation)
        if iscoroutinefunction(call):

            @wraps(call)
            async def asked(*args: Any, **options: Any) -> Any:
                with _observing(operation):
                    return await call(*args, **options)

            return asked

        @wraps(call)
        @asynccontextmanager
        async def opened(*args: Any, **options: Any) -> AsyncIterator[Any]:
            with _observing(operation):
                async with call(*args, **options) as transaction:
                    yield transaction

        return opened


@contextmanager
def _in_time(operation: str) -> Iterator[None]:
    """Call it by its name where the help desk hung until the activity's time was up, and it was cancelled."""
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
    # A refusal, too, leaves a transaction as an exception, and is no error of the help desk's.
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
