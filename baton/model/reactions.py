"""What a decision about a case asks of the help desk, in the order in which it is carried out."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import Any

from baton.contract import (
    AddNote,
    BaseEvent,
    CustomerMessage,
    DepartmentDue,
    DepartmentState,
    DirectoryChanged,
    Event,
    MergedInto,
    MessageChanged,
    ReminderDue,
    Reply,
    ReplySent,
    SendReply,
    Tell,
    TicketOpened,
    ticket_workflow_id,
)
from baton.model.chat.audience import newly_told
from baton.model.chat.state import ChatState
from baton.model.decision import Decision
from baton.model.effects import (
    CaseRef,
    CaseWrite,
    ConsolidatedReply,
    CopyToTicket,
    Effect,
    Escalation,
    Forward,
    GivePlaces,
    Message,
    Notice,
    Prompt,
    Reminder,
)
from baton.model.facts import Facts
from baton.model.labels import in_other_words
from baton.model.merging import is_forwarded
from baton.model.settlement import Settlement, before_in
from baton.model.shown import shown_by
from baton.model.ticket.relabelling import in_present_words, renames
from baton.model.ticket.state import TicketState

# What a write says about a case: everything that rules can change and people see.
_WRITTEN: dict[type, tuple[str, ...]] = {
    ChatState: (
        "activity",
        "status",
        "assignee",
        "line",
        "pinned_to",
        "reserved_for",
        "tab",
        "labels",
    ),
    TicketState: ("stage", "status", "assignee", "line", "labels"),
}
_ELSEWHERE = frozenset({"assignee", "line", "activity"})


def reactions(
    before: ChatState | TicketState, event: Event, decision: Decision, settlement: Settlement[Any]
) -> Iterable[Effect]:
    """What one decision asks of the help desk: at most one write, then messages, then one notice."""
    after: ChatState | TicketState = settlement.state
    case = reference(after)
    if decision.facts.previous is not None and not after.exists:
        case = case.model_copy(update={"case_id": decision.facts.previous.case_id})
    if not case.case_id:
        return
    before = before_in(after, before)
    common: dict[str, Any] = {
        "case": case,
        "event_id": event.id,
        "decided_at": decision.facts.now,
        "rules": tuple(fired.rule for fired in decision.fired),
    }
    key = f"{case.case_id}:{event.id}"
    if decision.facts.forward_to is not None:
        yield from _of_merged(before, event, decision.facts, key, common)
        if is_forwarded(event, decision.facts):
            return
    actions = [action for fired in decision.fired for action in fired.actions]
    notes = [action.text for action in actions if isinstance(action, AddNote)]
    applied = decision.facts.template
    if applied is not None:
        notes.insert(0, applied.note)
    there = shown_by(before, event) if decision.beside else settlement.folded.state
    write = _write(_in_the_desk(before, event, decision.facts, there), after, notes)
    if write:
        yield CaseWrite(key=f"{key}:write", **common, **write)
    if applied is not None and applied.message is not None:
        yield Message(key=f"{key}:template", text=applied.message, template=applied.template, **common)
    for number, reply in enumerate(action for action in actions if isinstance(action, Reply)):
        yield Message(key=f"{key}:reply:{number}", text=reply.text, **common)

    tell = [*settlement.folded.told, *(action for action in actions if isinstance(action, Tell))]
    if isinstance(before, ChatState) and isinstance(after, ChatState):
        yield from _of_chat(after, event, decision, key, common)
        audience = newly_told(before, after, event)
        if audience is not None:
            tell.insert(0, audience)
    elif isinstance(before, TicketState) and isinstance(after, TicketState):
        folded = settlement.folded.state
        yield from _of_ticket(before, folded, after, in_present_words(folded, event), key, common)
    if decision.places:
        yield GivePlaces(key=f"{key}:places", places=decision.places, **common)
    if tell:
        yield Notice(key=f"{key}:notify", tell=tuple(tell), **common)


def reference(case: ChatState | TicketState) -> CaseRef:
    """Which case it is, in words for the help desk."""
    return CaseRef(
        case_id=case.case_id or "",
        channel=case.channel or "",
        conversation=case.conversation or "",
        customer=case.customer,
        ticket_id=case.ticket_id if isinstance(case, TicketState) else None,
    )


def _of_merged(
    before: ChatState | TicketState, event: Event, facts: Facts, key: str, common: dict[str, Any]
) -> Iterator[Effect]:
    """What goes to the case into which this one is merged: everything, or what comes later."""
    to = facts.forward_to
    assert to is not None, "checked"
    if isinstance(event, MergedInto):
        yield Forward(
            key=f"{key}:forward",
            to=to,
            merged_by=event.author,
            merged_from=before.merged_from,
            departments=before.asked if isinstance(before, TicketState) else (),
            tickets=before.linked_tickets if isinstance(before, ChatState) else (),
            **common,
        )
        return
    to_ticket = to.startswith("ticket:")
    # A ticket hears nothing from the chat of another ticket's reply.
    if not (to_ticket and isinstance(event, ReplySent)):
        yield Forward(key=f"{key}:forward", to=to, **common)
    if to_ticket and facts.previous is not None and _is_said(event, facts):
        for ticket_id in facts.previous.tickets:
            if ticket_workflow_id(ticket_id) != to:
                yield CopyToTicket(key=f"{key}:copy:{ticket_id}", ticket_id=ticket_id, **common)


def _is_said(event: Event, facts: Facts) -> bool:
    """Whether the event is about what the customer says, and not about a message to the customer."""
    if isinstance(event, MessageChanged):
        return not facts.message_known
    return isinstance(event, CustomerMessage) and not facts.blocked


def _of_chat(
    after: ChatState, event: Event, decision: Decision, key: str, common: dict[str, Any]
) -> Iterator[Effect]:
    """What the customer says goes to the chat's tickets, too."""
    if isinstance(event, TicketOpened):
        opened = event.ticket_id
        yield CopyToTicket(key=f"{key}:copy", ticket_id=opened, opened_by=event.author, **common)
    elif _is_said(event, decision.facts):
        heard = (one for one in after.linked_tickets if one not in decision.facts.closed_tickets)
        for number, ticket_id in enumerate(heard):
            extra = f":{ticket_id}" if number else ""
            yield CopyToTicket(key=f"{key}:copy{extra}", ticket_id=ticket_id, **common)


def _of_ticket(
    before: TicketState,
    folded: TicketState,
    after: TicketState,
    event: BaseEvent,
    key: str,
    common: dict[str, Any],
) -> Iterator[Effect]:
    """What makes a ticket move on: the prompt, the reply, the reminder, the escalation."""
    if after.prompts > before.prompts:
        yield Prompt(
            key=f"{key}:prompt",
            composer=after.composer,
            round=after.round,
            **common,
        )
    match event:
        case SendReply():
            yield ConsolidatedReply(
                key=f"{key}:send_reply",
                text=event.text,
                author=event.author,
                round=after.replied_round,
                **common,
            )
        case ReminderDue(label=label) | DepartmentDue(label=label):
            department = folded.department(label)
            if department is None or department.state is not DepartmentState.ASKED:
                return
            if department.due_at is None:
                return
            if isinstance(event, ReminderDue):
                yield Reminder(key=f"{key}:remind", label=label, due_at=department.due_at, **common)
            else:
                yield Escalation(
                    key=f"{key}:escalate",
                    label=label,
                    due_at=department.due_at,
                    to=department.escalated_to,
                    **common,
                )
        case _:
            pass


def _in_the_desk(
    before: ChatState | TicketState, event: Event, facts: Facts, folded: ChatState | TicketState
) -> ChatState | TicketState:
    """The case as the help desk has it: with what the event tells of, but without what Baton makes of it."""
    if isinstance(event, DirectoryChanged):
        return before
    if isinstance(before, TicketState):
        new = renames(before, facts.departments, event)
        old = {present: former for former, present in new.items()}
        return folded.model_copy(update={"labels": in_other_words(folded.labels, old)}) if old else folded
    return folded


def _write(
    folded: ChatState | TicketState, after: ChatState | TicketState, notes: Sequence[str]
) -> dict[str, Any]:
    """The fields of the one write; empty if the rules left the case as the event had made it."""
    written = _WRITTEN[type(after)]
    changed = {name for name in written if getattr(folded, name) != getattr(after, name)}
    if not (changed or notes):
        return {}
    added = tuple(label for label in after.labels if label not in folded.labels)
    removed = tuple(label for label in folded.labels if label not in after.labels)
    if changed & _ELSEWHERE:
        do = "reassign"
    elif changed == {"labels"} and not added and not notes:
        do = "remove_label"
    else:
        do = "update_case"
    return {
        "do": do,
        **{name: getattr(after, name) for name in written},
        "add_labels": added,
        "remove_labels": removed,
        "notes": tuple(notes),
    }
