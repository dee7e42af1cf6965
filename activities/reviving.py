"""Cases whose workflow was closed by force: which ones they are, and how they go on.

A case goes on with its next event, or when somebody asks for it. It never does so by itself: a case whose
state is bad would be closed by force again and again. The new workflow finds the case in the ledger
(`activities.decide`).
"""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from temporalio import activity
from temporalio.api.enums.v1 import EventType
from temporalio.api.history.v1 import HistoryEvent
from temporalio.client import Client, WorkflowHistoryEventFilterType
from temporalio.converter import WorkflowSerializationContext
from temporalio.service import RPCError, RPCStatusCode

from activities.calls import call
from activities.refusing import refusal
from activities.starting import start_or_signal
from baton.contract import (
    POKE,
    ChatStart,
    TicketStart,
)
from baton.desk.api import LOST_CASES, REVIVE, LostCase, LostCases, LostQuery, Revival, Revived
from baton.model.decision import Kept
from baton.model.effects import CaseRef
from baton.model.ticket.state import TicketState
from baton.temporal.executions import Description, Execution, describe, listed, paused_since
from baton.temporal.queries import moment, quoted
from baton.temporal.visibility import FORCED, how_closed
from helpdesks.base import Ledger

LOOKED_AT = 1_000
"""The most runs that one look examines."""
_AT_ONCE = 20
_LONGEST_REASON = 300


@dataclass(frozen=True)
class Look:
    """What a look found."""

    lost: Sequence[Execution]
    """The last run of each lost case that was closed by force, most recently closed first."""
    fine: frozenset[str]
    """The IDs of the runs whose case went on or is closed. This stays true whatever happens to the case:
    another run that is closed by force has another ID."""
    complete: bool


async def look(
    client: Client, desk: Ledger, task_queue: str, days: int, fine: frozenset[str] = frozenset()
) -> Look:
    """Find the cases of a task queue that are lost.

    Args:
        days: how many days back the workflow may have been closed by force.
        fine: runs that need not be examined again.
    """
    query = since(datetime.now(UTC) - timedelta(days=days), task_queue)
    runs: dict[str, list[Execution]] = {}
    seen = 0
    async for run in listed(client, query, limit=LOOKED_AT):
        seen += 1
        runs.setdefault(run.id, []).append(run)
    judged = [name for name, of_case in runs.items() if any(run.run_id not in fine for run in of_case)]
    free = asyncio.Semaphore(_AT_ONCE)

    async def is_lost(workflow_id: str) -> bool:
        async with free:
            if await _living(client, workflow_id) is not None:
                return False
            kept = await desk.kept(CaseRef.at(workflow_id))
            return kept is not None and not kept.done

    verdicts = await asyncio.gather(*map(is_lost, judged))
    found = {name for name, verdict in zip(judged, verdicts, strict=True) if verdict}
    lost = [max(of_case, key=_closed_at) for name, of_case in runs.items() if name in found]
    others = [of_case for name, of_case in runs.items() if name not in found]
    return Look(
        lost=sorted(lost, key=_closed_at, reverse=True),
        fine=frozenset(run.run_id for of_case in others for run in of_case),
        complete=seen < LOOKED_AT,
    )


async def go_on(
    client: Client, task_queue: str, kept: Kept, signal: str = POKE, args: Sequence[Any] = ()
) -> None:
    """Start the workflow of a case again, with a signal that makes it look into the ledger."""
    await start_or_signal(client, task_queue, start_of(kept), signal, args)


def since(at: datetime, task_queue: str) -> str:
    """The query for the runs on a task queue that were closed by force since a moment."""
    return f"{FORCED} AND TaskQueue = {quoted(task_queue)} AND CloseTime >= '{moment(at)}'"


class Reviving:
    """The activities about lost cases.

    Args:
        desk: the help desk.
        task_queue: the task queue of the cases' workflows.
    """

    def __init__(self, desk: Ledger, task_queue: str) -> None:
        self._desk = desk
        self._task_queue = task_queue

    @call(LOST_CASES)
    async def lost_cases(self, query: LostQuery) -> LostCases:
        """Which cases are lost, since when, and why, if a reason was given."""
        client = activity.client()
        found = await look(client, self._desk, self._task_queue, query.days)
        free = asyncio.Semaphore(_AT_ONCE)

        async def described(run: Execution) -> LostCase:
            async with free:
                reason = await _reason(client, run)
            how = how_closed(run.status) if run.status is not None else ""
            return LostCase(workflow_id=run.id, how=how, at=_closed_at(run), reason=reason)

        cases = await asyncio.gather(*map(described, found.lost))
        return LostCases(cases=tuple(cases), all_looked_at=found.complete)

    @call(REVIVE)
    async def revive(self, revival: Revival) -> Revived:
        """Open a case again. One that is running is left alone, and so is one that is closed for good."""
        workflow_id = revival.workflow_id
        kept = await self._desk.kept(CaseRef.at(workflow_id))
        if kept is None:
            raise refusal("IllegalTransition", f"the help desk has no case {workflow_id}")
        living = await _living(activity.client(), workflow_id)
        if living is not None:
            return Revived(goes_on=False, what=paused_since(living) if living.paused else "it is running")
        if kept.done:
            return Revived(goes_on=False, what="it is closed, and nothing is left to do")
        if not revival.dry_run:
            await go_on(activity.client(), self._task_queue, kept)
        return Revived(goes_on=True, what=_told(kept))


async def _living(client: Client, workflow_id: str) -> Description | None:
    """What Temporal says of a workflow that is running, or paused; none if it is closed."""
    try:
        described = await describe(client, workflow_id)
    except RPCError as error:
        if error.status is not RPCStatusCode.NOT_FOUND:
            raise
        return None  # closed so long ago that the server has forgotten it
    return described if described.living else None


def start_of(kept: Kept) -> ChatStart | TicketStart:
    """What the workflow of a case is started with, to go on with it."""
    case = kept.state
    if isinstance(case, TicketState):
        return TicketStart(
            ticket_id=case.ticket_id,
            customer=case.customer,
            subject=case.subject,
            channel=case.channel,
            conversation=case.conversation,
        )
    return ChatStart(channel=case.channel, conversation=case.conversation, customer=case.customer)


def _told(kept: Kept) -> str:
    """What a case goes on with, in a few words, without names of people and texts."""
    case = kept.state
    said = []
    if isinstance(case, TicketState):
        said.append(f"{case.stage}")
        if case.asked:
            due = f", due {case.due_at:%Y-%m-%d %H:%M} UTC" if case.due_at else ""
            said.append(f"asked: {', '.join(case.asked)}{due}")
        notes = {note.event_id for one in case.departments for note in one.notes}
        said += [f"{len(notes)} notes"] if notes else []
    elif case.tab is not None:
        said += [case.phase.value, f"tab {case.tab}"]
    if kept.unsent:
        said.append(f"to be sent, or sent again: {len(kept.unsent)}")
    return "; ".join(said)


def _closed_at(run: Execution) -> datetime:
    return run.close_time or run.start_time


async def _reason(client: Client, run: Execution) -> str:
    """What the last event of a run says about its end."""
    handle = client.get_workflow_handle(run.id, run_id=run.run_id)
    last = WorkflowHistoryEventFilterType.CLOSE_EVENT
    events = [event async for event in handle.fetch_history_events(event_filter_type=last)]
    reason = await _said(client, run.id, events[-1]) if events else ""
    return reason if len(reason) <= _LONGEST_REASON else f"{reason[: _LONGEST_REASON - 1]}…"


async def _said(client: Client, workflow_id: str, event: HistoryEvent) -> str:
    match event.event_type:
        case EventType.EVENT_TYPE_WORKFLOW_EXECUTION_TERMINATED:
            return event.workflow_execution_terminated_event_attributes.reason
        case EventType.EVENT_TYPE_WORKFLOW_EXECUTION_FAILED:
            # If there are keys, the reason is encrypted, too.
            place = WorkflowSerializationContext(namespace=client.namespace, workflow_id=workflow_id)
            failure = event.workflow_execution_failed_event_attributes.failure
            error = await client.data_converter.with_context(place).decode_failure(failure)
            return str(getattr(error, "message", error))
        case _:
            return ""
