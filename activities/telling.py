"""One case, or the help desk itself, tells another case what has happened."""

from __future__ import annotations

from temporalio import activity
from temporalio.service import RPCError, RPCStatusCode

from activities.reviving import go_on
from baton.contract import SUBMIT, BaseEvent
from baton.model.effects import CaseRef
from helpdesks.base import HelpDesk


async def tell(desk: HelpDesk, task_queue: str, workflow_id: str, event: BaseEvent) -> bool:
    """Send an event to a case, even if its workflow was closed by force.

    False if the case is closed: it accepts nothing more, and need not. Only from within an activity.
    """
    if await _submit(workflow_id, event):
        return True
    kept = await desk.kept(CaseRef.at(workflow_id))
    if kept is None or kept.state.final:
        return False
    await go_on(activity.client(), task_queue, kept, SUBMIT, [event])
    return True


async def _submit(workflow_id: str, event: BaseEvent) -> bool:
    """False if the workflow is not running."""
    try:
        await activity.client().get_workflow_handle(workflow_id).signal(SUBMIT, event)
    except RPCError as error:
        if error.status is not RPCStatusCode.NOT_FOUND:
            raise
        return False
    return True
