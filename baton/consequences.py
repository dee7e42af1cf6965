"""What a decision about a chat asks of the help desk, in the order in which it is carried out."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from baton.attention import newly_told
from baton.chat import Settlement
from baton.chatstate import ChatState
from baton.contract import AddNote, ChatEvent, CustomerMessage, Reply, Tell, TicketOpened
from baton.decision import Decision
from baton.effects import CaseRef, CaseWrite, CopyToTicket, Effect, Message, Notice

# What a write says about a case: all that rules can change and people see.
_WRITTEN = (
    "activity",
    "status",
    "assignee",
    "line",
    "pinned_to",
    "reserved_for",
    "tab",
    "labels",
)


def consequences(
    before: ChatState, event: ChatEvent, decision: Decision, settlement: Settlement
) -> Iterable[Effect]:
    """What one decision asks of the help desk: at most one write, then messages, then one notice."""
    after = settlement.state
    if after.case_id is None:
        return
    common: dict[str, Any] = {
        "case": CaseRef(
            case_id=after.case_id,
            channel=after.channel,
            conversation=after.conversation,
            customer=after.customer,
        ),
        "event_id": event.id,
        "decided_at": decision.facts.now,
        "rules": tuple(fired.rule for fired in decision.fired),
    }
    key = f"{after.case_id}:{event.id}"
    actions = [action for fired in decision.fired for action in fired.actions]
    write = _write(settlement.folded.state, after, actions)
    if write:
        yield CaseWrite(key=f"{key}:write", **common, **write)
    for number, reply in enumerate(action for action in actions if isinstance(action, Reply)):
        yield Message(key=f"{key}:reply:{number}", text=reply.text, **common)
    opened_by = event.author if isinstance(event, TicketOpened) else None
    if after.ticket_id and (opened_by or (isinstance(event, CustomerMessage) and not decision.facts.blocked)):
        yield CopyToTicket(key=f"{key}:copy", ticket_id=after.ticket_id, opened_by=opened_by, **common)
    tell = [*settlement.folded.told, *(action for action in actions if isinstance(action, Tell))]
    audience = newly_told(before, after, event)
    if audience is not None:
        tell.insert(0, audience)
    if tell:
        yield Notice(key=f"{key}:notify", tell=tuple(tell), **common)


def _write(folded: ChatState, after: ChatState, actions: Sequence[Any]) -> dict[str, Any]:
    """The fields of the one write, or nothing where the rules left the case as the event had made it."""
    notes = tuple(action.text for action in actions if isinstance(action, AddNote))
    changed = {name for name in _WRITTEN if getattr(folded, name) != getattr(after, name)}
    if not (changed or notes):
        return {}
    return {
        "do": "reassign" if changed & {"assignee", "line", "activity"} else "update_case",
        **{name: getattr(after, name) for name in _WRITTEN},
        "add_labels": tuple(label for label in after.labels if label not in folded.labels),
        "remove_labels": tuple(label for label in folded.labels if label not in after.labels),
        "notes": notes,
    }
