"""How an activity starts the workflow of a case, or signals the one that is running: one call, no race."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from temporalio.client import Client
from temporalio.common import WorkflowIDConflictPolicy, WorkflowIDReusePolicy

from baton.contract import (
    CHAT_WORKFLOW,
    TICKET_WORKFLOW,
    ChatStart,
    TicketStart,
    chat_workflow_id,
    ticket_workflow_id,
)
from baton.signs import summary


async def start_or_signal(
    client: Client, task_queue: str, start: ChatStart | TicketStart, signal: str, args: Sequence[Any] = ()
) -> None:
    """Send a signal to the case with this start argument, and start its workflow if it is not running."""
    if isinstance(start, TicketStart):
        workflow, said = TICKET_WORKFLOW, f"ticket {start.ticket_id}"
    else:
        workflow, said = CHAT_WORKFLOW, f"{start.channel} · {start.conversation}"
    await client.start_workflow(
        workflow,
        start,
        id=workflow_id_of(start),
        task_queue=task_queue,
        start_signal=signal,
        start_signal_args=list(args),
        id_reuse_policy=WorkflowIDReusePolicy.ALLOW_DUPLICATE,
        id_conflict_policy=WorkflowIDConflictPolicy.USE_EXISTING,
        static_summary=summary(said),
    )


def workflow_id_of(start: ChatStart | TicketStart) -> str:
    """The workflow of the case with this start argument."""
    if isinstance(start, TicketStart):
        return ticket_workflow_id(start.ticket_id)
    return chat_workflow_id(start.channel, start.conversation)
