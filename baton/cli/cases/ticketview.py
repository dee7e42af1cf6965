"""A ticket in words for the terminal: who must act, how far each department is, what they wrote."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime

from baton.cli.cases import caseview
from baton.cli.shared import folded
from baton.cli.tables import print_table
from baton.cli.times import heading, minute, moment
from baton.contract import Department, DepartmentState, Draft, Note, TicketSnapshot, TimelineEntry
from baton.model.ticket.state import TicketState
from baton.model.ticket.story import stage_and_status, who_acts
from baton.signs import one_line, unmarked

_MARGIN = 4


def acting(ticket: TicketSnapshot) -> str:
    """One sentence: who has to act on the ticket now."""
    # A snapshot has enough of the state for this.
    return unmarked(who_acts(TicketState.model_validate(ticket.model_dump())))


def standing(ticket: TicketSnapshot) -> Iterator[tuple[str, str]]:
    """The state of the ticket, in two lines."""
    yield "State", _state(ticket)
    yield "Who must act", acting(ticket)


def _state(ticket: TicketSnapshot) -> str:
    state = stage_and_status(ticket.stage, ticket.status)
    return f"{state}, round {ticket.round}" if ticket.round else state


def details(ticket: TicketSnapshot, timeline: Sequence[TimelineEntry]) -> Iterator[tuple[str, str]]:
    """Everything about a ticket but its departments, as names and values."""
    yield "Who must act", acting(ticket)
    yield from caseview.cause(timeline)
    yield "State", _state(ticket)
    if ticket.paused_at:
        yield "Due times", f"paused since {moment(ticket.paused_at)}, until the customer writes"
    if ticket.subject:
        yield "Subject", ticket.subject
    yield "Assignee", f"{ticket.assignee or '–'}, line {ticket.line or '–'}"
    yield "Composer", ticket.composer or "–"
    yield "Dispatcher", ticket.dispatcher or "–"
    if ticket.template:
        yield "Template", ticket.template
    yield "So far", f"{ticket.prompts} prompted, {ticket.replies} sent"
    yield "Labels", ", ".join(ticket.labels) or "–"
    yield "Customer", ticket.customer
    if ticket.last_author:
        yield "Last message", f"{ticket.last_author}, {moment(ticket.last_message_at)}"
    if ticket.conversation:
        yield "Chat", f"{ticket.channel}:{ticket.conversation}"
    elif ticket.channel:
        yield "Channel", ticket.channel
    yield "Case", ticket.case_id or "–"
    if ticket.previous_case:
        yield "Previous case", ticket.previous_case
    if ticket.merged_from:
        yield "Merged in", ", ".join(ticket.merged_from)


def print_departments(departments: Sequence[Department]) -> None:
    """A row for each department: how far it is, when it is due, and who answered when."""
    due = heading("Due", map(_due, departments))
    answered = heading("Answered", (one.answered_at for one in departments))
    print_table(
        ("Department", "State", due, answered),
        map(_department, departments),
        "No department was asked.",
        whole=(due,),
    )


def _department(one: Department) -> tuple[str, ...]:
    answered = f"{one.answered_by or '–'}, {minute(one.answered_at)}" if one.answered_at else "–"
    return one.label, _progress(one), minute(_due(one)), answered


def _due(one: Department) -> datetime | None:
    return one.due_at if one.state is DepartmentState.ASKED else None


def _progress(one: Department) -> str:
    match one.state:
        case DepartmentState.ASKED if one.blocks:
            return "asked, blocks"
        case DepartmentState.ASKED if one.escalated:
            return "asked, overdue"
        case DepartmentState.DECLINED if one.blocks:
            return "declined, blocks"
        case DepartmentState.DECLINED if one.declined_to:
            return f"declined, to {one.declined_to}"
        case _:
            return one.state.value


def notes(departments: Iterable[Department]) -> Iterator[str]:
    """What the departments wrote, each note once, with the departments for which it answers."""
    found: dict[tuple[str, object], tuple[list[str], Note]] = {}
    for one in departments:
        for note in one.notes:
            labels, _ = found.setdefault((note.event_id, note.at), ([], note))
            labels.append(one.label)
    for labels, note in found.values():
        yield one_line(f"{' and '.join(labels)} – {note.author}, {moment(note.at)}")
        for line in note.text.splitlines():
            yield from folded(one_line(line), _MARGIN)


def about_draft(draft: Draft, ticket: TicketSnapshot) -> Iterator[tuple[str, str]]:
    """What to know before a draft is used."""
    waits_for = [one.label for one in ticket.departments if one.state is DepartmentState.ASKED or one.blocks]
    yield "Draft", f"round {draft.round}, {moment(draft.at)}"
    yield "Final", "yes, all have answered" if draft.final else f"no, it waits for {', '.join(waits_for)}"
    if draft.stale:
        yield "Stale", "yes, the customer has written since"
    yield "Who composes", draft.composer or "nobody yet"
