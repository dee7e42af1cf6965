"""The story of a ticket: what happened to it, who has to act and why, and what comes next."""

from __future__ import annotations

from collections.abc import Sequence

from baton.contract import Department, DepartmentState, Status, TicketStage, TimelineEntry
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
from baton.model.ticket.clock import next_due
from baton.model.ticket.state import TicketState
from baton.signs import details as fitting
from baton.signs import markdown

_HANDS = ("case_id", "stage", "assignee", "line", "composer", "waiting", "blocking")


def what_happened(
    before: TicketState, after: TicketState, *, blocked: bool = False, forwarded_to: str | None = None
) -> str:
    """What an event and its rules changed about a ticket, in a few words."""
    if blocked:
        return BLOCKED
    if forwarded_to is not None:
        return in_short([f"forwarded to {forwarded_to}"])
    said = []
    new = before.case_id != after.case_id and after.exists
    if new:
        said.append("new ticket")
    if before.stage is not after.stage and after.stage is not None:
        said.append(after.stage.value)
    if before.round != after.round:
        said.append(f"round {after.round}")
    had = {one.label: one for one in before.departments}
    by_key = {one.key: one for one in before.departments if one.key is not None}
    for one in after.departments:
        was = by_key.get(one.key or "") or had.get(one.label)
        if was is not None and was.label != one.label:
            said.append(f"{was.label} is called {one.label} now")
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
    if after.queue and before.queue != after.queue:
        said.append(f"in the queue of {after.queue}")
    if before.status is not after.status and after.status is not None and not new:
        said.append(after.status.value)
    if before.paused_at is None and after.paused_at is not None:
        said.append("due times pause")
    labels = () if new else before.labels
    said += [f"+{label}" for label in after.labels if label not in labels]
    said += [f"-{label}" for label in labels if label not in after.labels]
    said += merging(before, after)
    return in_short(said)


def moved(before: TicketState, after: TicketState) -> bool:
    """Whether somebody else has the ticket now, or others must act on it."""
    return any(getattr(before, name) != getattr(after, name) for name in _HANDS)


def who_acts(ticket: TicketState) -> str:
    """One sentence: who has to act on the ticket now."""
    match ticket.stage:
        case None:
            return "No ticket is open."
        case TicketStage.TRIAGE if ticket.queue:
            return f"Nobody has it: it waits in the queue of {bold(ticket.queue)}."
        case TicketStage.TRIAGE:
            who = bold(ticket.assignee) if ticket.assignee else "somebody"
            return f"Nobody is asked: {who} has to look at it."
        case TicketStage.COLLECTING if ticket.blocking:
            who = markdown(ticket.dispatcher or "the dispatcher")
            declined = not any(label in ticket.asked for label in ticket.blocking)
            because = ", who declined" if declined else ": no answer will come from there"
            return f"**{who}** must see to {names(ticket.blocking)}{because}."
        case TicketStage.COLLECTING:
            return f"It waits for **{names(ticket.waiting)}**."
        case TicketStage.COMPOSING:
            return f"All have answered: **{markdown(ticket.composer or 'nobody yet')}** writes the reply."
        case TicketStage.ANSWERED:
            return f"The reply was sent. The last one who had it: {markdown(ticket.assignee or 'nobody')}."
        case TicketStage.CLOSED:
            why = f" ({markdown(ticket.closed_because)})" if ticket.closed_because else ""
            return f"It is closed{why}."


def stage_and_status(stage: TicketStage | None, status: Status | None) -> str:
    """Such as ``collecting · open``. A closed ticket is closed, whichever of the two says so."""
    if stage is TicketStage.CLOSED:
        return stage.value
    return f"{stage.value if stage else 'none'} · {status or '–'}"


def details(ticket: TicketState, timeline: Sequence[TimelineEntry], unsent: int) -> str:
    """Markdown for the Temporal UI: who must act, since when, why, and what comes next."""
    lines = [
        f"### {who_acts(ticket)}",
        "",
        f"- **State**: {stage_and_status(ticket.stage, ticket.status)}"
        + (f" · round {ticket.round}" if ticket.round else ""),
        in_hands(ticket.assignee, ticket.line),
        f"- **Dispatcher**: {markdown(ticket.dispatcher or '–')}"
        f" · **composer**: {markdown(ticket.composer or '–')}",
        *since_and_why(timeline),
        f"- **Next**: {_next(ticket)}",
        f"- **So far**: {ticket.prompts} prompted, {ticket.replies} sent",
    ]
    lines += [f"- **{markdown(one.label)}**: {_department(one)}" for one in ticket.departments]
    if ticket.labels:
        lines.append(f"- **Labels**: {names(ticket.labels)}")
    if ticket.merged_from:
        lines.append(f"- **Merged into this one**: {names(ticket.merged_from)}")
    if ticket.previous_case:
        lines.append(f"- **Opened before as**: {markdown(ticket.previous_case)}")
    return fitting([*lines, *unsent_and_lately(unsent, timeline)])


def _department(one: Department) -> str:
    """How far a department is. Its notes are left out: not everybody who may open the UI may read them."""
    match one.state:
        case DepartmentState.ASKED if one.blocks:
            return f"asked {moment(one.asked_at)}, and **nobody** is there"
        case DepartmentState.ASKED:
            late = " – **overdue**" if one.escalated else ""
            due = f", due {moment(one.due_at)}{late}" if one.due_at else ""
            return f"asked {moment(one.asked_at)}{due}"
        case DepartmentState.ANSWERED:
            return f"answered by {markdown(one.answered_by or '–')}" + (
                f", {moment(one.answered_at)}" if one.answered_at else ""
            )
        case DepartmentState.DECLINED:
            to = f"handed on to {markdown(one.declined_to)}" if one.declined_to else "nobody else is asked"
            return f"declined, {to}"
        case DepartmentState.WITHDRAWN:
            return "no longer asked"


def _next(ticket: TicketState) -> str:
    if ticket.final and ticket.merged_into:
        return "messages are forwarded"
    if ticket.final:
        return "a message of its customer opens it again"
    if ticket.paused_at is not None:
        return f"waits for its customer since {moment(ticket.paused_at)}; due times pause"
    due = next_due(ticket)
    return f"looks at what is due at {moment(due)}" if due else "waits for an event"
