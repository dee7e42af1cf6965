"""A chat in words for the terminal: who has it, since when, why, and what happened."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from baton.chatstate import ChatState
from baton.cli.shared import clock
from baton.contract import (
    Action,
    AddNote,
    Assign,
    ChangeLabels,
    ChatSnapshot,
    End,
    Fired,
    Pin,
    Reply,
    SetStatus,
    Tell,
    TimelineEntry,
)
from baton.lifecycle import Phase
from baton.story import cause_of, last_move, who_has_it


def holder(chat: ChatSnapshot) -> str:
    """One sentence: who has the chat now."""
    # A snapshot is enough of a state to say so.
    state = ChatState.model_validate(chat.model_dump(exclude={"tab"}))
    return who_has_it(state).replace("**", "")


def state(chat: ChatSnapshot) -> str:
    """Phase and tab, such as ``active · open (tab mine)``."""
    return f"{Phase.of(chat.activity, chat.status).value} (tab {chat.tab or '–'})"


def details(chat: ChatSnapshot, timeline: Sequence[TimelineEntry]) -> Iterator[tuple[str, str]]:
    """Everything about a chat, as names and values."""
    move = last_move(timeline)
    yield "Who has it", holder(chat)
    yield "Since", clock(move.at) if move else "before the events that the timeline still has"
    yield "Why", cause_of(move) if move else "–"
    yield "State", state(chat)
    yield "Assignee", f"{chat.assignee or '–'}, line {chat.line or '–'}"
    if chat.pinned_to or chat.reserved_for:
        yield "Pinned to", chat.pinned_to or "–"
        yield "Reserved for", chat.reserved_for or "–"
    yield "Labels", ", ".join(chat.labels) or "–"
    yield "Customer", chat.customer
    yield "Last message", f"{chat.last_author or '–'}, {clock(chat.last_message_at)}"
    yield "Case", chat.case_id or "–"
    if chat.previous_case:
        yield "Previous case", chat.previous_case


def row(entry: TimelineEntry) -> tuple[str, ...]:
    """One row of the timeline: time, event, author, what happened and by which rule."""
    what = f"refused: {entry.refused}" if entry.refused else entry.what
    if entry.rules:
        what = f"{what} (rule {', '.join(entry.rules)})"
    return clock(entry.at), entry.kind, entry.author, what


def fired(rules: Sequence[Fired]) -> Iterator[str]:
    """A line for each rule that fired, and for what it could not do."""
    for rule in rules:
        yield f"{rule.rule}: {', '.join(map(_action, rule.actions)) or 'no action'}"
        for skipped in rule.skipped:
            yield f"  not possible: {skipped}"


def _action(action: Action) -> str:
    match action:
        case Assign():
            return f"assign {action.staff}" if action.staff else f"assign the queue of {action.line}"
        case Pin():
            return f"pin to {action.staff}"
        case End():
            return f"end as {action.status}" if action.status else "end"
        case SetStatus():
            return f"set status {action.status}"
        case ChangeLabels():
            return "labels " + " ".join(
                [*(f"+{label}" for label in action.add), *(f"-{label}" for label in action.remove)]
            )
        case AddNote():
            return "add a note"
        case Reply():
            return "reply to the customer"
        case Tell():
            return f"notify {', '.join(action.staff) or action.line or 'everyone'}"
