"""The Temporal metrics that dashboards and alerts use exist: a real worker in trouble, and a real server."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import timedelta

import pytest
from temporalio import activity, workflow
from temporalio.client import Client
from temporalio.testing import WorkflowEnvironment
from temporalio.worker import UnsandboxedWorkflowRunner, Worker

from baton.settings import Settings
from baton.temporal.plugin import BatonPlugin
from baton.temporal.telemetry import runtime_for
from lab.rig import eventually, fresh
from lab.scraping import Scraped, free_port, scrape
from lab.server import started
from tests.promql import expressions

OF_PROMETHEUS = {"up"}
SCRAPED = {"job", "instance"}
FAILED = "temporal_workflow_task_execution_failed_total"
EVICTED = "temporal_sticky_cache_total_forced_eviction_total"
ACTIVITIES = "temporal_activity_schedule_to_start_latency_seconds_count"


@activity.defn
async def nothing() -> None:
    """For the metrics of activities."""


@workflow.defn
class Troubled:
    """Fails its task if it is ``broken``, like a workflow whose code was changed."""

    @workflow.run
    async def run(self, broken: bool) -> None:
        if broken:
            raise RuntimeError("changed")
        await workflow.execute_activity(nothing, start_to_close_timeout=timedelta(seconds=10))
        await workflow.wait_condition(lambda: False, timeout=timedelta(hours=1))


@asynccontextmanager
async def in_trouble() -> AsyncIterator[tuple[str, str]]:
    """The addresses of a worker's and a server's metrics, after everything that alerts report."""
    ours, servers = f"127.0.0.1:{free_port()}", f"127.0.0.1:{free_port()}"
    async with await started(
        WorkflowEnvironment.start_local,
        dev_server_extra_args=["--metrics-port", servers.rpartition(":")[2]],
        plugins=[BatonPlugin()],
    ) as environment:
        client = await Client.connect(
            environment.client.service_client.config.target_host,
            runtime=runtime_for(Settings(metrics_address=ours)),
        )
        queue = fresh("trouble")
        async with Worker(
            client,
            task_queue=queue,
            workflows=[Troubled],
            activities=[nothing],
            workflow_runner=UnsandboxedWorkflowRunner(),
            max_cached_workflows=2,
        ):
            for broken in (True, False, False, False, False):
                await client.start_workflow(Troubled.run, broken, id=fresh("w"), task_queue=queue)

            async def all_told() -> bool:
                seen = await scrape(ours)
                wanted = (FAILED, EVICTED, ACTIVITIES)
                return all(seen.sum(name) for name in wanted)

            await eventually(all_told, "no task failed, no case left the memory, or no activity ran")
            yield ours, servers


@pytest.fixture(scope="module")
async def seen() -> Scraped:
    """All that both served."""
    async with in_trouble() as addresses:
        found = Scraped()
        for address in addresses:
            found.update(await scrape(address))
        return found


async def test_every_metric_of_temporal_exists_with_its_labels(seen: Scraped) -> None:
    asked_for = 0
    for asked in expressions():
        for name, labels in asked.metrics.items():
            if name.startswith("baton_") or name in OF_PROMETHEUS:
                continue
            asked_for += 1
            assert name in seen, f"{asked.where} asks for {name}"
            assert labels | asked.grouped <= seen.labels(name) | SCRAPED, f"{asked.where} asks for {name}"
    assert asked_for > 10
