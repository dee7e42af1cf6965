"""What must hold after hosts and workers were killed: nothing lost, nothing doubled, nothing stuck."""

from __future__ import annotations

import asyncio
from collections import Counter, defaultdict
from collections.abc import Awaitable, Callable, Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import select
from temporalio.api.enums.v1 import EventType, TaskQueueType
from temporalio.api.taskqueue.v1 import TaskQueue
from temporalio.api.workflowservice.v1 import DescribeTaskQueueRequest

from baton.desk.api import NoticeRow
from helpdesks.embedded import EmbeddedHelpDesk
from helpdesks.schema import cases, entries, events
from lab.ledger import cases_of, rows
from lab.rig import Rig, failed_tasks

AT_ONCE = 8
REST_SECONDS = 60.0
"""The time within which every case must have finished its work, and the queues must be empty."""
POLL_SECONDS = 0.5
ALL_NOTICES = 1_000_000
SHOWN = ("assignee", "line", "pinned_to", "reserved_for", "activity", "status", "tab")
"""Fields on which a chat's row in the help desk and the chat itself must agree."""


@dataclass
class Played:
    """What the clients did.

    Args:
        chats: conversations, and whether each was closed.
        accepted: for each conversation, and each ticket as ``ticket:ID``, the IDs that were answered.
    """

    chats: dict[str, bool] = field(default_factory=dict)
    tickets: set[str] = field(default_factory=set)
    accepted: defaultdict[str, list[str]] = field(default_factory=lambda: defaultdict(list))


@dataclass
class Found:
    """What the help desk and Temporal hold afterwards.

    Args:
        events: by conversation (``ticket:ID`` for a ticket) and event ID, how often the help desk has it.
        opened: how many cases the help desk has for each of them.
        replies: by ticket, consolidated replies that went to the customer.
        prompts: by ticket, notices to write that reply.
        notices: by recipient, case, event and reason, how often somebody was told.
        disagreeing: chats whose row differs from what the chat says.
        restless: cases with a pending activity or workflow task, and what is pending.
        failed: cases with failed workflow tasks, and the first failure.
        timed_out: workflow tasks that were lost with the worker that had them.
        backlog: tasks that wait in the workers' queue.
    """

    events: Counter[tuple[str, str]] = field(default_factory=Counter)
    opened: Counter[str] = field(default_factory=Counter)
    replies: Counter[str] = field(default_factory=Counter)
    prompts: Counter[str] = field(default_factory=Counter)
    notices: Counter[tuple[str, ...]] = field(default_factory=Counter)
    disagreeing: dict[str, str] = field(default_factory=dict)
    restless: dict[str, str] = field(default_factory=dict)
    failed: dict[str, str] = field(default_factory=dict)
    timed_out: int = 0
    backlog: int = 0


def differences(played: Played, found: Found) -> list[str]:
    """Whatever was lost or doubled, or is stuck, one line each."""
    wrong = []
    for case, ids in played.accepted.items():
        for event_id in ids:
            number = found.events[case, event_id]
            if number != 1:
                wrong.append(
                    f"lost or doubled: event {event_id} of {case} is {number} times in the help desk"
                )
    accepted = {(case, event_id) for case, ids in played.accepted.items() for event_id in ids}
    wrong += [f"nobody sent: event {key[1]} of {key[0]}" for key in found.events.keys() - accepted]
    places = [*played.chats, *(f"ticket:{ticket}" for ticket in played.tickets)]
    wrong += [
        f"doubled: {place} has {found.opened[place]} cases" for place in places if found.opened[place] != 1
    ]
    for ticket in sorted(played.tickets):
        for what, counted in (("replies", found.replies), ("prompts", found.prompts)):
            if counted[ticket] != 1:
                wrong.append(f"lost or doubled: ticket {ticket} has {counted[ticket]} {what}")
    wrong += [f"doubled: {' '.join(key)} told {n} times" for key, n in found.notices.items() if n != 1]
    for what, where in (
        ("help desk and chat differ", found.disagreeing),
        ("stuck", found.restless),
        ("workflow task failed", found.failed),
    ):
        wrong += [f"{what}: {case}: {details}" for case, details in where.items()]
    if found.backlog:
        wrong.append(f"stuck: {found.backlog} tasks wait in the queue")
    return wrong


async def gather(rig: Rig, desk: EmbeddedHelpDesk, played: Played) -> Found:
    """Look at every case that was played, in Temporal and in the help desk."""
    found = Found()
    handles = [*played.chats, *(f"ticket:{ticket}" for ticket in played.tickets)]

    async def inspect(case: str) -> None:
        pending = await _until(lambda: _pending(rig, case), lambda pending: not pending)
        if pending:
            found.restless[case] = pending
        history = await rig.history(case)
        failures = failed_tasks(history)
        if failures:
            found.failed[case] = failures[0].failure.message
        lost = EventType.EVENT_TYPE_WORKFLOW_TASK_TIMED_OUT
        found.timed_out += sum(item.event_type == lost for item in history.events)

    await _each(handles, inspect)
    found.backlog = await _until(lambda: _backlog(rig), lambda number: number == 0)
    # Only now: by now, everything that was pending has been written.
    of_cases: dict[str, str] = {}
    for row in await rows(desk, select(cases)):
        place = f"ticket:{row.ticket_id}" if row.kind == "ticket" else row.conversation
        of_cases[row.case_id] = place
        found.opened[place] += 1
    for row in await rows(desk, select(events.c.conversation, events.c.ticket_id, events.c.event_id)):
        place = f"ticket:{row.ticket_id}" if row.ticket_id is not None else row.conversation
        found.events[place, row.event_id] += 1
    for row in await rows(desk, select(entries).where(entries.c.kind == "reply")):
        found.replies[of_cases[row.case_id].removeprefix("ticket:")] += 1
    for notice in await desk.notices(None, ALL_NOTICES):
        found.notices.update(_told(notice))
        if notice.reason == "prompt" and notice.ticket_id:
            found.prompts[notice.ticket_id] += 1

    async def compare(chat: str) -> None:
        (row,) = await cases_of(desk, chat)
        now = await rig.snapshot(chat)
        apart = [name for name in SHOWN if getattr(row, name) != getattr(now, name)]
        if apart:
            found.disagreeing[chat] = ", ".join(
                f"{name} {getattr(row, name)} / {getattr(now, name)}" for name in apart
            )

    await _each((chat for chat in played.chats if found.opened[chat] == 1), compare)
    return found


def _told(notice: NoticeRow) -> list[tuple[str, ...]]:
    about = (notice.case_id, notice.reason, notice.at.isoformat())
    return [(staff, *about) for staff in notice.told]


async def _pending(rig: Rig, case: str) -> str:
    """What the case still has to do by itself, without anything from outside: empty if nothing."""
    described = (await rig.handle(case).describe()).raw_description
    pending = [
        f"{activity.activity_type.name}, attempt {activity.attempt}"
        for activity in described.pending_activities
    ]
    if described.HasField("pending_workflow_task"):
        pending.append(f"workflow task, attempt {described.pending_workflow_task.attempt}")
    return "; ".join(pending)


async def _backlog(rig: Rig) -> int:
    """Workflow and activity tasks in the workers' queue that no worker has taken."""
    client = rig.client.temporal
    waiting = 0
    for kind in (TaskQueueType.TASK_QUEUE_TYPE_WORKFLOW, TaskQueueType.TASK_QUEUE_TYPE_ACTIVITY):
        described = await client.workflow_service.describe_task_queue(
            DescribeTaskQueueRequest(
                namespace=client.namespace,
                task_queue=TaskQueue(name=rig.settings.task_queue),
                task_queue_type=kind,
                report_stats=True,
            )
        )
        waiting += described.stats.approximate_backlog_count
    return waiting


async def _until(ask: Callable[[], Awaitable[Any]], good: Callable[[Any], bool]) -> Any:
    """The first good answer; the last one of all if none was good in time."""
    deadline = asyncio.get_running_loop().time() + REST_SECONDS
    while True:
        answer = await ask()
        if good(answer) or asyncio.get_running_loop().time() > deadline:
            return answer
        await asyncio.sleep(POLL_SECONDS)


async def _each(names: Iterable[str], look: Callable[[str], Awaitable[None]]) -> Sequence[None]:
    gate = asyncio.Semaphore(AT_ONCE)

    async def one(name: str) -> None:
        async with gate:
            await look(name)

    return await asyncio.gather(*(one(name) for name in names))
