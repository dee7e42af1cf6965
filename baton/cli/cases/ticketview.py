"""A ticket in words for the terminal: who must act, how far each department is, what they wrote."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime

from baton.cli.cases import caseview
from baton.cli.language import say, spoken
from baton.cli.shared import folded
from baton.cli.tables import print_table
from baton.cli.times import heading, minute, moment
from baton.contract import Department, DepartmentState, Draft, Note, TicketSnapshot, TimelineEntry
from baton.phrases import names, stories
from baton.signs import one_line

_MARGIN = 4


def acting(ticket: TicketSnapshot) -> str:
    """One sentence: who has to act on the ticket now."""
    return stories.acting(ticket, spoken())


def standing(ticket: TicketSnapshot) -> Iterator[tuple[str, str]]:
    """The state of the ticket, in two lines."""
    yield say("State"), stories.ticket_state(ticket, spoken())
    yield say("Who must act"), acting(ticket)


def details(ticket: TicketSnapshot, timeline: Sequence[TimelineEntry]) -> Iterator[tuple[str, str]]:
    """Everything about a ticket but its departments, as names and values."""
    yield say("Who must act"), acting(ticket)
    yield from caseview.cause(timeline)
    yield say("State"), stories.ticket_state(ticket, spoken())
    if ticket.paused_at:
        paused = say("paused since {time}, until the customer writes")
        yield say("Due times"), paused.format(time=moment(ticket.paused_at))
    if ticket.subject:
        yield say("Subject"), ticket.subject
    yield say("Assignee"), caseview.assigned(ticket)
    yield say("Composer"), ticket.composer or "–"
    yield say("Dispatcher"), ticket.dispatcher or "–"
    if ticket.template:
        yield say("Template"), ticket.template
    done = say("{prompts} prompted, {replies} sent")
    yield say("So far"), done.format(prompts=ticket.prompts, replies=ticket.replies)
    yield say("Labels"), ", ".join(ticket.labels) or "–"
    yield say("Customer"), ticket.customer
    if ticket.last_author:
        yield say("Last message"), caseview.last_message(ticket)
    if ticket.conversation:
        yield say("Chat"), f"{ticket.channel}:{ticket.conversation}"
    elif ticket.channel:
        yield say("Channel"), ticket.channel
    yield say("Case"), ticket.case_id or "–"
    if ticket.previous_case:
        yield say("Previous case"), ticket.previous_case
    if ticket.merged_from:
        yield say("Merged in"), ", ".join(ticket.merged_from)


def print_departments(departments: Sequence[Department]) -> None:
    """A row for each department: how far it is, when it is due, and who answered when."""
    due = heading(say("Due"), map(_due, departments))
    answered = heading(say("Answered"), (one.answered_at for one in departments))
    print_table(
        (say("Department"), say("State"), due, answered),
        map(_department, departments),
        say("No department was asked."),
        whole=(due,),
    )


def _department(one: Department) -> tuple[str, ...]:
    answered = f"{one.answered_by or '–'}, {minute(one.answered_at)}" if one.answered_at else "–"
    return one.label, stories.progress(one, spoken()), minute(_due(one)), answered


def _due(one: Department) -> datetime | None:
    return one.due_at if one.state is DepartmentState.ASKED else None


def notes(departments: Iterable[Department]) -> Iterator[str]:
    """What the departments wrote, each note once, with the departments for which it answers."""
    found: dict[tuple[str, object], tuple[list[str], Note]] = {}
    for one in departments:
        for note in one.notes:
            labels, _ = found.setdefault((note.event_id, note.at), ([], note))
            labels.append(one.label)
    for labels, note in found.values():
        author = names.author(str(note.author), spoken())
        departments_of = say(" and ").join(labels)
        yield one_line(f"{departments_of} – {author}, {moment(note.at)}")
        for line in note.text.splitlines():
            yield from folded(one_line(line), _MARGIN)


def about_draft(draft: Draft, ticket: TicketSnapshot) -> Iterator[tuple[str, str]]:
    """What to know before a draft is used."""
    waits_for = [one.label for one in ticket.departments if one.state is DepartmentState.ASKED or one.blocks]
    yield say("Draft"), say("round {number}, {time}").format(number=draft.round, time=moment(draft.at))
    waits = say("no, it waits for {labels}").format(labels=", ".join(waits_for))
    yield say("Final"), say("yes, all have answered") if draft.final else waits
    if draft.stale:
        yield say("Stale"), say("yes, the customer has written since")
    yield say("Who composes"), draft.composer or say("nobody yet")
