"""Sends a worker's spans by OTLP over HTTP, as OpenTelemetry's own variables say.

``OTEL_EXPORTER_OTLP_ENDPOINT``, ``OTEL_EXPORTER_OTLP_HEADERS``, ``OTEL_SERVICE_NAME``,
``OTEL_RESOURCE_ATTRIBUTES``, ``OTEL_TRACES_SAMPLER`` and the rest mean what they mean everywhere.
"""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from contextlib import contextmanager

from opentelemetry import trace
from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
from opentelemetry.sdk.environment_variables import OTEL_SERVICE_NAME
from opentelemetry.sdk.resources import SERVICE_NAME, Resource
from opentelemetry.sdk.trace import Event, ReadableSpan, TracerProvider
from opentelemetry.sdk.trace.export import BatchSpanProcessor, SpanExporter, SpanExportResult
from opentelemetry.trace import Status

SERVICE = "baton-worker"
"""The name of a worker in traces, unless ``OTEL_SERVICE_NAME`` gives another."""
_SAID_BY_EXCEPTIONS = "exception.type"


@contextmanager
def sending_spans() -> Iterator[None]:
    """Send the spans of this process while the block runs, and at its end those that are left."""
    resource = Resource.create({} if os.environ.get(OTEL_SERVICE_NAME) else {SERVICE_NAME: SERVICE})
    provider = TracerProvider(resource=resource, shutdown_on_exit=False)
    provider.add_span_processor(BatchSpanProcessor(Discreet(OTLPSpanExporter())))
    trace.set_tracer_provider(provider)
    try:
        yield
    finally:
        provider.shutdown()


class Discreet(SpanExporter):
    """Leaves out the text of exceptions, which may quote a message: only their type is exported.

    Args:
        exporter: where everything else goes.
    """

    def __init__(self, exporter: SpanExporter) -> None:
        self._exporter = exporter

    def export(self, spans: Sequence[ReadableSpan]) -> SpanExportResult:
        """See base class."""
        return self._exporter.export([_discreet(span) for span in spans])

    def shutdown(self) -> None:
        """See base class."""
        self._exporter.shutdown()

    def force_flush(self, timeout_millis: int = 30_000) -> bool:
        """See base class."""
        return self._exporter.force_flush(timeout_millis)


def _discreet(span: ReadableSpan) -> ReadableSpan:
    kept = [
        Event(
            event.name,
            {_SAID_BY_EXCEPTIONS: (event.attributes or {}).get(_SAID_BY_EXCEPTIONS, "")},
            event.timestamp,
        )
        for event in span.events
    ]
    # "ApplicationError: what it said"
    description = (span.status.description or "").partition(":")[0] or None
    return ReadableSpan(
        name=span.name,
        context=span.context,
        parent=span.parent,
        resource=span.resource,
        attributes=span.attributes,
        events=kept,
        links=span.links,
        kind=span.kind,
        status=Status(span.status.status_code, description),
        start_time=span.start_time,
        end_time=span.end_time,
        instrumentation_scope=span.instrumentation_scope,
    )
