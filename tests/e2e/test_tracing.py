"""Traces: one from the call of a program through the workflow to the help desk, and no text in it."""

from __future__ import annotations

import gzip
import threading
from collections.abc import AsyncIterator, Iterator, Mapping
from contextlib import asynccontextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest
from opentelemetry.proto.trace.v1.trace_pb2 import Span
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter
from opentelemetry.trace import StatusCode
from temporalio.api.common.v1 import Header, Payload, Payloads, WorkflowExecution
from temporalio.api.workflowservice.v1 import SignalWorkflowExecutionRequest
from temporalio.client import Client
from temporalio.testing import WorkflowEnvironment
from temporalio.worker import Replayer

from baton.client import BatonClient
from baton.contract import SUBMIT, Presence
from baton.desk.client import DeskClient
from baton.errors import IllegalTransition, UnknownStaff
from baton.temporal.plugin import BatonPlugin
from baton.temporal.spans import Discreet
from baton.temporal.tracing import HEADER, CaseTracing
from lab.departments import ANSWERS, QUIET
from lab.rig import CHANNEL, Rig, event, eventually, failed_tasks, fresh
from tests.conftest import RigOpener
from tests.e2e.test_worker import settings_in, until_ready, worker_process
from tests.waiting import refused
from workflows.chat import Chat
from workflows.ticket import Ticket


class Traced:
    """Spans of this process, as they would be exported."""

    def __init__(self) -> None:
        self.exported = InMemorySpanExporter()
        self.provider = TracerProvider(shutdown_on_exit=False)
        self.provider.add_span_processor(SimpleSpanProcessor(Discreet(self.exported)))
        self.tracer = self.provider.get_tracer("test")

    def named(self, trace_id: int) -> list[str]:
        """The names of the spans of one trace, as they began."""
        mine = [one for one in self.exported.get_finished_spans() if one.context.trace_id == trace_id]
        return [one.name for one in sorted(mine, key=lambda one: one.start_time or 0)]

    async def until(self, trace_id: int, name: str) -> None:
        async def there() -> bool:
            return name in self.named(trace_id)

        await eventually(there, lambda: f"no span {name} in the trace, but {self.named(trace_id)}")


@pytest.fixture
def traced(monkeypatch: pytest.MonkeyPatch) -> Iterator[Traced]:
    """Set up, for one test, what the process would have set up with ``sending_spans``."""
    spans = Traced()
    monkeypatch.setattr(
        "baton.temporal.tracing.trace.get_tracer", lambda _: spans.provider.get_tracer("baton")
    )
    monkeypatch.setattr("activities.observing._tracer", spans.provider.get_tracer("baton"))
    yield spans
    spans.provider.shutdown()


@asynccontextmanager
async def tracing_rig(opener: RigOpener, traced: Traced, **settings: Any) -> AsyncIterator[Rig]:
    async with opener(working=False, **settings) as rig:
        target = rig.client.temporal.service_client.config.target_host
        client = await Client.connect(target, plugins=[BatonPlugin(interceptors=[CaseTracing()])])
        rig.client = BatonClient(client, task_queue=rig.settings.task_queue)
        await rig.start_worker()
        yield rig


async def test_each_event_of_a_chat_is_in_the_trace_of_the_call_that_brought_it(
    open_a_rig: RigOpener, traced: Traced
) -> None:
    async with tracing_rig(open_a_rig, traced) as rig:
        chat = fresh("traced")
        with traced.tracer.start_as_current_span("first") as first:
            await rig.customer(chat)
        await rig.settled(chat)
        with traced.tracer.start_as_current_span("second") as second:
            await rig.staff(chat, "lena")
        ids = [one.get_span_context().trace_id for one in (first, second)]
        await traced.until(ids[1], "HelpDesk:write_case")
        spans = [set(traced.named(one)) for one in ids]
        common = {"HandleUpdate:handle", "StartActivity:decide", "RunActivity:decide", "HelpDesk:intake"}
        assert common <= spans[0] & spans[1]
        assert {"RunWorkflow:Chat", "RunActivity:notify", "HelpDesk:notify"} <= spans[0]
        assert {"StartActivity:reassign", "RunActivity:reassign", "HelpDesk:write_case"} <= spans[1]
        assert not {"RunWorkflow:Chat", "RunActivity:notify"} & spans[1]
        assert "RunActivity:reassign" not in spans[0]
        assert failed_tasks(await rig.history(chat)) == []


async def test_that_a_chat_is_not_there_yet_is_no_fault_in_its_trace(
    open_a_rig: RigOpener, traced: Traced
) -> None:
    async with tracing_rig(open_a_rig, traced) as rig:
        with traced.tracer.start_as_current_span("first") as first:
            await rig.customer(fresh("traced"))
        trace_id = first.get_span_context().trace_id
        await traced.until(trace_id, "HelpDesk:notify")
        names = traced.named(trace_id)
        assert names[:3] == ["first", "StartWorkflowUpdate:handle", "StartUpdateWithStartWorkflow:Chat"]
        spans = [one for one in traced.exported.get_finished_spans() if one.context.trace_id == trace_id]
        assert [one.name for one in spans if one.status.status_code is StatusCode.ERROR] == []


@pytest.mark.parametrize(
    "header",
    [
        Payload(metadata={"encoding": b"unheard/of"}, data=b"\x00\xff"),
        Payload(metadata={"encoding": b"json/plain"}, data=b"{not json"),
        Payload(metadata={"encoding": b"json/plain"}, data=b'["no", "carrier"]'),
        Payload(metadata={"encoding": b"json/plain"}, data=b'{"traceparent": 7}'),
    ],
    ids=["bad encoding", "bad json", "a list", "a number"],
)
async def test_a_trace_that_cannot_be_read_harms_nobody(
    open_a_rig: RigOpener, traced: Traced, header: Payload
) -> None:
    async with tracing_rig(open_a_rig, traced) as rig:
        chat, taken = fresh("traced"), event("taken", "ivan")
        await rig.customer(chat)
        temporal = rig.client.temporal
        await temporal.workflow_service.signal_workflow_execution(
            SignalWorkflowExecutionRequest(
                namespace=temporal.namespace,
                workflow_execution=WorkflowExecution(workflow_id=rig.handle(chat).id),
                signal_name=SUBMIT,
                input=Payloads(payloads=await temporal.data_converter.encode([taken])),
                header=Header(fields={HEADER: header}),
                request_id=fresh("header"),
            )
        )

        async def is_taken() -> bool:
            return (await rig.snapshot(chat)).pinned_to == "ivan"

        await eventually(is_taken, "the signal was not taken in")
        assert failed_tasks(await rig.history(chat)) == []


async def test_a_reply_to_a_ticket_is_in_the_trace_of_who_sent_it(
    open_separate: RigOpener, traced: Traced
) -> None:
    async with tracing_rig(open_separate, traced) as rig:
        ticket = fresh("T")
        await rig.asked(ticket, QUIET)
        for who in ANSWERS.values():
            with traced.tracer.start_as_current_span("note") as note:
                await rig.note(who, ticket)
        with traced.tracer.start_as_current_span("reply") as reply:
            await rig.on_ticket("cem", ticket, "send_reply", text="All about it.")
        await traced.until(reply.get_span_context().trace_id, "HelpDesk:send_reply")
        await traced.until(note.get_span_context().trace_id, "HelpDesk:prompt_reply")
        assert "HandleSignal:note_added" in traced.named(note.get_span_context().trace_id)
        assert "HandleUpdate:handle" in traced.named(reply.get_span_context().trace_id)


async def test_a_call_without_a_workflow_is_traced_and_so_are_the_cases_that_it_tells(
    open_a_rig: RigOpener, traced: Traced
) -> None:
    async with tracing_rig(open_a_rig, traced) as rig:
        chat = fresh("held")
        await rig.customer(chat)
        await rig.by("ivan", chat, "taken")
        desk = DeskClient(rig.client.temporal, task_queue=rig.settings.task_queue)
        with traced.tracer.start_as_current_span("away") as away:
            await desk.set_presence("ivan", Presence.WITHOUT_CHATS)
        trace_id = away.get_span_context().trace_id
        await traced.until(trace_id, "HandleSignal:submit")
        await traced.until(trace_id, "RunActivity:decide")
        names = traced.named(trace_id)
        assert names[:2] == ["away", "StartActivity:set_presence"]
        assert {"RunActivity:spread_presence", "HelpDesk:touched_by"} <= set(names)


async def test_what_comes_due_by_itself_hangs_on_no_call_of_long_ago(
    open_a_rig: RigOpener, traced: Traced
) -> None:
    async with tracing_rig(open_a_rig, traced, idle_minutes=10) as rig:
        chat = fresh("idle")
        with traced.tracer.start_as_current_span("call") as call:
            await rig.customer(chat)
        await rig.settled(chat)
        await rig.fast_forward(chat, minutes=11)

        async def ended() -> bool:
            return len(await rig.client.chat(CHANNEL, chat).timeline()) == 2

        await eventually(ended, "the chat did not end")
        assert traced.named(call.get_span_context().trace_id).count("RunActivity:decide") == 1


async def test_a_span_holds_no_text_and_no_reason_in_words(open_a_rig: RigOpener, traced: Traced) -> None:
    secret = "Sesame-4711"
    async with tracing_rig(open_a_rig, traced) as rig:
        chat = fresh("discreet")
        with traced.tracer.start_as_current_span("call") as call:
            await rig.customer(chat, f"My password is {secret}.")
            await refused(UnknownStaff, rig.by(f"staff-{secret}", chat, "taken"))
            await refused(IllegalTransition, rig.send(fresh(), event("taken", "ivan"), customer=secret))
            await refused(IllegalTransition, rig.snapshot(fresh()))
        await traced.until(call.get_span_context().trace_id, "HelpDesk:notify")
        spans = traced.exported.get_finished_spans()
        assert len(spans) > 10
        assert [one.name for one in spans if secret in one.to_json()] == []
        failed = [one for one in spans if one.status.description]
        assert failed
        assert {one.status.description for one in failed} <= {"WorkflowUpdateFailedError", "RPCError"}


async def test_histories_replay_with_traces_and_without(open_a_rig: RigOpener, traced: Traced) -> None:
    """Also a chat that one worker without traces goes on with, and the other way round."""
    async with tracing_rig(open_a_rig, traced, max_cached_workflows=0) as rig:
        chat = fresh("both")
        await rig.customer(chat)
        await rig.staff(chat, "lena")
        await rig.settled(chat)
        traced_client, plain = (
            rig.client,
            BatonClient(rig.environment.client, task_queue=rig.settings.task_queue),
        )
        for client in (plain, traced_client):
            await rig.stop_worker()
            rig.client = client
            await rig.start_worker()
            await rig.customer(chat)
            await rig.settled(chat)
        history = await rig.history(chat)
    assert failed_tasks(history) == []
    assert "_tracer-data" in history.to_json()
    for plugin in (BatonPlugin(), BatonPlugin(interceptors=[CaseTracing()])):
        await Replayer(workflows=[Chat, Ticket], plugins=[plugin]).replay_workflow(history)


class Collector:
    """Takes spans by OTLP over HTTP, as a real collector does."""

    def __init__(self) -> None:
        self.spans: list[Span] = []
        self.services: set[str] = set()
        collector = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["Content-Length"]))
                if self.headers.get("Content-Encoding") == "gzip":
                    body = gzip.decompress(body)
                collector.take(ExportTraceServiceRequest.FromString(body))
                self.send_response(200)
                self.end_headers()

            def log_message(self, *_: object) -> None:
                """Keep this out of the output of tests."""

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self._server.server_port}"

    def take(self, request: ExportTraceServiceRequest) -> None:
        for resource in request.resource_spans:
            self.services |= {
                one.value.string_value for one in resource.resource.attributes if one.key == "service.name"
            }
            self.spans += [span for scope in resource.scope_spans for span in scope.spans]

    def __enter__(self) -> Collector:
        threading.Thread(target=self._server.serve_forever, daemon=True).start()
        return self

    def __exit__(self, *_: object) -> None:
        self._server.shutdown()
        self._server.server_close()


@pytest.mark.parametrize(
    ("named", "service"), [({}, "baton-worker"), ({"OTEL_SERVICE_NAME": "support"}, "support")]
)
async def test_a_worker_process_sends_its_spans_before_it_goes(
    server: WorkflowEnvironment, tmp_path: Path, traced: Traced, named: Mapping[str, str], service: str
) -> None:
    queue = fresh("queue")
    with Collector() as collector:
        settings = settings_in(
            tmp_path, queue, BATON_TRACING="true", OTEL_EXPORTER_OTLP_ENDPOINT=collector.url, **named
        )
        target = server.client.service_client.config.target_host
        client = BatonClient(
            await Client.connect(target, plugins=[BatonPlugin(interceptors=[CaseTracing()])]),
            task_queue=queue,
        )
        async with worker_process(server, settings) as child:
            await until_ready(child)
            with traced.tracer.start_as_current_span("call") as call:
                await client.chat(CHANNEL, fresh("sent")).send(event("customer_message", "customer"))
            child.terminate()
            assert await child.wait() == 0
    trace_id = call.get_span_context().trace_id.to_bytes(16)
    mine = {span.name for span in collector.spans if span.trace_id == trace_id}
    assert {"RunWorkflow:Chat", "HandleUpdate:handle", "RunActivity:decide", "HelpDesk:intake"} <= mine
    assert collector.services == {service}
    # One tree: the parent of each span is another span of this trace, or one of the calling program.
    known = {span.span_id for span in collector.spans if span.trace_id == trace_id}
    known |= {one.context.span_id.to_bytes(8) for one in traced.exported.get_finished_spans()}
    assert {span.parent_span_id for span in collector.spans if span.trace_id == trace_id} <= known
