"""Sentences about a case, for people: the timeline and the details in the Temporal UI."""

from __future__ import annotations

from collections.abc import Sequence

from baton.attention import idle_at, wake_at
from baton.chatstate import ChatState
from baton.contract import Instant, Tab, TimelineEntry

_SHOWN_ENTRIES = 8


def what_happened(before: ChatState, after: ChatState) -> str:
    """What an event and its rules changed, in a few words."""
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
    return ", ".join(said)


def moved(before: ChatState, after: ChatState) -> bool:
    """Whether somebody else has the chat now, or has it in another way."""
    return any(getattr(before, name) != getattr(after, name) for name in _HANDS)


_HANDS = ("case_id", "activity", "assignee", "line", "pinned_to", "reserved_for")


def last_move(timeline: Sequence[TimelineEntry]) -> TimelineEntry | None:
    """The event because of which the chat is where it is; none if the timeline begins after it."""
    return next((entry for entry in reversed(timeline) if entry.moved), None)


def cause_of(entry: TimelineEntry) -> str:
    """What made an event move the chat: a rule, or the event itself."""
    cause = f"{entry.kind} by {entry.author}"
    return f"rule {', '.join(entry.rules)}, after {cause}" if entry.rules else cause


def _in_queue(chat: ChatState) -> str | None:
    """The line in whose queue the chat waits."""
    return chat.line if chat.assignee is None and not (chat.pinned_to or chat.reserved_for) else None


def who_has_it(chat: ChatState) -> str:
    """One sentence: who has the chat now."""
    match chat.tab:
        case None:
            return "There is no chat yet."
        case Tab.MINE:
            return f"**{chat.pinned_to}** has it, pinned."
        case Tab.RESERVED if chat.offer_until:
            return f"It is offered to **{chat.reserved_for}** until {_clock(chat.offer_until)}."
        case Tab.RESERVED:
            return f"It is reserved for **{chat.reserved_for}**, who gets it when the customer answers."
        case Tab.NEW if chat.line and not chat.assignee:
            return f"Nobody has it: it waits in the queue of **{chat.line}**."
        case Tab.NEW:
            return "Nobody has it: it is in New, for **everyone**."
        case _ if chat.final:
            return f"It is closed. The last one who had it: {chat.assignee or 'nobody'}."
        case _ if chat.reserved_for:
            return f"It has ended, and stays reserved for **{chat.reserved_for}**."
        case _:
            return f"It has ended. Assigned to **{chat.assignee or 'nobody'}**."


def chat_details(chat: ChatState, timeline: Sequence[TimelineEntry], unsent: int) -> str:
    """Markdown for the Temporal UI: who has the chat, since when, why, and what comes next."""
    lines = [
        f"### {who_has_it(chat)}",
        "",
        f"- **State**: {chat.phase.value} (tab {chat.tab or '–'})",
        f"- **Assignee**: {chat.assignee or '–'} · **line**: {chat.line or '–'}"
        + (f" · since {_clock(chat.held_since)}" if chat.held_since else ""),
        f"- **Why**: {_why(timeline)}",
        f"- **Last message**: {chat.last_author or '–'}"
        + (f", {_clock(chat.last_message_at)}" if chat.last_message_at else ""),
        f"- **Next**: {_next(chat)}",
    ]
    if chat.labels:
        lines.append(f"- **Labels**: {', '.join(chat.labels)}")
    if chat.previous_case:
        lines.append(f"- **Previous chat**: {chat.previous_case}")
    if unsent:
        lines.append(f"- **Not yet in the help desk**: {unsent} {'write' if unsent == 1 else 'writes'}")
    if timeline:
        lines += ["", "#### Lately", ""]
    lines += [_item(entry) for entry in reversed(timeline[-_SHOWN_ENTRIES:])]
    return "\n".join(lines)


def _item(entry: TimelineEntry) -> str:
    # A list and not a table: the UI shows the details in a narrow column.
    what = f"refused: {entry.refused}" if entry.refused else entry.what or "nothing moved"
    rules = f" (rule {', '.join(entry.rules)})" if entry.rules else ""
    return f"- {_clock(entry.at)} **{entry.kind}** {_plain(f'by {entry.author}: {what}{rules}')}"


def _plain(text: str) -> str:
    """Text from outside on one line, and without Markdown of its own."""
    return "".join(f"\\{sign}" if sign in "\\`*[]<>|" else sign for sign in " ".join(text.split()))


def _why(timeline: Sequence[TimelineEntry]) -> str:
    entry = last_move(timeline)
    return _plain(f"{cause_of(entry)} ({_clock(entry.at)})") if entry else "–"


def _next(chat: ChatState) -> str:
    if chat.final:
        return "a new message begins a new chat"
    coming = []
    wake, idle = wake_at(chat), idle_at(chat)
    if wake is not None:
        coming.append(f"looks at timed rules and offers at {_clock(wake)}")
    if idle is not None:
        coming.append(f"ends if nobody writes until {_clock(idle)}")
    return "; ".join(coming) or "waits for a message"


def _clock(at: Instant) -> str:
    # Not by strftime, which imports a module at each call: a sandbox looks twice at every import.
    return at.isoformat(sep=" ", timespec="seconds")[:19]
