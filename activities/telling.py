"""One case, or the help desk itself, tells another case what has happened."""

from __future__ import annotations

from temporalio import activity
from temporalio.common import WorkflowIDConflictPolicy, WorkflowIDReusePolicy
from temporalio.service import RPCError, RPCStatusCode

from activities.reviving import go_on
from baton.contract import (
    CHAT_WORKFLOW,
    FORWARDED_KINDS,
    SUBMIT,
    TICKET_WORKFLOW,
    BaseEvent,
    ChatStart,
    TicketStart,
    chat_workflow_id,
    ticket_workflow_id,
)
from baton.model.effects import CaseRef
from baton.signs import summary
from helpdesks.base import HelpDesk


async def tell(
    desk: HelpDesk, task_queue: str, workflow_id: str, event: BaseEvent, *, reopens: bool = False
) -> bool:
    """Send an event to a case, even if its workflow was closed by force. Only from within an activity.

    False if the case is closed: it accepts nothing more, and need not, unless it was merged into another, to
    which it forwards the event, or the event ``reopens`` it.
    """
    if await _submit(workflow_id, event):
        return True
    kept = await desk.kept(CaseRef.at(workflow_id))
    if kept is None:
        return False
    forwards = kept.state.merged_into is not None and event.kind in FORWARDED_KINDS
    if kept.state.final and not (reopens or forwards):
        return False
    await go_on(activity.client(), task_queue, kept, SUBMIT, [event])
    return True


async def tell_or_open(task_queue: str, start: ChatStart | TicketStart, event: BaseEvent) -> None:
    """Send an event that opens a case if there is none, or if it is closed. Only from within an activity."""
    if isinstance(start, TicketStart):
        workflow, workflow_id = TICKET_WORKFLOW, ticket_workflow_id(start.ticket_id)
        said = f"ticket {start.ticket_id}"
    else:
        workflow, workflow_id = CHAT_WORKFLOW, chat_workflow_id(start.channel, start.conversation)
        said = f"{start.channel} · {start.conversation}"
    if await _submit(workflow_id, event):
        return
    await activity.client().start_workflow(
        workflow,
        start,
        id=workflow_id,
        task_queue=task_queue,
        start_signal=SUBMIT,
        start_signal_args=[event],
        id_reuse_policy=WorkflowIDReusePolicy.ALLOW_DUPLICATE,
        id_conflict_policy=WorkflowIDConflictPolicy.USE_EXISTING,
        static_summary=summary(said),
    )


async def _submit(workflow_id: str, event: BaseEvent) -> bool:
    """False if the workflow is not running."""
    try:
        await activity.client().get_workflow_handle(workflow_id).signal(SUBMIT, event)
    except RPCError as error:
        if error.status is not RPCStatusCode.NOT_FOUND:
            raise
        return False
    return True
