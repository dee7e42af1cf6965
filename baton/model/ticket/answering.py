"""Departments answer with notes, and the last answer ends the round.

The join is here: a round begins when the first department is asked. It is over when no department is still
asked, and every department that declined was replaced by another. Then there is exactly one prompt, however
the last notes arrived: the state says whether the round was prompted, and events are folded one at a time.
"""

from __future__ import annotations

from collections.abc import Iterable

from baton.contract import (
    MAX_NOTES,
    MAX_NOTES_SIZE,
    AuthorType,
    Department,
    DepartmentState,
    Note,
    NoteAdded,
    Status,
    TicketStage,
)
from baton.model.facts import Facts
from baton.model.settlement import Told
from baton.model.ticket import hands, leaving, owners
from baton.model.ticket.audience import (
    tell,
    tell_composer,
    tell_departments,
    tell_of_deserted,
)
from baton.model.ticket.composer import contributors, first_composer
from baton.model.ticket.lifecycle import Trigger
from baton.model.ticket.moves import move, put, set_status
from baton.model.ticket.roles import is_dispatcher, own_labels
from baton.model.ticket.state import TicketState


def note_added(ticket: TicketState, event: NoteAdded, facts: Facts) -> Told:
    """A note from a department that is asked is its answer; a later note adds to the draft."""
    labels = _meant(ticket, event, facts)
    if not labels:
        return ()
    answered = False
    note = Note(
        author=event.author,
        text=_bounded(ticket, event.text),
        at=facts.now,
        event_id=event.id,
        round=max(ticket.round, ticket.replied_round + 1),
    )
    by = event.author.id
    ticket.contributed = (*(staff for staff in ticket.contributed if staff != by), by)
    ticket.noted_at = {**ticket.noted_at, by: facts.now}
    ticket.noted_round = max(ticket.noted_round, note.round)
    for label in labels:
        department = ticket.department(label)
        assert department is not None, "only the ticket's departments are meant"
        department = department.model_copy(
            update={
                "note_count": department.note_count + 1,
                "notes": (*department.notes, note) if _has_room(ticket) else department.notes,
            }
        )
        if department.state is DepartmentState.ASKED and event.answers:
            answered = True
            department = as_answered(department, event.author.id, facts)
        put(ticket, department)
    concerned = ticket.composer or ticket.assignee
    if ticket.stage is TicketStage.COLLECTING or answered or concerned == by:
        return ()
    if ticket.stage is TicketStage.COMPOSING:
        return tell_composer(ticket, "a late note")
    return tell([concerned], "a late note")


def with_notes(state: TicketState, notes: Iterable[tuple[tuple[str, ...], Note]]) -> TicketState:
    """The ticket with these notes of its departments, each with their labels, in order."""
    ticket = state.model_copy()
    for labels, note in notes:
        kept = note.model_copy(update={"text": _bounded(ticket, note.text)})
        for label in labels:
            department = ticket.department(label)
            if department is not None and _has_room(ticket):
                put(ticket, department.model_copy(update={"notes": (*department.notes, kept)}))
    return ticket


def _has_room(ticket: TicketState) -> bool:
    return sum(len(one.notes) for one in ticket.departments) < MAX_NOTES


def _meant(ticket: TicketState, event: NoteAdded, facts: Facts) -> tuple[str, ...]:
    """The departments that this note is from. A dispatcher's note is from none, unless it names a label."""
    if event.instruction or event.author.type is not AuthorType.STAFF:
        return ()
    own = own_labels(ticket, event.author, facts)
    if event.label is not None:
        if is_dispatcher(ticket, event.author.id, facts):
            own = tuple(one.label for one in ticket.departments)
        return (event.label,) if event.label in own else ()
    if event.author.id == ticket.dispatcher:
        return ()
    return tuple(label for label in own if label in ticket.asked) or _late_of(ticket, own)


def _late_of(ticket: TicketState, own: tuple[str, ...]) -> tuple[str, ...]:
    """Those of the author's departments that a late note is from: those that answered.

    Never one that declined. A department that a forced reply passed over was withdrawn, and its note counts
    if none of the others answered.
    """
    of = {label: ticket.department(label) for label in own}
    for state in (DepartmentState.ANSWERED, DepartmentState.WITHDRAWN):
        found = tuple(label for label, one in of.items() if one is not None and one.state is state)
        if found:
            return found
    return ()


def as_answered(department: Department, by: str, facts: Facts) -> Department:
    """A copy of the department that has now answered."""
    return department.model_copy(
        update={
            "state": DepartmentState.ANSWERED,
            "answered_at": facts.now,
            "answered_by": by,
            "remind_at": None,
            "blocks": False,
        }
    )


def _bounded(ticket: TicketState, text: str) -> str:
    """As much of a note as the ticket can carry; the help desk keeps the whole note."""
    used = sum(len(note.text.encode()) for one in ticket.departments for note in one.notes)
    written = text.encode()
    # A note for several departments is stored with each of them.
    room = (MAX_NOTES_SIZE - used) // max(1, len(ticket.departments))
    if len(written) <= room:
        return text
    return f"{written[: max(0, room)].decode(errors='ignore')} [… cut: the help desk has the whole note]"


def join(before: TicketState, ticket: TicketState, facts: Facts) -> Told:
    """The end of a round, if this is it: one composer, or back to whoever asked."""
    if ticket.stage is not TicketStage.COLLECTING:
        return ()
    if ticket.waiting:
        blocking, told = leaving.block_deserted(before, ticket, facts)
        last = ticket.asked if len(ticket.waiting) == 1 else ()
        alone = last if last != before.waiting else ()
        told += tell_of_deserted(ticket, {*blocking, *alone}, facts)
        if alone and not ticket.blocking and contributors(ticket):
            told += tell_departments(alone, "last to answer: see what the others wrote")
        return told
    if not contributors(ticket):
        move(ticket, Trigger.RETURN)
        told = owners.comes_back(ticket, [ticket.dispatcher], "nobody has answered", facts)
        stand_ins = tell(facts.dispatchers, "nobody has answered") if ticket.assignee is None else ()
        return stand_ins or told
    move(ticket, Trigger.JOIN)
    # Even if it waited for its customer: now it is the turn of the composer, who looks for open tickets.
    set_status(ticket, Status.OPEN, facts)
    hands.compose(ticket, first_composer(ticket, facts), facts)
    return ()
