"""One case, or the help desk itself, tells another case what has happened."""

from __future__ import annotations

from temporalio import activity
from temporalio.service import RPCError, RPCStatusCode

from activities.reviving import go_on
from activities.starting import start_or_signal, workflow_id_of
from baton.contract import FORWARDED_KINDS, SUBMIT, BaseEvent, ChatStart, TicketStart
from baton.model.effects import CaseRef
from helpdesks.base import Ledger


async def tell(
    desk: Ledger, task_queue: str, workflow_id: str, event: BaseEvent, *, reopens: bool = False
) -> bool:
    """Send an event to a case, even if its workflow was closed by force. Only from within an activity.

    False if the case is closed: it accepts nothing more, and need not, unless it was merged into another, to
    which it forwards the event, or the event ``reopens`` it.
    """
    if await submit(workflow_id, event):
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
    if not await submit(workflow_id_of(start), event):
        await start_or_signal(activity.client(), task_queue, start, SUBMIT, [event])


async def submit(workflow_id: str, event: BaseEvent) -> bool:
    """Send an event to a workflow. False if it is not running. Only from within an activity."""
    try:
        await activity.client().get_workflow_handle(workflow_id).signal(SUBMIT, event)
    except RPCError as error:
        if error.status is not RPCStatusCode.NOT_FOUND:
            raise
        return False
    return True
