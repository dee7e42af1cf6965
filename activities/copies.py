"""Events as another case gets them: copied from a chat to its ticket, or forwarded from a merged case."""

from __future__ import annotations

from typing import TypeVar

from baton.contract import BaseEvent, derived_id
from baton.model.merging import COPIED, forwarded_id

EventT = TypeVar("EventT", bound=BaseEvent)


def copied(event: EventT) -> EventT:
    """An event of a chat as its ticket gets it."""
    return _renamed(event, derived_id(COPIED, event.id))


def is_copy(event: BaseEvent) -> bool:
    """Whether a ticket has this event from its chat."""
    return event.id.startswith(f"{COPIED}:")


def forwarded(event: EventT, source: str) -> EventT:
    """An event that was written to a merged case, whose workflow is ``source``, as another case gets it."""
    return _renamed(event, forwarded_id(source, event.id))


def _renamed(event: EventT, event_id: str) -> EventT:
    changes = {"id": event_id}
    message_id = getattr(event, "message_id", None)
    if message_id is not None:
        changes["message_id"] = derived_id(message_id)  # unchanged, if possible
    return event.model_copy(update=changes)
