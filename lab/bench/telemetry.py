"""What metrics and traces cost: the same chats with and without them, on the same server in the same run.

Rounds alternate, so that other load on the machine affects all of them alike. Spans are made and exported
to memory: the cost of a collector is not Baton's.
"""

from __future__ import annotations

import asyncio
import statistics
import tempfile
import time
from collections.abc import Mapping, Sequence
from pathlib import Path

from opentelemetry import trace
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import BatchSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter
from rich.console import Console
from temporalio.client import Client

from baton.client import BatonClient
from baton.settings import Settings
from baton.temporal.plugin import BatonPlugin
from baton.temporal.spans import Discreet
from baton.temporal.telemetry import runtime_for
from baton.temporal.tracing import CaseTracing
from lab.bench.tables import table_of
from lab.rig import Rig, fresh, open_rig
from lab.scraping import free_port, scrape
from lab.server import running_server

ROUNDS = 6
CHATS = 12
MESSAGES = 10
LANES: Mapping[str, tuple[bool, bool]] = {
    "neither": (False, False),
    "metrics": (True, False),
    "metrics and traces": (True, True),
}
"""Whether there are metrics, and traces."""


async def _round(rig: Rig) -> float:
    """Messages a second of several chats at once."""

    async def one() -> None:
        chat = fresh("cost")
        for number in range(MESSAGES):
            await (rig.staff(chat, "ivan") if number % 2 else rig.customer(chat))

    started = time.perf_counter()
    await asyncio.gather(*(one() for _ in range(CHATS)))
    return CHATS * MESSAGES / (time.perf_counter() - started)


async def _measure(spans: InMemorySpanExporter) -> tuple[Mapping[str, Sequence[float]], int, int]:
    """Messages a second of each round of each lane; spans and series at the end."""
    rates: dict[str, list[float]] = {lane: [] for lane in LANES}
    tracer, address = trace.get_tracer("bench"), f"127.0.0.1:{free_port()}"
    counted = runtime_for(Settings(metrics_address=address))
    async with running_server() as server:
        target = server.client.service_client.config.target_host
        for number in range(ROUNDS + 1):
            for lane, (metered, traced) in LANES.items():
                client = await Client.connect(
                    target,
                    plugins=[BatonPlugin(interceptors=[CaseTracing()] if traced else [])],
                    runtime=counted if metered else None,
                )
                with tempfile.TemporaryDirectory() as folder, tracer.start_as_current_span(lane):
                    queue = fresh("bench")
                    async with open_rig(server, Path(folder), queue, working=False) as rig:
                        rig.client = BatonClient(client, task_queue=queue)
                        await rig.start_worker()
                        rate = await _round(rig)
                if number:  # the first round warms up
                    rates[lane].append(rate)
        series = sum(len(found) for found in (await scrape(address)).values())
    return rates, len(spans.get_finished_spans()), series


def main() -> None:
    """Measure, and print the table."""
    spans, provider = InMemorySpanExporter(), TracerProvider(shutdown_on_exit=False)
    provider.add_span_processor(BatchSpanProcessor(Discreet(spans)))
    trace.set_tracer_provider(provider)
    console = Console()
    console.print(f"{ROUNDS} rounds of {CHATS} chats with {MESSAGES} messages, in turn …")
    rates, made, series = asyncio.run(_measure(spans))
    provider.shutdown()
    bare = statistics.median(rates["neither"])
    table = table_of("What telemetry costs", "messages a second, median", "least", "most", "ratio")
    for lane, found in rates.items():
        middle = statistics.median(found)
        row = (f"{middle:.0f}", f"{min(found):.0f}", f"{max(found):.0f}", f"{middle / bare:.2f}")
        table.add_row(lane, *row)
    console.print(table)
    console.print(f"{made:,} spans were made; {series:,} series served, of {2 * (ROUNDS + 1)} task queues.")
