"""The story of a chat: what happened to it, who has it and why, and what comes next."""

from __future__ import annotations

from collections.abc import Sequence

from baton.contract import Tab, TimelineEntry
from baton.model.chat.clock import idle_at, wake_at
from baton.model.chat.state import ChatState
from baton.model.story import (
    BLOCKED,
    bold,
    in_hands,
    in_short,
    merging,
    moment,
    names,
    since_and_why,
    unsent_and_lately,
)
from baton.signs import details as fitting
from baton.signs import markdown

_HANDS = ("case_id", "activity", "assignee", "line", "pinned_to", "reserved_for")


def what_happened(
    before: ChatState, after: ChatState, *, blocked: bool = False, forwarded_to: str | None = None
) -> str:
    """What an event and its rules changed, in a few words."""
    if blocked:
        return BLOCKED
    if forwarded_to is not None:
        return in_short([f"forwarded to {forwarded_to}"])
    said = []
    new = before.case_id != after.case_id and after.exists
    labels = () if new else before.labels
    if new:
        said.append("new chat")
    if new or before.phase is not after.phase:
        said.append(after.phase.value)
    if before.offer_until and not after.offer_until and not new:
        said.append("the offer ended")
    if before.assignee != after.assignee:
        said.append(f"assigned to {after.assignee}" if after.assignee else "no assignee")
    if before.pinned_to != after.pinned_to:
        said.append(f"pinned to {after.pinned_to}" if after.pinned_to else "unpinned")
    if before.reserved_for != after.reserved_for and after.reserved_for:
        said.append(f"{'offered to' if after.offer_until else 'reserved for'} {after.reserved_for}")
    if _in_queue(after) and _in_queue(before) != _in_queue(after):
        said.append(f"in the queue of {after.line}")
    said += [f"+{label}" for label in after.labels if label not in labels]
    said += [f"-{label}" for label in labels if label not in after.labels]
    linked = () if new else before.linked_tickets
    said += [f"linked to ticket {one}" for one in after.linked_tickets if one not in linked]
    said += merging(before, after)
    return in_short(said)


def moved(before: ChatState, after: ChatState) -> bool:
    """Whether somebody else has the chat now, or has it in another way."""
    return any(getattr(before, name) != getattr(after, name) for name in _HANDS)


def _in_queue(chat: ChatState) -> str | None:
    """The line in whose queue the chat waits."""
    return chat.line if chat.assignee is None and not (chat.pinned_to or chat.reserved_for) else None


def who_has_it(chat: ChatState) -> str:
    """One sentence: who has the chat now."""
    match chat.tab:
        case None:
            return "No chat is going on."
        case Tab.MINE:
            return f"{bold(chat.pinned_to)} has it, pinned."
        case Tab.RESERVED if chat.offer_until:
            return f"It is offered to {bold(chat.reserved_for)} until {moment(chat.offer_until)}."
        case Tab.RESERVED:
            return f"It is reserved for {bold(chat.reserved_for)}, who gets it when the customer answers."
        case Tab.NEW if chat.line and not chat.assignee:
            return f"Nobody has it: it waits in the queue of {bold(chat.line)}."
        case Tab.NEW:
            return "Nobody has it: it is in New, for **everyone**."
        case _ if chat.final and chat.merged_into:
            return f"It was merged into {bold(chat.merged_into)}, which hears what is written here."
        case _ if chat.final:
            return f"It is closed. The last one who had it: {markdown(chat.assignee or 'nobody')}."
        case _ if chat.reserved_for:
            return f"It has ended, and stays reserved for {bold(chat.reserved_for)}."
        case _:
            return f"It has ended. Assigned to {bold(chat.assignee)}."


def details(chat: ChatState, timeline: Sequence[TimelineEntry], unsent: int) -> str:
    """Markdown for the Temporal UI: who has the chat, since when, why, and what comes next."""
    lines = [
        f"### {who_has_it(chat)}",
        "",
        f"- **State**: {chat.phase.value} (tab {chat.tab or '–'})",
        in_hands(chat.assignee, chat.line),
        *since_and_why(timeline),
        f"- **Last message**: {markdown(str(chat.last_author or '–'))}"
        + (f", {moment(chat.last_message_at)}" if chat.last_message_at else ""),
        f"- **Next**: {_next(chat)}",
    ]
    if chat.labels:
        lines.append(f"- **Labels**: {names(chat.labels)}")
    if chat.previous_case:
        lines.append(f"- **Previous chat**: {markdown(chat.previous_case)}")
    if chat.linked_tickets:
        lines.append(f"- **Tickets**: {names(chat.linked_tickets)}")
    if chat.merged_from:
        lines.append(f"- **Merged into this one**: {names(chat.merged_from)}")
    return fitting([*lines, *unsent_and_lately(unsent, timeline)])


def _next(chat: ChatState) -> str:
    if chat.final:
        return "messages are forwarded" if chat.merged_into else "a new message begins a new chat"
    coming = []
    wake, idle = wake_at(chat), idle_at(chat)
    if wake is not None:
        coming.append(f"looks at timed rules and offers at {moment(wake)}")
    if idle is not None:
        coming.append(f"ends if nobody writes until {moment(idle)}")
    return "; ".join(coming) or "waits for a message"
