"""What a desk that stands beside the ledger shows of a case after an event, before Baton does anything.

The embedded help desk shows a case as the fold of the event leaves it. Another desk knows nothing of Baton's
rules: that a customer's message opens a case, that whoever answers is its assignee, that the note of the last
department makes somebody the composer. It shows what the event itself says, and Baton writes the
rest. Only that a message activates a chat, every desk knows: Baton ends it again if a rule says so, even if
it had ended before. Labels may have been asked for in words only, so they are always written; where the desk
shows them already, that costs no call.
"""

from __future__ import annotations

from typing import Any

from baton.contract import (
    Activity,
    AgentMessage,
    Assigned,
    BaseEvent,
    ChatEnded,
    CustomerMessage,
    StatusSet,
    Taken,
)
from baton.model.chat.state import ChatState
from baton.model.ticket.state import TicketState


def shown_by(before: ChatState | TicketState, event: BaseEvent) -> ChatState | TicketState:
    """The case before the event, with what the event says was done at the desk."""
    return before.model_copy(update=_said(before, event))


def _said(before: ChatState | TicketState, event: BaseEvent) -> dict[str, Any]:
    match event:
        case CustomerMessage() | AgentMessage() if isinstance(before, ChatState):
            return {"activity": Activity.ACTIVE}
        case StatusSet(status=status):
            return {"status": status}
        case ChatEnded(status=status):
            return {"activity": Activity.ENDED, "status": status or before.status}
        case Assigned(staff=staff, line=line):
            return {"assignee": staff, "line": line or before.line}
        case Taken(author=author):
            return {"assignee": author.id}
    return {}
