"""Sentences about a case, for people: the timeline and the details in the Temporal UI."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from baton.contract import Department, DepartmentState, Instant, Tab, TicketStage, TimelineEntry
from baton.model.chat.clock import idle_at, wake_at
from baton.model.chat.state import ChatState
from baton.model.ticket.clock import next_due
from baton.model.ticket.state import TicketState
from baton.signs import details, markdown, within

_SHOWN_ENTRIES = 8
_ENTRY_BYTES = 1000
"""What one of them may take in the details."""
_NAMES_BYTES = 2000
"""What a row of labels may take."""


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
            return f"{_bold(chat.pinned_to)} has it, pinned."
        case Tab.RESERVED if chat.offer_until:
            return f"It is offered to {_bold(chat.reserved_for)} until {_clock(chat.offer_until)}."
        case Tab.RESERVED:
            return f"It is reserved for {_bold(chat.reserved_for)}, who gets it when the customer answers."
        case Tab.NEW if chat.line and not chat.assignee:
            return f"Nobody has it: it waits in the queue of {_bold(chat.line)}."
        case Tab.NEW:
            return "Nobody has it: it is in New, for **everyone**."
        case _ if chat.final:
            return f"It is closed. The last one who had it: {markdown(chat.assignee or 'nobody')}."
        case _ if chat.reserved_for:
            return f"It has ended, and stays reserved for {_bold(chat.reserved_for)}."
        case _:
            return f"It has ended. Assigned to {_bold(chat.assignee)}."


def chat_details(chat: ChatState, timeline: Sequence[TimelineEntry], unsent: int) -> str:
    """Markdown for the Temporal UI: who has the chat, since when, why, and what comes next."""
    lines = [
        f"### {who_has_it(chat)}",
        "",
        f"- **State**: {chat.phase.value} (tab {chat.tab or '–'})",
        f"- **Assignee**: {markdown(chat.assignee or '–')} · **line**: {markdown(chat.line or '–')}"
        + (f" · since {_clock(chat.held_since)}" if chat.held_since else ""),
        f"- **Why**: {_why(timeline)}",
        f"- **Last message**: {markdown(str(chat.last_author or '–'))}"
        + (f", {_clock(chat.last_message_at)}" if chat.last_message_at else ""),
        f"- **Next**: {_next(chat)}",
    ]
    if chat.labels:
        lines.append(f"- **Labels**: {_names(chat.labels)}")
    if chat.previous_case:
        lines.append(f"- **Previous chat**: {markdown(chat.previous_case)}")
    return details([*lines, *_unsent_and_lately(unsent, timeline)])


def _unsent_and_lately(unsent: int, timeline: Sequence[TimelineEntry]) -> Iterator[str]:
    if unsent:
        yield f"- **Not yet in the help desk**: {unsent} {'write' if unsent == 1 else 'writes'}"
    if timeline:
        yield from ("", "#### Lately", "")
    for entry in reversed(timeline[-_SHOWN_ENTRIES:]):
        yield _item(entry)


def _item(entry: TimelineEntry) -> str:
    # A list and not a table: the UI shows the details in a narrow column.
    what = f"refused: {entry.refused}" if entry.refused else entry.what or "nothing moved"
    rules = f" (rule {', '.join(entry.rules)})" if entry.rules else ""
    told = within(f"by {entry.author}: {what}{rules}", _ENTRY_BYTES)
    return f"- {_clock(entry.at)} **{markdown(entry.kind)}** {told}"


def _bold(name: str | None) -> str:
    return f"**{markdown(name or 'nobody')}**"


def _names(names: Sequence[str]) -> str:
    return within(", ".join(names), _NAMES_BYTES)


def _why(timeline: Sequence[TimelineEntry]) -> str:
    entry = last_move(timeline)
    return markdown(f"{cause_of(entry)} ({_clock(entry.at)})") if entry else "–"


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


# --- Tickets ------------------------------------------------------------------------------------


def what_happened_to_ticket(before: TicketState, after: TicketState) -> str:
    """What an event and its rules changed about a ticket, in a few words."""
    said = []
    new = before.case_id != after.case_id and after.exists
    if new:
        said.append("new ticket")
    if before.stage is not after.stage and after.stage is not None:
        said.append(after.stage.value)
    if before.round != after.round:
        said.append(f"round {after.round}")
    had = {one.label: one for one in before.departments}
    for one in after.departments:
        was = had.get(one.label)
        if was is None or (was.state, was.blocks, was.asked_at) != (one.state, one.blocks, one.asked_at):
            said.append(f"{one.label} {one.state.value}{' (blocks)' if one.blocks else ''}")
        elif was.note_count != one.note_count:
            said.append(f"a note of {one.label}")
        elif was.escalated != one.escalated:
            said.append(f"{one.label} is overdue")
        elif was.remind_at and not one.remind_at:
            said.append(f"{one.label} reminded")
    if before.composer != after.composer and after.composer:
        said.append(f"{after.composer} writes the reply")
    if before.replies != after.replies:
        said.append("the reply is sent")
    if before.assignee != after.assignee:
        said.append(f"assigned to {after.assignee}" if after.assignee else "no assignee")
    if before.status is not after.status and after.status is not None and not new:
        said.append(after.status.value)
    if before.paused_at is None and after.paused_at is not None:
        said.append("due times pause")
    labels = () if new else before.labels
    said += [f"+{label}" for label in after.labels if label not in labels]
    said += [f"-{label}" for label in labels if label not in after.labels]
    return ", ".join(said)


def ticket_moved(before: TicketState, after: TicketState) -> bool:
    """Whether somebody else has the ticket now, or others must act on it."""
    return any(getattr(before, name) != getattr(after, name) for name in _TICKET_HANDS)


_TICKET_HANDS = ("case_id", "stage", "assignee", "line", "composer", "waiting", "blocking")


def who_acts(ticket: TicketState) -> str:
    """One sentence: who has to act on the ticket now."""
    match ticket.stage:
        case None:
            return "There is no ticket yet."
        case TicketStage.TRIAGE:
            who = _bold(ticket.assignee) if ticket.assignee else "somebody"
            return f"Nobody is asked: {who} has to look at it."
        case TicketStage.COLLECTING if ticket.blocking:
            who = markdown(ticket.dispatcher or "the dispatcher")
            return f"**{who}** must see to {_names(ticket.blocking)}, who declined."
        case TicketStage.COLLECTING:
            return f"It waits for **{_names(ticket.waiting)}**."
        case TicketStage.COMPOSING:
            return f"All have answered: **{markdown(ticket.composer or 'nobody yet')}** writes the reply."
        case TicketStage.ANSWERED:
            return f"The reply was sent. The last one who had it: {markdown(ticket.assignee or 'nobody')}."
        case TicketStage.CLOSED:
            why = f" ({markdown(ticket.closed_because)})" if ticket.closed_because else ""
            return f"It is closed{why}."


def ticket_details(ticket: TicketState, timeline: Sequence[TimelineEntry], unsent: int) -> str:
    """Markdown for the Temporal UI: who must act, since when, why, and what comes next."""
    lines = [
        f"### {who_acts(ticket)}",
        "",
        f"- **State**: {ticket.stage.value if ticket.stage else 'none'} · {ticket.status or '–'}"
        + (f" · round {ticket.round}" if ticket.round else ""),
        f"- **Assignee**: {markdown(ticket.assignee or '–')} · **line**: {markdown(ticket.line or '–')}"
        + (f" · since {_clock(ticket.held_since)}" if ticket.held_since else ""),
        f"- **Dispatcher**: {markdown(ticket.dispatcher or '–')}"
        f" · **composer**: {markdown(ticket.composer or '–')}",
        f"- **Why**: {_why(timeline)}",
        f"- **Next**: {_ticket_next(ticket)}",
        f"- **So far**: {ticket.prompts} prompted, {ticket.replies} sent",
    ]
    lines += [f"- **{markdown(one.label)}**: {_department(one)}" for one in ticket.departments]
    if ticket.labels:
        lines.append(f"- **Labels**: {_names(ticket.labels)}")
    if ticket.previous_case:
        lines.append(f"- **Opened before as**: {markdown(ticket.previous_case)}")
    return details([*lines, *_unsent_and_lately(unsent, timeline)])


def _department(one: Department) -> str:
    """How far a department is. Without its notes, which are not for everybody who may open the UI."""
    match one.state:
        case DepartmentState.ASKED:
            late = " – **overdue**" if one.escalated else ""
            due = f", due {_clock(one.due_at)}{late}" if one.due_at else ""
            return f"asked {_clock(one.asked_at)}{due}"
        case DepartmentState.ANSWERED:
            return f"answered by {markdown(one.answered_by or '–')}" + (
                f", {_clock(one.answered_at)}" if one.answered_at else ""
            )
        case DepartmentState.DECLINED:
            to = f"handed on to {markdown(one.declined_to)}" if one.declined_to else "nobody else is asked"
            return f"declined, {to}"
        case DepartmentState.WITHDRAWN:
            return "no longer asked"


def _ticket_next(ticket: TicketState) -> str:
    if ticket.final:
        return "a message of its customer opens it again"
    if ticket.paused_at is not None:
        return f"waits for its customer since {_clock(ticket.paused_at)}; due times pause"
    due = next_due(ticket)
    return f"looks at what is due at {_clock(due)}" if due else "waits for an event"
