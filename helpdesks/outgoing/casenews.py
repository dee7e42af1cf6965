"""What there is to tell of a case: the difference that one event has made, and what was said or is late."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from sqlalchemy import Connection

from baton.contract import Event, TicketStage
from baton.contract.outgoing import CaseHead, Told, WebhookData
from baton.model.chat.state import ChatState
from baton.model.decision import CaseState
from baton.model.effects import CaseRef, ConsolidatedReply, Escalation, Prompt
from baton.model.ticket.state import TicketState
from helpdesks.caserows import BY_ID, snapshot_of
from helpdesks.outgoing.posting import Letter, key_of, post
from helpdesks.places import place_of

_CHAT_PLACE = ("assignee", "line", "pinned_to", "reserved_for", "tab")
_TICKET_PLACE = ("assignee", "line", "composer", "stage")
_LOST_BY_ENDING = {"pinned_to", "reserved_for", "tab"}
_LOST_BY_CLOSING = {*_LOST_BY_ENDING, "stage"}


def news_of(before: CaseState | None, after: CaseState, event: Event, rules: Sequence[str]) -> list[Letter]:
    """What an event has made of a case. Mostly nothing: then this costs next to nothing.

    Args:
        before: the case as it was; None if the event opened it.
    """
    news = [] if before is not None else [Told.OPENED]
    changed = _moved(before, after) if before is not None else {}
    if before is not None and isinstance(after, ChatState) and before.activity is not after.activity:  # type: ignore[union-attr]
        if not after.active:
            news.append(Told.ENDED)
            changed = {name: was for name, was in changed.items() if name not in _LOST_BY_ENDING}
    elif before is None and isinstance(after, ChatState) and not after.active:
        news.append(Told.ENDED)
    over = _is_over(after) and not (before is not None and _is_over(before))
    if over:
        changed = {name: was for name, was in changed.items() if name not in _LOST_BY_CLOSING}
    if changed:
        news.insert(0, Told.MOVED)
    if over:
        news.append(Told.CLOSED)
    if _replied_elsewhere(before, after, event):
        news.append(Told.REPLIED)
    if not news:
        return []
    head = head_of(after)
    text = getattr(event, "text", None)
    return [
        _letter(
            told,
            head,
            event.id,
            by=event.author,
            rules=tuple(rules),
            changed=changed if told is Told.MOVED else {},
            round=after.replied_round if told is Told.REPLIED and isinstance(after, TicketState) else None,
            text=text or None,
        )
        for told in news
    ]


def post_prompt(connection: Connection, prompt: Prompt) -> None:
    """Tell that a composer was asked for the reply."""
    _post_of(connection, prompt, Told.PROMPTED, round=prompt.round)


def post_reply(connection: Connection, reply: ConsolidatedReply) -> None:
    """Tell that the consolidated reply goes to the customer."""
    _post_of(connection, reply, Told.REPLIED, by=reply.author, round=reply.round, text=reply.text)


def post_overdue(connection: Connection, escalation: Escalation) -> None:
    """Tell that a department's answer is overdue."""
    _post_of(connection, escalation, Told.OVERDUE, label=escalation.label, due_at=escalation.due_at)


def head_of(case: Any) -> CaseHead:
    """The head of a case: of its state, its snapshot, or a mere reference to it."""
    place = place_of(case) if isinstance(case, ChatState | TicketState | CaseRef) else None
    is_ticket = place.kind == "ticket" if place is not None else hasattr(case, "stage")
    names = set(CaseHead.model_fields) - {"kind", "workflow_id", *([] if is_ticket else ["ticket_id"])}
    fields = {name: getattr(case, name) for name in names if hasattr(case, name)}
    fields = {name: value for name, value in fields.items() if value is not None and value != ""}
    workflow_id = f"ticket:{case.ticket_id}" if is_ticket else f"chat:{case.channel}:{case.conversation}"
    return CaseHead(
        **{"case_id": "", **fields}, kind="ticket" if is_ticket else "chat", workflow_id=workflow_id
    )


def _post_of(
    connection: Connection, effect: Prompt | ConsolidatedReply | Escalation, told: Told, **data: Any
) -> None:
    row = connection.execute(BY_ID, {"wanted": effect.case.case_id}).one_or_none()
    head = head_of(effect.case if row is None else snapshot_of(row))
    if "label" in data:  # one event may find several departments late
        data["key"] = effect.key
    letter = _letter(told, head, effect.event_id, rules=effect.rules, **data)
    post(connection, effect.decided_at, [letter])


def _letter(told: Told, head: CaseHead, event_id: str, key: str | None = None, **data: Any) -> Letter:
    return Letter(
        told,
        key or key_of(head.case_id, event_id, told),
        head.workflow_id,
        WebhookData(case=head, event_id=event_id, **data),
    )


def _moved(before: CaseState, after: CaseState) -> dict[str, Any]:
    names = _TICKET_PLACE if isinstance(after, TicketState) else _CHAT_PLACE
    return {name: getattr(before, name) for name in names if getattr(before, name) != getattr(after, name)}


def _is_over(case: CaseState) -> bool:
    if isinstance(case, TicketState):
        return case.stage is TicketStage.CLOSED
    return case.final


def _replied_elsewhere(before: CaseState | None, after: CaseState, event: Event) -> bool:
    """Whether the reply went out at the help desk, so that no effect of ours will tell of it."""
    if not (isinstance(before, TicketState) and isinstance(after, TicketState)):
        return False
    return after.replies > before.replies and event.kind != "send_reply"
