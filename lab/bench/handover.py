"""What the callers of a busy chat notice when it continues in a new run: how long nobody gets an answer.

One chat, a steady stream of messages from several clients, some of them by signal, on a server with its own
limits. Messages are sent on schedule, whether or not the earlier ones are answered.
"""

from __future__ import annotations

import asyncio
import tempfile
import time
from datetime import UTC
from itertools import pairwise
from pathlib import Path
from statistics import quantiles
from typing import NamedTuple

from rich.console import Console
from temporalio.api.enums.v1 import EventType

from baton.client import BatonClient
from lab.bench.capacity import running_place
from lab.bench.tables import table_of
from lab.rig import CHANNEL, Rig, event, fresh

MESSAGES = 1500
A_SECOND = 29.0
CLIENTS = 4
BY_SIGNAL = 5
"""One message in this many comes by signal."""
AROUND = 1.0
"""Seconds before and after the end of a run that count as the hand-over."""


class Call(NamedTuple):
    """One update: when it was sent and answered, in seconds since 1970."""

    sent: float
    answered: float


class Run(NamedTuple):
    """When a run ended, how often the server refused to end it, and its length in events."""

    ended: float
    refused: int
    length: int


async def _stream(rig: Rig, chat: str) -> list[Call]:
    clients = [BatonClient(rig.client.temporal, task_queue=rig.settings.task_queue) for _ in range(CLIENTS)]
    calls: list[Call] = []

    async def one(number: int) -> None:
        client, sent = clients[number % CLIENTS], time.time()
        if number % 2:
            message = event("customer_message", "customer", text=f"Message {number}")
        else:
            message = event("agent_message", "ivan", text=f"Message {number}")
        if number % BY_SIGNAL == 0:
            await client.chat(CHANNEL, chat).submit(message, customer="c")
        else:
            await client.chat(CHANNEL, chat).send(message, customer="c")
            calls.append(Call(sent, time.time()))

    began = time.time()
    async with asyncio.TaskGroup() as group:
        for number in range(MESSAGES):
            await asyncio.sleep(max(0.0, began + number / A_SECOND - time.time()))
            group.create_task(one(number))
    return sorted(calls, key=lambda call: call.answered)


async def _ended_runs(rig: Rig, chat: str, first: str) -> list[Run]:
    runs, run = [], first
    while run:
        handle = rig.client.temporal.get_workflow_handle(rig.handle(chat).id, run_id=run)
        events = (await handle.fetch_history()).events
        last = events[-1]
        run = last.workflow_execution_continued_as_new_event_attributes.new_execution_run_id
        if run:
            ended = last.event_time.ToDatetime(tzinfo=UTC).timestamp()
            refused = sum(item.event_type == EventType.EVENT_TYPE_WORKFLOW_TASK_FAILED for item in events)
            runs.append(Run(ended, refused, len(events)))
    return runs


async def _play() -> tuple[list[Call], list[Run]]:
    with tempfile.TemporaryDirectory() as folder:
        async with running_place(Path(folder)) as at:
            rig, chat = at.rig, fresh("busy")
            await rig.customer(chat)
            first = (await rig.handle(chat).describe()).run_id or ""
            calls = await _stream(rig, chat)
            await rig.settled(chat)
            return calls, await _ended_runs(rig, chat, first)


def _row(calls: list[Call], silences: list[float]) -> list[str]:
    if len(calls) < 2:
        return [f"{len(calls)}", "", "", ""]
    hundredths = quantiles([call.answered - call.sent for call in calls], n=100, method="inclusive")
    milliseconds = (hundredths[49], hundredths[98], max(silences, default=0.0))
    return [f"{len(calls):,}", *(f"{value * 1000:.0f}" for value in milliseconds)]


def main() -> None:
    """Measure, and print the table."""
    console = Console()
    console.print(f"{MESSAGES:,} messages to one chat, {A_SECOND:g} a second, from {CLIENTS} clients …")
    calls, runs = asyncio.run(_play())

    def near(start: float, end: float) -> bool:
        return any(start - AROUND <= run.ended <= end + AROUND for run in runs)

    table = table_of("Updates of a busy chat, in ms", "calls", "p50", "p99", "longest silence")
    for name, wanted in ((f"within {AROUND:g} s of a hand-over", True), ("else", False)):
        chosen = [call for call in calls if near(*call) is wanted]
        silences = [
            after.answered - before.answered
            for before, after in pairwise(calls)
            if near(before.answered, after.answered) is wanted
        ]
        table.add_row(name, *_row(chosen, silences))
    console.print(table)
    lengths = ", ".join(f"{run.length:,}" for run in runs) or "none"
    console.print(f"runs that ended: {len(runs)}, with {lengths} events")
    console.print(f"ends that the server refused: {sum(run.refused for run in runs)}")
