"""What a decision about a chat asks of the help desk, in the order in which it is carried out."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from baton.chat import newly_told
from baton.chatstate import ChatState
from baton.contract import AddNote, Assign, ChangeLabels, ChatEvent, End, Pin, Reply, SetStatus, Tell
from baton.decision import Decision
from baton.effects import CaseRef, CaseWrite, Effect, Message, Notice

_MOVES = Assign | Pin | End | SetStatus | ChangeLabels | AddNote


def consequences(
    before: ChatState, after: ChatState, event: ChatEvent, decision: Decision, told: Sequence[Tell]
) -> Iterable[Effect]:
    """What one decision asks of the help desk: at most one write, then messages, then one notice."""
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
    write = _write(after, actions)
    if write:
        yield CaseWrite(key=f"{key}:write", **common, **write)
    for number, reply in enumerate(action for action in actions if isinstance(action, Reply)):
        yield Message(key=f"{key}:reply:{number}", text=reply.text, **common)
    tell = [*told, *(action for action in actions if isinstance(action, Tell))]
    audience = newly_told(before, after, event)
    if audience is not None:
        tell.insert(0, audience)
    if tell:
        yield Notice(key=f"{key}:notify", tell=tuple(tell), **common)


def _write(after: ChatState, actions: Sequence[Any]) -> dict[str, Any]:
    """The fields of the one write, or nothing where the rules changed nothing in the case."""
    moves = [action for action in actions if isinstance(action, _MOVES)]
    if not moves:
        return {}
    labels = [action for action in moves if isinstance(action, ChangeLabels)]
    return {
        "do": "reassign" if any(isinstance(action, Assign | End) for action in moves) else "update_case",
        "activity": after.activity,
        "status": after.status,
        "assignee": after.assignee,
        "line": after.line,
        "pinned_to": after.pinned_to,
        "reserved_for": after.reserved_for,
        "tab": after.tab,
        "labels": after.labels,
        "add_labels": tuple(label for action in labels for label in action.add),
        "remove_labels": tuple(label for action in labels for label in action.remove),
        "notes": tuple(action.text for action in moves if isinstance(action, AddNote)),
    }
