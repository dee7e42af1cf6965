"""What a new case knows of the one before it: in the same conversation, or of the same ticket."""

from __future__ import annotations

from typing import Any

from baton.contract import Instant, Status, TicketStage
from baton.model.chat.state import ChatState
from baton.model.facts import Previous, people
from baton.model.ticket.state import TicketState


def previous_of(case: ChatState | TicketState, closed_at: Instant, *, closed: bool = True) -> Previous:
    """The case before a new one.

    Args:
        closed: whether it is closed now, though its state may not say so: by force, with its workflow.
    """
    by_force = closed and not case.final
    special: dict[str, Any] = {}
    if isinstance(case, ChatState):
        special["tickets"] = case.linked_tickets
    else:
        special = {name: getattr(case, name) for name in ("subject", "channel", "conversation")}
        special["stage"] = TicketStage.CLOSED if by_force else case.stage
        special["dispatcher"] = case.dispatcher
        answered = [one for one in case.departments if one.answered_at is not None]
        latest = sorted(answered, key=lambda one: one.answered_at or one.asked_at, reverse=True)
        special["contributed"] = people(one.answered_by for one in latest)
    return Previous(
        case_id=case.case_id or "",
        assignee=case.assignee,
        line=case.line,
        status=Status.CLOSED if by_force else case.status,
        labels=case.labels,
        closed_at=closed_at,
        holders=case.holders,
        merged_from=case.merged_from,
        merged_into=case.merged_into,
        **special,
    )
