"""Nothing that a case grows by can stop it: many notes, long texts, and much that waits at once."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable
from typing import Any

from temporalio.api.enums.v1 import EventType
from temporalio.client import WorkflowHistory

from baton.contract import HANDLE, NOTE_ADDED, TicketOutcome, TicketStage
from tests.conftest import HouseOpener
from tests.departments import ANSWERS, QUIET, replies_of
from tests.house import House, event, failed_tasks, fresh

MEGABYTE = 1_000_000


async def runs_of(house: House, case: str) -> list[WorkflowHistory]:
    """The histories of all runs of a case, the first one first."""
    found = [
        one async for one in house.client.temporal.list_workflows(f"WorkflowId = '{case}'") if one.id == case
    ]
    handles = [
        house.client.temporal.get_workflow_handle(case, run_id=one.run_id)
        for one in sorted(found, key=lambda one: one.start_time)
    ]
    return [await handle.fetch_history() for handle in handles]


def bytes_of(histories: Iterable[WorkflowHistory]) -> int:
    return sum(item.ByteSize() for history in histories for item in history.events)


BROUGHT = (
    EventType.EVENT_TYPE_MARKER_RECORDED,
    EventType.EVENT_TYPE_WORKFLOW_EXECUTION_UPDATE_ACCEPTED,
    EventType.EVENT_TYPE_WORKFLOW_EXECUTION_UPDATE_COMPLETED,
    EventType.EVENT_TYPE_TIMER_STARTED,
    EventType.EVENT_TYPE_TIMER_CANCELED,
    EventType.EVENT_TYPE_ACTIVITY_TASK_SCHEDULED,
    EventType.EVENT_TYPE_UPSERT_WORKFLOW_SEARCH_ATTRIBUTES,
)
"""What the end of a workflow task brings."""


def tasks_of(history: WorkflowHistory) -> list[int]:
    """The bytes that each workflow task has brought."""
    sizes: list[int] = []
    brings = False
    for item in history.events:
        if item.event_type == EventType.EVENT_TYPE_WORKFLOW_TASK_COMPLETED:
            brings = True
            sizes.append(0)
        elif brings and item.event_type in BROUGHT:
            sizes[-1] += item.ByteSize()
        else:
            brings = False
    return sizes


def note(who: str, text: str, **fields: Any) -> dict[str, Any]:
    return event("note_added", who, text=text, **fields)


async def test_a_ticket_of_a_thousand_notes_ends_with_one_prompt_and_one_reply(
    open_separate: HouseOpener,
) -> None:
    """A hundred of them wait at once for a worker. The history has each note once, and little beside it."""
    async with open_separate() as house:
        ticket, text = fresh("many"), "x" * 5000
        await house.asked(ticket, QUIET)
        handle = house.handle(f"ticket:{ticket}")
        for _ in range(9):
            await asyncio.gather(
                *(handle.signal(NOTE_ADDED, note("ada", text, answers=False)) for _ in range(100))
            )
        await house.stop_worker()
        waiting = [
            asyncio.create_task(handle.execute_update(HANDLE, sent, id=sent["id"], result_type=TicketOutcome))
            for sent in (note("ada", text, answers=False) for _ in range(97))
        ]
        await house.start_worker()
        outcomes = await asyncio.gather(*waiting)
        assert all(outcome.snapshot.stage is TicketStage.COLLECTING for outcome in outcomes)
        for who in ANSWERS.values():
            await house.note(who, ticket, text)

        now = await house.ticket(ticket)
        assert (now.stage, now.prompts) == (TicketStage.COMPOSING, 1)
        assert sum(one.note_count for one in now.departments) == 1000
        await house.on_ticket(now.composer or "", ticket, "send_reply", text="All is well.")
        await house.settled(f"ticket:{ticket}")
        assert await replies_of(house, ticket) == 1
        histories = await runs_of(house, f"ticket:{ticket}")
        assert [failed_tasks(history) for history in histories] == [[]] * len(histories)
        assert bytes_of(histories) < 3 * 1000 * 5000
        assert max(size for history in histories for size in tasks_of(history)) < 3 * MEGABYTE
