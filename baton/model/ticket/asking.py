"""Departments are asked, hand the question on or decline, are withdrawn, and are asked again.

A template asks several, and so does adding their labels. In composing or later, asking begins a new round.
"""

from __future__ import annotations

from collections.abc import Iterable

from baton.contract import (
    MAX_DEPARTMENTS,
    Author,
    AuthorType,
    BaseEvent,
    Department,
    DepartmentAskedAgain,
    DepartmentDeclined,
    DepartmentState,
    LabelsChanged,
    MergedFrom,
    Status,
    TemplateApplied,
    TicketStage,
)
from baton.errors import IllegalTransition, InvalidEvent, NotAllowed, UnknownLabel
from baton.model.facts import Facts, people
from baton.model.labels import labelled
from baton.model.settlement import Told
from baton.model.ticket.audience import tell, tell_composer, tell_departments, tell_dispatcher
from baton.model.ticket.lifecycle import Trigger
from baton.model.ticket.moves import add_labels, move, put, set_status
from baton.model.ticket.roles import is_dispatcher, own_labels
from baton.model.ticket.state import TicketState


def may_ask(event: BaseEvent) -> tuple[str, ...]:
    """The labels that the event itself may ask; those of a template are not included."""
    match event:
        case LabelsChanged(add=add):
            return add
        case DepartmentAskedAgain(label=label):
            return (label,)
        case DepartmentDeclined(label=label, to=to):
            return people([label, to])
        case MergedFrom(departments=departments):
            return departments
        case _:
            return ()


def may_be_asked(department: Department | None) -> bool:
    """Whether a template asks this department: only if it was never asked or was withdrawn."""
    return department is None or department.state is DepartmentState.WITHDRAWN


def check_asked_again(state: TicketState, event: DepartmentAskedAgain) -> None:
    """Raise ``IllegalTransition`` if the department was never asked or is still asked."""
    label, department = event.label, state.department(event.label)
    if department is None:
        raise IllegalTransition(f"{label!r} was never asked: add its label, or apply a template, to ask it")
    if department.state is DepartmentState.ASKED:
        raise IllegalTransition(f"{label!r} is asked already")


def check_declined(state: TicketState, event: DepartmentDeclined) -> None:
    """Raise ``IllegalTransition`` if the department is not asked, or would hand on to itself."""
    label, department = event.label, state.department(event.label)
    if department is None or not (department.blocks or department.state is DepartmentState.ASKED):
        raise IllegalTransition(f"{label!r} is not asked, so it cannot decline")
    if event.to == label:
        raise IllegalTransition(f"{label!r} cannot hand the question on to itself")


def template_applied(ticket: TicketState, event: TemplateApplied, facts: Facts) -> Told:
    applied = facts.template
    assert applied is not None, "decide refuses a template that it does not know"
    absent = [label for label in applied.departments if may_be_asked(ticket.department(label))]
    if not absent:
        raise IllegalTransition(
            f"template {event.template!r}: all its departments are asked or have answered; one that is to "
            f"answer once more is asked again by itself"
        )
    told = ask(ticket, absent, facts, event.author, order=applied.departments)
    ticket.template = event.template
    add_labels(ticket, [applied.marker])
    return told + applied.tell + (tell_departments(absent, "asked") if applied.tell_departments else ())


def labels_changed(ticket: TicketState, event: LabelsChanged, facts: Facts) -> Told:
    return change_labels(ticket, event.add, event.remove, facts, event.author)


def asked_again(ticket: TicketState, event: DepartmentAskedAgain, facts: Facts) -> Told:
    if event.label not in facts.departments:
        raise UnknownLabel(
            f"event {event.id!r}: {event.label!r} is no longer the label of a department: ask another one"
        )
    told = ask(ticket, [event.label], facts, event.author)
    question = f": {event.question[:500]}" if event.question.strip() else ""
    return told + tell_departments([event.label], f"asked again{question}")


def declined(ticket: TicketState, event: DepartmentDeclined, facts: Facts) -> Told:
    """A department is not the right one. Another one is asked, or the dispatcher must take care of it."""
    department = ticket.department(event.label)
    assert department is not None, "checked"
    by_dispatcher = is_dispatcher(ticket, event.author.id, facts)
    if not (
        by_dispatcher or (not department.blocks and event.label in own_labels(ticket, event.author, facts))
    ):
        who = "its dispatcher" if department.blocks else f"a member of {event.label!r} or the dispatcher"
        raise NotAllowed(f"{event.author.id} cannot decline for {event.label!r}: only {who} can")
    other = ticket.department(event.to) if event.to else None
    known = other.state if other is not None else None
    stuck = event.to is None or known in (DepartmentState.ANSWERED, DepartmentState.DECLINED)
    was_declined = department.state is DepartmentState.DECLINED
    if stuck and department.blocks:
        raise IllegalTransition(
            f"{event.label!r} stays {'declined' if was_declined else 'without an answer'}: name a department "
            f"that was not asked yet, or remove the label"
        )
    put(
        ticket,
        department.model_copy(
            update={
                "state": DepartmentState.DECLINED,
                "declined_to": event.to,
                "blocks": stuck,
                "remind_at": None,
                "due_at": None,
            }
        ),
    )
    reason = f"{event.label} declined: {event.reason[:500]}"
    if stuck:
        return tell_dispatcher(ticket, reason, facts)
    ticket.labels = labelled(ticket.labels, remove=(event.label,))
    told = tell([ticket.dispatcher], reason) if event.author.id != ticket.dispatcher else ()
    if event.to is not None and known is not DepartmentState.ASKED:
        told += ask(ticket, [event.to], facts, None)
        told += tell_departments([event.to], f"asked: {reason}")
    return told


def change_labels(
    ticket: TicketState, add: Iterable[str], remove: Iterable[str], facts: Facts, by: Author | None
) -> Told:
    """Adding a department's label asks it; removing the label of a department that is asked withdraws it."""
    gone = frozenset(remove)
    wanted = [label for label in add if label not in gone]
    asked = [label for label in wanted if label in facts.departments and label not in ticket.labels]
    told: Told = ()
    if asked:
        told += ask(ticket, asked, facts, by) + tell_departments(asked, "asked")
        several = sum(one.state is not DepartmentState.WITHDRAWN for one in ticket.departments) > 1
        if several and facts.marker:
            add_labels(ticket, [facts.marker])
    add_labels(ticket, wanted)
    withdrawn = [label for label in ticket.waiting if label in gone]
    told += withdraw(ticket, withdrawn)
    ticket.labels = labelled(ticket.labels, remove=gone)
    return told


def ask(
    ticket: TicketState, labels: Iterable[str], facts: Facts, by: Author | None, order: Iterable[str] = ()
) -> Told:
    """Ask departments. In composing or later this begins a new round: the draft is recalled."""
    new = list(dict.fromkeys(labels))
    if len({one.label for one in ticket.departments} | set(new)) > MAX_DEPARTMENTS:
        raise InvalidEvent(f"a ticket asks at most {MAX_DEPARTMENTS} departments")
    recalled = ticket.stage is TicketStage.COMPOSING and ticket.prompted_round == ticket.round
    begins = ticket.stage is not TicketStage.COLLECTING
    if begins and not (ticket.stage is TicketStage.COMPOSING and not recalled):
        ticket.round = max(ticket.round, ticket.replied_round) + 1
    told: Told = ()
    if recalled and (by is None or by.id != ticket.composer):
        told = tell_composer(ticket, "recalled: another department is asked")
    if begins:
        ticket.composer = ticket.composing_since = None
    for label in new:
        due = facts.due.get(label)
        earlier = ticket.department(label)
        put(
            ticket,
            Department(
                label=label,
                key=asked.key if (asked := facts.departments.get(label)) else None,
                formerly=earlier.formerly if earlier else (),
                state=DepartmentState.ASKED,
                asked_at=facts.now,
                due_at=due.due_at if due else None,
                remind_at=due.remind_at if due else None,
                note_count=earlier.note_count if earlier else 0,
                notes=earlier.notes if earlier else (),
            ),
        )
    ranks = {label: rank for rank, label in enumerate(order)}
    ticket.departments = tuple(sorted(ticket.departments, key=lambda one: ranks.get(one.label, len(ranks))))
    add_labels(ticket, new)
    nobody_dispatches = ticket.dispatcher is None or facts.person(ticket.dispatcher) is None
    if nobody_dispatches and by is not None and by.type is AuthorType.STAFF:
        ticket.dispatcher = by.id
    move(ticket, Trigger.ASK)
    # Those who are asked look for open tickets.
    set_status(ticket, Status.OPEN, facts)
    return told


def withdraw(ticket: TicketState, labels: Iterable[str]) -> Told:
    gone = list(labels)
    for label in gone:
        department = ticket.department(label)
        assert department is not None, "only those that are waited for are withdrawn"
        put(
            ticket,
            department.model_copy(
                update={
                    "state": DepartmentState.WITHDRAWN,
                    "blocks": False,
                    "due_at": None,
                    "remind_at": None,
                }
            ),
        )
    ticket.labels = labelled(ticket.labels, remove=gone)
    return tell_departments(gone, "no longer asked")
