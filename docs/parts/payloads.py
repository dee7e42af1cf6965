"""The fields of the answers, and what they mean."""

from __future__ import annotations

from collections.abc import Mapping

from pydantic import BaseModel

from baton import contract
from docs.parts.markdown import table

_SNAPSHOT = {
    "case_id": "ID of the case; a new one for each chat of the conversation",
    "channel": "as in the start argument",
    "conversation": "as in the start argument",
    "customer": "as in the start argument",
    "activity": "`active` or `ended`; null before the first message",
    "status": "`open`, `pending` or `closed`; null before the first message",
    "assignee": "who is responsible",
    "line": "the assignee's home line, or that of the queue",
    "pinned_to": "in whose Mine the chat is",
    "reserved_for": "to whom the customer's next message will pin it, or to whom it is offered",
    "offer_until": "when an offer ends; null where the reservation is firm",
    "tab": "`new`, `mine`, `reserved`, `unanswered` or `ended`",
    "labels": "the labels, in the order in which they were added",
    "last_author": 'who wrote last: `{"type", "id"}`',
    "last_message_at": "when; UTC",
    "waiting_since": "when the customer's first unanswered message arrived; UTC; null if there is none",
    "previous_case": "the chat before this one in the conversation",
    "ticket_id": "the ticket that the chat opened, or was linked to, last",
    "tickets": "all tickets to which the customer's messages are copied, unless they are closed",
    "merged_into": "the workflow that hears what is written here, if this chat was its duplicate",
    "merged_from": "the workflows of the cases that were merged into this one",
}

_TICKET_SNAPSHOT = {
    "ticket_id": "as in the start argument",
    "customer": "as in the start argument",
    "subject": "as in the start argument",
    "stage": "`triage`, `collecting`, `composing`, `answered` or `closed`; null before the first event",
    "status": "`open`, `pending` or `closed`",
    "assignee": "who is responsible",
    "line": "the assignee's home line, or that of the queue",
    "composer": "who writes the consolidated reply, or wrote the last one",
    "dispatcher": "who first asked departments",
    "labels": "the labels, in the order in which they were added",
    "departments": "all that were ever asked, see below",
    "round": "the number of the round; 0 before the first",
    "prompts": "how many composers were prompted",
    "replies": "how many consolidated replies were sent",
    "previous_case": "the case of this ticket before it was closed and opened again",
    "case_id": "ID of the case; a new one each time the ticket is opened",
    "channel": "as in the start argument",
    "conversation": "as in the start argument: the chat to which the reply goes",
    "template": "the template that was applied last",
    "paused_at": "since when due times do not count, because the ticket waits for its customer",
    "last_author": 'who wrote to, or as, the customer last: `{"type", "id"}`',
    "last_message_at": "when; UTC",
    "waiting_since": "when the customer's first unanswered message arrived; UTC; null if there is none",
    "closed_because": "the reason given for closing it by force, or what it was merged into",
    "merged_into": "the workflow that hears what is written here, if this ticket was its duplicate",
    "merged_from": "the workflows of the cases that were merged into this one",
}

_DEPARTMENT = {
    "label": "the department's label, as it is now",
    "key": "the department's key in the directory, which stays when the label changes",
    "formerly": "labels that it had before, while the ticket knew it",
    "state": "`asked`, `answered`, `withdrawn` or `declined`",
    "asked_at": "when; UTC",
    "due_at": "when its answer is due; null if it never is",
    "remind_at": "when it will be reminded; null once it has been",
    "escalated": "whether somebody was told that it is overdue",
    "escalated_to": "who was told: its lead, or without one the dispatcher",
    "answered_at": "when; UTC",
    "answered_by": "who",
    "declined_to": "to which label it handed the question on",
    "blocks": "whether nobody will answer: it declined and no other was asked, or it has nobody left",
    "note_count": "how many notes it has",
    "notes": 'its notes: `{"author", "text", "at", "event_id", "round"}`; empty in outcomes and results',
}

_DRAFT = {
    "text": "the reply as drafted from the notes; empty while there is nothing to draft",
    "round": "the round that it is for",
    "at": "when it was drafted; UTC",
    "composer": "who writes the reply",
    "final": "whether all departments have answered",
    "stale": "whether something changed since: the customer wrote, a message was changed or not delivered",
}

_OUTCOME = {
    "event_id": "the event's ID",
    "duplicate": "whether it had been handled before; then nothing happened now",
    "snapshot": "the case after the event and its rules; of a duplicate, as it is now",
    "fired": 'the rules that fired, in order: `{"rule", "actions", "skipped"}`',
    "what": "what changed, in a few words; empty where nothing moved",
}

_TIMELINE = {
    "at": "when it was decided; UTC",
    "event_id": "the event's ID",
    "kind": "its kind; the activity's name, if the help desk refused a write for good; or `revived`",
    "author": "who: `staff:ivan`",
    "what": "what moved, in a few words; empty if nothing did",
    "rules": "the rules that fired",
    "moved": "whether somebody else has the case since then",
    "refused": "why it was refused; null if it was not",
}

_SUMMARY = {
    "reason": "`closed`, `empty`, `refused`, `duplicate`, `blocked` or `forwarded`",
    "snapshot": "the chat at the end",
    "chats": "how many chats this run of the conversation had",
    "events": "how many events were handled",
    "refused": "how many were refused after they had been accepted for handling",
}


def _fields(model: type[BaseModel], meanings: Mapping[str, str]) -> str:
    if list(model.model_fields) != list(meanings):
        raise ValueError(f"{model.__name__} has {list(model.model_fields)}, not {list(meanings)}")
    return table(["field", "meaning"], ([f"`{name}`", meaning] for name, meaning in meanings.items()))


def snapshot() -> str:
    return _fields(contract.ChatSnapshot, _SNAPSHOT)


def ticket_snapshot() -> str:
    return _fields(contract.TicketSnapshot, _TICKET_SNAPSHOT)


def department() -> str:
    return _fields(contract.Department, _DEPARTMENT)


def draft() -> str:
    return _fields(contract.Draft, _DRAFT)


def outcome() -> str:
    return _fields(contract.Outcome, _OUTCOME)


def timeline() -> str:
    return _fields(contract.TimelineEntry, _TIMELINE)


def summary() -> str:
    return _fields(contract.ChatSummary, _SUMMARY)
