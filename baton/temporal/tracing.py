"""Traces: from the call of a program through the workflow to the help desk.

Temporal's own interceptor makes the spans of clients and activities. In a workflow it would attach every
event of a case to the trace of the call that started the case, perhaps weeks ago, and only link the call that
brought the event. Here each event, with everything the case does about it, belongs to the trace of its own
call.

Each process decides where its spans go, as is usual with OpenTelemetry: ``baton.temporal.spans`` does so
for workers. Spans hold IDs, names of calls and times, but never a text. None of this issues workflow
commands, so histories replay with and without it.
"""

# ruff: noqa: A002 – the arguments have Temporal's names

from __future__ import annotations

from collections.abc import Mapping
from contextvars import ContextVar
from types import MappingProxyType
from typing import Any, NoReturn, cast

from opentelemetry import trace
from opentelemetry.trace import SpanKind, StatusCode
from opentelemetry.trace.propagation.tracecontext import TraceContextTextMapPropagator
from temporalio import workflow
from temporalio.api.common.v1 import Payload
from temporalio.client import OutboundInterceptor, StartWorkflowUpdateInput, WorkflowUpdateHandle
from temporalio.contrib.opentelemetry import TracingInterceptor
from temporalio.converter import PayloadConverter
from temporalio.service import RPCError, RPCStatusCode
from temporalio.worker import (
    ContinueAsNewInput,
    ExecuteWorkflowInput,
    HandleSignalInput,
    HandleUpdateInput,
    StartActivityInput,
    StartLocalActivityInput,
    WorkflowInboundInterceptor,
    WorkflowInterceptorClassInput,
    WorkflowOutboundInterceptor,
)
from temporalio.workflow import ActivityHandle

Carrier = Mapping[str, str]
"""A position in a trace, in the W3C format: ``{"traceparent": …}``; empty outside of a trace."""

HEADER = "_tracer-data"
"""The header of Temporal's interceptors, in every language."""
_MAKE_SPAN = "__baton_make_span"

_propagator = TraceContextTextMapPropagator()
_standing: ContextVar[Carrier] = ContextVar("baton_trace", default=MappingProxyType({}))


class CaseTracing(TracingInterceptor):
    """Makes spans, and passes on in headers which trace a call belongs to. For clients and workers."""

    def __init__(self) -> None:
        super().__init__(trace.get_tracer("baton"))
        self.header_key = HEADER
        # Without the caller's baggage: it may hold anything, and histories keep headers.
        self.text_map_propagator = _propagator

    def intercept_client(self, next: OutboundInterceptor) -> OutboundInterceptor:
        """See base class."""
        return super().intercept_client(_Outgoing(next))

    def workflow_interceptor_class(  # type: ignore[override]  # it replaces Temporal's own
        self, input: WorkflowInterceptorClassInput
    ) -> type[WorkflowInboundInterceptor]:
        """See base class."""
        input.unsafe_extern_functions[_MAKE_SPAN] = self._make_span
        return _Inbound

    def _make_span(self, name: str, carrier: Carrier, kind: SpanKind, at: int) -> Carrier:
        """A span without a duration: a workflow may be replayed elsewhere before the span could end."""
        info = workflow.info()
        span = self.tracer.start_span(
            name,
            _propagator.extract(carrier),
            kind=kind,
            attributes={"temporalWorkflowID": info.workflow_id, "temporalRunID": info.run_id},
            start_time=at,
        )
        span.end(at)
        made: dict[str, str] = {}
        _propagator.inject(made, trace.set_span_in_context(span))
        return made


class _Outgoing(OutboundInterceptor):
    """Calls by a client, within the spans of Temporal's own interceptor."""

    async def start_workflow_update(self, input: StartWorkflowUpdateInput) -> WorkflowUpdateHandle[Any]:
        try:
            return await super().start_workflow_update(input)
        except RPCError as error:
            if error.status is RPCStatusCode.NOT_FOUND:
                # An answer, after which the client opens the case. Otherwise each new chat would be a fault
                # in its own trace. A status that was set to OK stays so.
                trace.get_current_span().set_status(StatusCode.OK)
            raise


def _read(headers: Mapping[str, Payload]) -> Carrier:
    if HEADER not in headers:
        return {}
    try:
        carrier = PayloadConverter.default.from_payload(headers[HEADER])
        return {str(name): str(value) for name, value in carrier.items()}
    except Exception:  # whatever a converter raises about bytes that we did not write
        return {}


def _written(headers: Mapping[str, Payload], carrier: Carrier) -> Mapping[str, Payload]:
    if not carrier:
        return headers
    return {**headers, HEADER: PayloadConverter.default.to_payload(dict(carrier))}


def _span(name: str, carrier: Carrier, kind: SpanKind) -> Carrier:
    """The position in the trace after a new span. Outside a trace, and in a replay, there is none."""
    if not carrier or workflow.unsafe.is_replaying():
        return carrier
    make = workflow.extern_functions()[_MAKE_SPAN]
    return cast(Carrier, make(name, carrier, kind, workflow.time_ns()))


class _Inbound(WorkflowInboundInterceptor):
    """Calls to a workflow. Each handler runs in a task of its own, and so in a context of its own."""

    def init(self, outbound: WorkflowOutboundInterceptor) -> None:
        super().init(_Outbound(outbound))

    async def execute_workflow(self, input: ExecuteWorkflowInput) -> Any:
        name = f"RunWorkflow:{workflow.info().workflow_type}"
        _standing.set(_span(name, _read(input.headers), SpanKind.SERVER))
        return await super().execute_workflow(input)

    async def handle_signal(self, input: HandleSignalInput) -> None:
        _standing.set(_span(f"HandleSignal:{input.signal}", _read(input.headers), SpanKind.SERVER))
        await super().handle_signal(input)

    async def handle_update_handler(self, input: HandleUpdateInput) -> Any:
        _standing.set(_span(f"HandleUpdate:{input.update}", _read(input.headers), SpanKind.SERVER))
        return await super().handle_update_handler(input)


class _Outbound(WorkflowOutboundInterceptor):
    """Calls by a workflow."""

    def start_activity(self, input: StartActivityInput) -> ActivityHandle[Any]:
        carrier = _span(f"StartActivity:{input.activity}", _standing.get(), SpanKind.CLIENT)
        input.headers = _written(input.headers, carrier)
        return super().start_activity(input)

    def start_local_activity(self, input: StartLocalActivityInput) -> ActivityHandle[Any]:
        carrier = _span(f"StartActivity:{input.activity}", _standing.get(), SpanKind.CLIENT)
        input.headers = _written(input.headers, carrier)
        return super().start_local_activity(input)

    def continue_as_new(self, input: ContinueAsNewInput) -> NoReturn:
        input.headers = _written(input.headers, _standing.get())
        super().continue_as_new(input)
