"""The ticket: several departments answer side by side, and one person sends one reply. Pure.

``fold`` takes the state before an event, the event and the facts of the decision, and returns the state
after it; ``apply`` does the same for one action of a rule; ``settle`` does both, and counts the prompt.

The join is here: a round begins when the first department is asked, and is over when no department is
asked and none has declined without anybody in its place. Then there is one prompt, however the last notes
arrived: whether the round was prompted is part of the state, and events are folded one at a time.

``composer`` knows who becomes composer, and ``lifecycle`` which step a stage allows.

Source of the rules: section 4 of the design, and the help desk's description of joint replies.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Set
from typing import Any

from baton.contract import (
    MAX_DEPARTMENTS,
    MAX_NOTES,
    MAX_NOTES_SIZE,
    TICKET_OPENING_KINDS,
    Action,
    AgentMessage,
    Assign,
    Assigned,
    Author,
    AuthorType,
    BaseEvent,
    ChangeLabels,
    CustomerMessage,
    DeliveryFailed,
    Department,
    DepartmentAskedAgain,
    DepartmentDeclined,
    DepartmentDue,
    DepartmentState,
    Draft,
    End,
    LabelsChanged,
    MergedInto,
    Note,
    NoteAdded,
    Pin,
    Presence,
    PresenceChanged,
    ReminderDue,
    ReplySent,
    SendReply,
    SetStatus,
    Status,
    StatusSet,
    Taken,
    Tell,
    TemplateApplied,
    TicketEvent,
    TicketStage,
    TicketStart,
    TimedDue,
)
from baton.errors import DepartmentsWaiting, IllegalTransition, InvalidEvent, NotAllowed, UnknownLabel
from baton.model.chat import hands
from baton.model.decision import Decision, Facts, people
from baton.model.labels import labelled
from baton.model.settlement import Folded, Settlement
from baton.model.ticket.composer import away, contributors, first_composer, next_composer
from baton.model.ticket.lifecycle import Stage, Step, step
from baton.model.ticket.state import TicketState

DISPATCHER_ROLE = "dispatcher"
"""Who has this role in the directory may do what the ticket's own dispatcher may."""

Told = tuple[Tell, ...]


# --- What is possible ---------------------------------------------------------------------------


def opens(state: TicketState, event: BaseEvent) -> bool:
    """Whether the event begins a ticket: where there is none, or, by its customer, where it is closed."""
    if state.exists:
        return state.final and isinstance(event, CustomerMessage)
    return event.kind in TICKET_OPENING_KINDS  # type: ignore[attr-defined]


def check(state: TicketState, event: TicketEvent) -> None:
    """Raise a ``Refused`` if the event is not possible now, as far as the ticket alone can tell."""
    if opens(state, event):
        return
    step(state.phase, Step.RECORD)
    match event:
        case StatusSet(status=Status.CLOSED):
            _check_closing(state, event)
        case SendReply() | ReplySent():
            step(state.phase, Step.REPLY)
            if state.phase is Stage.COLLECTING and len(state.waiting) > 1 and not _forced(event):
                raise _waiting(state, "the reply")
        case DepartmentAskedAgain(label=label):
            department = state.department(label)
            if department is None:
                raise IllegalTransition(
                    f"{label!r} was never asked: add its label, or apply a template, to ask it"
                )
            if department.state is DepartmentState.ASKED:
                raise IllegalTransition(f"{label!r} is asked already")
        case DepartmentDeclined(label=label, to=to):
            department = state.department(label)
            if department is None or not (department.blocks or department.state is DepartmentState.ASKED):
                raise IllegalTransition(f"{label!r} is not asked, so it cannot decline")
            if to == label:
                raise IllegalTransition(f"{label!r} cannot hand the question on to itself")
        case _:
            pass


def _check_closing(state: TicketState, event: StatusSet) -> None:
    if not state.unfinished:
        return
    if not event.force:
        raise _waiting(state, "closing")
    if event.author.type is not AuthorType.STAFF:
        raise NotAllowed("only a person can close a ticket by force")
    if not event.reason.strip():
        raise InvalidEvent(f"event {event.id!r}: closing by force needs a reason, which is kept")


def _forced(event: SendReply | ReplySent) -> bool:
    return isinstance(event, SendReply) and event.force


def _waiting(state: TicketState, what: str) -> DepartmentsWaiting:
    if not state.waiting:
        return DepartmentsWaiting(
            f"{what} would pass over the reply that {state.composer or 'nobody yet'} is to write: "
            f"send it, or force it and say why"
        )
    blocked = f" ({', '.join(state.blocking)} declined: withdraw or redirect it)" if state.blocking else ""
    return DepartmentsWaiting(
        f"{what} would pass over {', '.join(state.waiting)}, asked and not yet answered{blocked}: wait, "
        f"withdraw them, or force it and say why"
    )


def named(state: TicketState, event: BaseEvent) -> tuple[str, ...]:
    """The staff about whom a decision must know: everybody whom the ticket or the event names."""
    author = event.author.id if event.author.type is AuthorType.STAFF else None
    staff = event.staff if isinstance(event, Assigned | PresenceChanged) else None
    return people([author, staff, state.assignee, state.composer, state.dispatcher, *contributors(state)])


def labels_named(state: TicketState, event: BaseEvent) -> tuple[str, ...]:
    """The labels about which a decision must know whether they are a department's."""
    return people([*(one.label for one in state.departments), *may_ask(event), *_removed(event)])


def may_ask(event: BaseEvent) -> tuple[str, ...]:
    """The labels that the event itself may ask; a template's are not among them."""
    match event:
        case LabelsChanged(add=add):
            return add
        case DepartmentAskedAgain(label=label):
            return (label,)
        case DepartmentDeclined(label=label, to=to):
            return people([label, to])
        case _:
            return ()


def _removed(event: BaseEvent) -> tuple[str, ...]:
    return event.remove if isinstance(event, LabelsChanged) else ()


# --- Folding ------------------------------------------------------------------------------------


def fold(before: TicketState, event: TicketEvent, facts: Facts) -> Folded[TicketState]:
    """The ticket after ``event``.

    Raises a ``Refused`` if the event is not possible now or its author may not do this, and ``MissingLine``
    if the members of a line are needed and ``facts`` do not have them.
    """
    check(before, event)
    if facts.blocked and isinstance(event, CustomerMessage):
        return Folded(before)
    ticket = _opened(before, event, facts) if opens(before, event) else before.model_copy()
    told = _FOLDS.get(type(event), _recorded)(ticket, event, facts)
    told += _join(before, ticket, facts)
    hands.note_since(before, ticket, facts)
    return Folded(ticket, told)


def apply(before: TicketState, action: Action, facts: Facts) -> TicketState:
    """The ticket after an action of a rule. Raises a ``Refused`` where it is not possible.

    Actions that do not change the ticket itself (a note, a reply, a notice) leave it as it is. A rule cannot
    force: what passes over a department is refused.
    """
    return _applied(before, action, facts).state


def _applied(before: TicketState, action: Action, facts: Facts) -> Folded[TicketState]:
    """As `apply`, and who must be told of it."""
    step(before.phase, Step.RECORD)
    ticket = before.model_copy()
    told: Told = ()
    match action:
        case Assign():
            told = _handed(ticket, action.staff, action.line, facts)
        case SetStatus(status=Status.CLOSED):
            if ticket.unfinished:
                raise _waiting(ticket, "closing by a rule")
            _close(ticket, Step.CLOSE)
        case SetStatus():
            _set_status(ticket, action.status, facts)
        case ChangeLabels():
            told = _change_labels(ticket, action.add, action.remove, facts, None)
        case Pin() | End():
            raise IllegalTransition(f"{action.do}: a ticket is neither pinned nor ended; only chats are")
        case _:
            pass
    told += _join(before, ticket, facts)
    hands.note_since(before, ticket, facts)
    return Folded(ticket, told)


def settle(before: TicketState, event: TicketEvent, decision: Decision) -> Settlement[TicketState]:
    """The ticket after an event and all that the rules did about it: what a workflow folds."""
    folded = fold(before, event, decision.facts)
    ticket, told = folded
    for fired in decision.fired:
        for action in fired.actions:
            ticket, more = _applied(ticket, action, decision.facts)
            told += more
    ticket = ticket.model_copy()
    if ticket.stage is TicketStage.COMPOSING and ticket.prompted_round < ticket.round:
        # Counted only now: a rule may have asked somebody else, and then there is nothing to prompt for.
        ticket.prompted_round = ticket.round
        ticket.prompts += 1
    if needs_draft(before, ticket):
        stale = before.draft.stale and before.draft.round == ticket.round
        ticket.draft = Draft(round=ticket.round, at=decision.facts.now, stale=stale)
    if decision.sources is not None:
        ticket.sources = ticket.sources.with_(decision.sources)
    if ticket.draft.round:
        ticket.draft = ticket.draft.model_copy(
            update={"composer": ticket.composer, "final": ticket.stage is TicketStage.COMPOSING}
        )
    wake = decision.wake_at
    if wake is not None and wake <= decision.facts.now and isinstance(event, TimedDue):
        # An event may make a timed rule due at once, but looking at the time must not ask for another look.
        wake = None
    ticket.wake_at = wake
    ticket.timed = {**ticket.timed, **decision.timed}
    rules_tell = any(isinstance(action, Tell) for fired in decision.fired for action in fired.actions)
    if _is_nobodys(ticket) and not _is_nobodys(before) and not (told or rules_tell):
        told = (Tell(everyone=True, reason="new"),)
    return Settlement(ticket, folded._replace(told=told))


def _is_nobodys(ticket: TicketState) -> bool:
    """Whether somebody has to look at the ticket, and there is nobody of whom that is expected."""
    return ticket.stage is TicketStage.TRIAGE and ticket.assignee is None and ticket.line is None


def needs_draft(before: TicketState, after: TicketState) -> bool:
    """Whether the reply must be drafted anew: for the composer, or for the last department that is asked."""
    if after.stage is TicketStage.COMPOSING:
        # The draft may be signed.
        same = before.stage is TicketStage.COMPOSING and before.composer == after.composer
        return not same or _notes(before) != _notes(after)
    if after.stage is TicketStage.COLLECTING and len(after.waiting) == 1 and contributors(after):
        return len(before.waiting) != 1 or _notes(before) != _notes(after)
    return False


def _notes(ticket: TicketState) -> list[int]:
    return [one.note_count for one in ticket.departments]


# --- Messages -----------------------------------------------------------------------------------


def _opened(before: TicketState, event: TicketEvent, facts: Facts) -> TicketState:
    previous = facts.previous
    if previous is not None and not isinstance(event, CustomerMessage):
        raise IllegalTransition(
            f"{event.kind}: the ticket {before.ticket_id} is closed; only its customer's message opens it "
            f"again"
        )
    ticket = TicketState.before_first(
        TicketStart(**{name: getattr(before, name) for name in TicketStart.model_fields})
    )
    ticket.case_id = facts.case_id or before.case_id
    ticket.previous_case = previous.case_id if previous else None
    if previous is not None:
        ticket.holders = dict(previous.holders)
        ticket.subject = ticket.subject or previous.subject
        if ticket.conversation is None:
            ticket.channel = ticket.channel or previous.channel
            ticket.conversation = previous.conversation if ticket.channel == previous.channel else None
        # Else nobody would hear of it: the one who had it last does.
        _assign(ticket, _still_here([previous.assignee], facts), None, facts)
    ticket.opened_at = facts.now
    ticket.status = Status.OPEN
    _move(ticket, Step.OPEN)
    return ticket


def _customer_message(ticket: TicketState, event: CustomerMessage, facts: Facts) -> Told:
    _written(ticket, event, facts)
    ticket.customer_wrote_at = facts.now
    was = ticket.phase
    _move(ticket, Step.CUSTOMER_MESSAGE)
    _set_status(ticket, Status.OPEN, facts)
    if was is Stage.COLLECTING:
        return _tell_departments(ticket.asked, "the customer wrote")
    if was is Stage.COMPOSING:
        ticket.draft = ticket.draft.model_copy(update={"stale": True})
        return _tell_somebody([ticket.composer, ticket.dispatcher], "the customer wrote", facts)
    if was is Stage.ANSWERED:
        last = [ticket.composer, ticket.dispatcher, ticket.assignee]
        _assign(ticket, _still_here(last, facts), None, facts)
        return _tell_somebody([ticket.assignee], "the customer wrote", facts)
    return _tell([ticket.assignee], "the customer wrote")


def _agent_message(ticket: TicketState, event: AgentMessage, facts: Facts) -> Told:
    _written(ticket, event, facts)
    ticket.staff_wrote_at = facts.now
    if not ticket.unfinished:
        ticket.status = Status.PENDING
        if ticket.assignee is None:
            _assign(ticket, event.author.id, None, facts)
    return ()


def _delivery_failed(ticket: TicketState, event: DeliveryFailed, facts: Facts) -> Told:
    _set_status(ticket, Status.OPEN, facts)
    return _tell([facts.message_author, ticket.composer, ticket.assignee], "delivery failed")


# --- Departments are asked ----------------------------------------------------------------------


def _template_applied(ticket: TicketState, event: TemplateApplied, facts: Facts) -> Told:
    macro = facts.macro
    assert macro is not None, "decide refuses a template that it does not know"
    absent = [label for label in macro.departments if may_be_asked(ticket.department(label))]
    if not absent:
        raise IllegalTransition(
            f"template {event.template!r}: all its departments are asked or have answered; one that is to "
            f"answer once more is asked again by itself"
        )
    told = _ask(ticket, absent, facts, event.author, order=macro.departments)
    ticket.template = event.template
    _add_labels(ticket, [macro.marker])
    return told + macro.tell + (_tell_departments(absent, "asked") if macro.tell_departments else ())


def _labels_changed(ticket: TicketState, event: LabelsChanged, facts: Facts) -> Told:
    return _change_labels(ticket, event.add, event.remove, facts, event.author)


def _change_labels(
    ticket: TicketState, add: Iterable[str], remove: Iterable[str], facts: Facts, by: Author | None
) -> Told:
    """Adding a department's label asks it, and removing that of one that is asked withdraws it."""
    gone = frozenset(remove)
    wanted = [label for label in add if label not in gone]
    asked = [label for label in wanted if label in facts.departments and label not in ticket.labels]
    told: Told = ()
    if asked:
        told += _ask(ticket, asked, facts, by) + _tell_departments(asked, "asked")
        several = sum(one.state is not DepartmentState.WITHDRAWN for one in ticket.departments) > 1
        if several and facts.marker:
            _add_labels(ticket, [facts.marker])
    _add_labels(ticket, wanted)
    withdrawn = [label for label in ticket.waiting if label in gone]
    told += _withdraw(ticket, withdrawn)
    ticket.labels = labelled(ticket.labels, remove=gone)
    return told


def _asked_again(ticket: TicketState, event: DepartmentAskedAgain, facts: Facts) -> Told:
    if event.label not in facts.departments:
        raise UnknownLabel(
            f"event {event.id!r}: {event.label!r} is no longer the label of a department: ask another one"
        )
    told = _ask(ticket, [event.label], facts, event.author)
    question = f": {event.question[:500]}" if event.question.strip() else ""
    return told + _tell_departments([event.label], f"asked again{question}")


def _declined(ticket: TicketState, event: DepartmentDeclined, facts: Facts) -> Told:
    """A department is not the right one. Somebody else is asked, or the dispatcher must see to it."""
    department = ticket.department(event.label)
    assert department is not None, "checked"
    by_dispatcher = _is_dispatcher(ticket, event.author.id, facts)
    if not (
        by_dispatcher or (not department.blocks and event.label in _own_labels(ticket, event.author, facts))
    ):
        who = "its dispatcher" if department.blocks else f"a member of {event.label!r} or the dispatcher"
        raise NotAllowed(f"{event.author.id} cannot decline for {event.label!r}: only {who} can")
    other = ticket.department(event.to) if event.to else None
    known = other.state if other is not None else None
    stuck = event.to is None or known in (DepartmentState.ANSWERED, DepartmentState.DECLINED)
    if stuck and department.blocks:
        raise IllegalTransition(
            f"{event.label!r} stays declined: name a department that was not asked yet, or remove the label"
        )
    _replace(
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
        return _tell_somebody([ticket.dispatcher], reason, facts)
    ticket.labels = labelled(ticket.labels, remove=(event.label,))
    told = _tell([ticket.dispatcher], reason) if event.author.id != ticket.dispatcher else ()
    if event.to is not None and known is not DepartmentState.ASKED:
        told += _ask(ticket, [event.to], facts, None)
        told += _tell_departments([event.to], f"asked: {reason}")
    return told


def _ask(
    ticket: TicketState, labels: Iterable[str], facts: Facts, by: Author | None, order: Iterable[str] = ()
) -> Told:
    """Ask departments. From composing on this is a new round: the draft is recalled."""
    new = list(dict.fromkeys(labels))
    if len({one.label for one in ticket.departments} | set(new)) > MAX_DEPARTMENTS:
        raise InvalidEvent(f"a ticket asks at most {MAX_DEPARTMENTS} departments")
    recalled = ticket.stage is TicketStage.COMPOSING and ticket.prompted_round == ticket.round
    begins = ticket.stage is not TicketStage.COLLECTING
    if begins and not (ticket.stage is TicketStage.COMPOSING and not recalled):
        ticket.round = max(ticket.round, ticket.replied_round) + 1
    told: Told = ()
    if recalled and (by is None or by.id != ticket.composer):
        told = _tell([ticket.composer], "recalled: another department is asked")
    if begins:
        ticket.composer = ticket.composing_since = None
    for label in new:
        due = facts.due.get(label)
        earlier = ticket.department(label)
        _replace(
            ticket,
            Department(
                label=label,
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
    _add_labels(ticket, new)
    if ticket.dispatcher is None and by is not None and by.type is AuthorType.STAFF:
        ticket.dispatcher = by.id
    _move(ticket, Step.ASK)
    # Those who are asked look for open tickets.
    _set_status(ticket, Status.OPEN, facts)
    return told


def _withdraw(ticket: TicketState, labels: Iterable[str]) -> Told:
    gone = list(labels)
    for label in gone:
        department = ticket.department(label)
        assert department is not None, "only those that are waited for are withdrawn"
        _replace(
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
    return _tell_departments(gone, "no longer asked")


def may_be_asked(department: Department | None) -> bool:
    """Whether a template asks a department: one that was never asked, or is no longer."""
    return department is None or department.state is DepartmentState.WITHDRAWN


# --- Departments answer -------------------------------------------------------------------------


def _note_added(ticket: TicketState, event: NoteAdded, facts: Facts) -> Told:
    """A note of a department that is asked is its answer; a later one amends what is drafted."""
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
            department = _answered(department, event.author.id, facts)
        _replace(ticket, department)
    concerned = ticket.composer or ticket.assignee
    if ticket.stage is TicketStage.COLLECTING or answered or concerned == by:
        return ()
    return _tell([concerned], "a late note")


def with_notes(state: TicketState, notes: Iterable[tuple[tuple[str, ...], Note]]) -> TicketState:
    """The ticket with these notes of its departments, each with their labels, in order."""
    ticket = state.model_copy()
    for labels, note in notes:
        kept = note.model_copy(update={"text": _bounded(ticket, note.text)})
        for label in labels:
            department = ticket.department(label)
            if department is not None and _has_room(ticket):
                _replace(ticket, department.model_copy(update={"notes": (*department.notes, kept)}))
    return ticket


def _has_room(ticket: TicketState) -> bool:
    return sum(len(one.notes) for one in ticket.departments) < MAX_NOTES


def _meant(ticket: TicketState, event: NoteAdded, facts: Facts) -> tuple[str, ...]:
    """The departments whose note this is. A dispatcher's is nobody's, unless it names the label."""
    if event.instruction or event.author.type is not AuthorType.STAFF:
        return ()
    own = _own_labels(ticket, event.author, facts)
    if event.label is not None:
        if _is_dispatcher(ticket, event.author.id, facts):
            own = tuple(one.label for one in ticket.departments)
        return (event.label,) if event.label in own else ()
    if event.author.id == ticket.dispatcher:
        return ()
    return tuple(label for label in own if label in ticket.asked) or own


def _answered(department: Department, by: str, facts: Facts) -> Department:
    return department.model_copy(
        update={
            "state": DepartmentState.ANSWERED,
            "answered_at": facts.now,
            "answered_by": by,
            "remind_at": None,
        }
    )


def _own_labels(ticket: TicketState, author: Author, facts: Facts) -> tuple[str, ...]:
    """The ticket's departments to which the author belongs."""
    person = facts.person(author.id) if author.type is AuthorType.STAFF else None
    if person is None:
        return ()
    return tuple(
        one.label
        for one in ticket.departments
        if one.label in facts.departments and facts.departments[one.label].key in person.departments
    )


def _bounded(ticket: TicketState, text: str) -> str:
    """As much of a note as the ticket can carry; the help desk keeps it whole."""
    used = sum(len(note.text.encode()) for one in ticket.departments for note in one.notes)
    written = text.encode()
    # A note for several departments stands with each of them.
    room = (MAX_NOTES_SIZE - used) // max(1, len(ticket.departments))
    if len(written) <= room:
        return text
    return f"{written[: max(0, room)].decode(errors='ignore')} [… cut: the help desk has the whole note]"


def _join(before: TicketState, ticket: TicketState, facts: Facts) -> Told:
    """The end of a round, if this is it: one composer, or back to whoever asked."""
    if ticket.stage is not TicketStage.COLLECTING:
        return ()
    if ticket.waiting:
        last = ticket.waiting if len(ticket.waiting) == 1 and not ticket.blocking else ()
        alone = last if last != before.waiting else ()
        told = _tell_of_deserted(ticket, {*ticket.asked} - {*before.asked} | {*alone}, facts)
        if alone and contributors(ticket):
            told += _tell_departments(alone, "last to answer: see what the others wrote")
        return told
    if not contributors(ticket):
        _move(ticket, Step.RETURN)
        _assign(ticket, _still_here([ticket.dispatcher], facts), None, facts)
        return _tell_somebody([ticket.dispatcher], "nobody has answered", facts)
    _move(ticket, Step.JOIN)
    # Also if it waited for its customer: it is the composer's turn now, who looks for open tickets.
    _set_status(ticket, Status.OPEN, facts)
    _compose(ticket, first_composer(ticket, facts), facts)
    return ()


def _tell_of_deserted(ticket: TicketState, labels: Set[str], facts: Facts) -> Told:
    """A question that nobody can answer would wait for ever, and in silence."""
    gone = [
        label
        for label in sorted(labels)
        if label not in facts.departments or facts.departments[label].deserted
    ]
    return _tell_somebody([ticket.dispatcher], f"nobody answers for {', '.join(gone)}", facts) if gone else ()


# --- The reply ----------------------------------------------------------------------------------


def _reply(ticket: TicketState, event: SendReply | ReplySent, facts: Facts) -> Told:
    """The one reply of a round."""
    author = event.author.id
    dispatches = _is_dispatcher(ticket, author, facts)
    told: Told = ()
    if ticket.stage is TicketStage.COLLECTING:
        last = ticket.waiting[0] if len(ticket.waiting) == 1 and not ticket.blocking else None
        if last is not None and last in _own_labels(ticket, event.author, facts):
            department = ticket.department(last)
            assert department is not None, "it is waited for"
            _replace(ticket, _answered(department, author, facts))
            if not _is_shared(author, facts):
                _compose(ticket, author, facts)
        elif _forced(event) and dispatches:
            told = _withdraw(ticket, ticket.waiting)
        elif _forced(event):
            raise NotAllowed(f"{author} cannot force the reply: only the dispatcher can")
        else:
            raise _waiting(ticket, "the reply")
    elif not (dispatches or author in (ticket.composer, ticket.assignee)):
        if isinstance(event, SendReply):
            raise NotAllowed(
                f"{author} cannot send the reply: {ticket.composer or ticket.assignee or 'nobody'} is to "
                f"write it, or the dispatcher"
            )
        # The customer has it already: to refuse the news would only lead to a second reply.
        told = _tell([ticket.composer], f"{author} has sent the reply")
    _move(ticket, Step.REPLY)
    ticket.replies += 1
    ticket.replied_round = max(ticket.round, ticket.noted_round)
    ticket.contributed = ()
    ticket.noted_at = {}
    ticket.draft = Draft()
    _written(ticket, event, facts)
    ticket.staff_wrote_at = facts.now
    if ticket.composer is None and not _is_shared(author, facts):
        ticket.composer = author
    ticket.status = (event.status if isinstance(event, SendReply) else None) or Status.PENDING
    if ticket.status is Status.CLOSED:
        _close(ticket, Step.CLOSE)
    return told


def _status_set(ticket: TicketState, event: StatusSet, facts: Facts) -> Told:
    if event.status is not Status.CLOSED:
        _set_status(ticket, event.status, facts)
        if event.status is Status.PENDING and ticket.paused_at is None and ticket.asked:
            ticket.paused_at = facts.now
        return ()
    forced = ticket.unfinished
    told = _stop(ticket, event)
    if forced:
        ticket.closed_because = event.reason
    _close(ticket, Step.FORCE_CLOSE if forced else Step.CLOSE)
    return told


def _merged_into(ticket: TicketState, event: MergedInto, facts: Facts) -> Told:
    told = _stop(ticket, event)
    ticket.closed_because = f"merged into {event.case}"
    _close(ticket, Step.MERGE)
    return told


def _stop(ticket: TicketState, event: BaseEvent) -> Told:
    """Nobody needs to answer, or to write the reply, any more."""
    composes = ticket.stage is TicketStage.COMPOSING and ticket.composer != event.author.id
    return _withdraw(ticket, ticket.waiting) + (_tell([ticket.composer], "closed") if composes else ())


# --- In whose hands -----------------------------------------------------------------------------


def _taken(ticket: TicketState, event: Taken, facts: Facts) -> Told:
    return _given(ticket, event.author.id, facts, event.author)


def _assigned(ticket: TicketState, event: Assigned, facts: Facts) -> Told:
    staff, line = event.staff, event.line
    if staff is None and line is None and ticket.stage is TicketStage.COMPOSING:
        raise IllegalTransition("somebody is to write the reply: assign the ticket to a person or to a line")
    if line is not None:
        staff = hands.choose(line, ticket, facts)
    if staff is not None:
        return _given(ticket, staff, facts, event.author, line)
    return _handed(ticket, None, line, facts)


def _given(ticket: TicketState, staff: str, facts: Facts, by: Author, line: str | None = None) -> Told:
    """A person gets the ticket by hand."""
    if ticket.stage is TicketStage.COMPOSING and _is_shared(staff, facts):
        raise IllegalTransition(f"{staff} is an account that several people use, and cannot be composer")
    told = _handed(ticket, staff, line, facts)
    return told if by.id != staff else ()


def _handed(ticket: TicketState, staff: str | None, line: str | None, facts: Facts) -> Told:
    """A person or a queue gets the ticket, and hears of it.

    While the reply is being written, a person who gets the ticket is to write it.
    """
    had = (ticket.assignee, ticket.line, ticket.composer)
    if staff is not None and ticket.stage is TicketStage.COMPOSING and not _is_shared(staff, facts):
        _compose(ticket, staff, facts)
    else:
        _assign(ticket, staff, line, facts)
    if had == (ticket.assignee, ticket.line, ticket.composer):
        return ()
    waits = staff is None and line is not None
    return (Tell(line=line, reason="assigned"),) if waits else _tell([staff], "assigned")


def _presence_changed(ticket: TicketState, event: PresenceChanged, facts: Facts) -> Told:
    """Somebody who comes online takes a ticket from the queue of their line."""
    waits = ticket.assignee is None and ticket.line is not None
    if waits and event.presence is Presence.ONLINE and ticket.line == hands.line_of(event.staff, facts):
        staff = hands.choose(ticket.line or "", ticket, facts)
        if staff is not None:
            return _handed(ticket, staff, ticket.line, facts)
    return _look_after_composer(ticket, event, facts)


def _look_after_composer(ticket: TicketState, event: Any, facts: Facts) -> Told:
    """A reply does not wait for somebody who left: another contributor writes it, or the dispatcher."""
    if (
        ticket.stage is not TicketStage.COMPOSING
        or ticket.composer is None
        or not away(ticket.composer, facts)
    ):
        return ()
    composer = next_composer(ticket, facts)
    if composer == ticket.composer:
        return ()
    _compose(ticket, composer, facts)
    return _tell([composer], "you write the reply now")


def _compose(ticket: TicketState, staff: str | None, facts: Facts) -> None:
    ticket.composer = staff
    ticket.composing_since = facts.now
    if staff is not None:
        _assign(ticket, staff, None, facts)


def _assign(ticket: TicketState, staff: str | None, line: str | None, facts: Facts) -> None:
    ticket.assignee = staff
    ticket.line = line or (hands.line_of(staff, facts) if staff else None)
    if staff is not None:
        home = hands.line_of(staff, facts)
        if home is not None:
            ticket.holders = {**ticket.holders, home: staff}


def _is_shared(staff: str, facts: Facts) -> bool:
    person = facts.person(staff)
    return person is not None and person.shared


def _is_dispatcher(ticket: TicketState, staff: str, facts: Facts) -> bool:
    person = facts.person(staff)
    return staff == ticket.dispatcher or (person is not None and DISPATCHER_ROLE in person.roles)


# --- Due times ----------------------------------------------------------------------------------


def _reminder_due(ticket: TicketState, event: ReminderDue, facts: Facts) -> Told:
    department = ticket.department(event.label)
    if department is not None:
        _replace(ticket, department.model_copy(update={"remind_at": None}))
    return ()


def _department_due(ticket: TicketState, event: DepartmentDue, facts: Facts) -> Told:
    department = ticket.department(event.label)
    if department is not None:
        # A reminder that was not sent in time would only confuse.
        _replace(ticket, department.model_copy(update={"remind_at": None, "escalated": True}))
    return ()


def _recorded(ticket: TicketState, event: Any, facts: Facts) -> Told:
    return ()


_FOLDS: Mapping[type[BaseEvent], Callable[[TicketState, Any, Facts], Told]] = {
    CustomerMessage: _customer_message,
    AgentMessage: _agent_message,
    DeliveryFailed: _delivery_failed,
    TemplateApplied: _template_applied,
    LabelsChanged: _labels_changed,
    DepartmentAskedAgain: _asked_again,
    DepartmentDeclined: _declined,
    NoteAdded: _note_added,
    SendReply: _reply,
    ReplySent: _reply,
    StatusSet: _status_set,
    MergedInto: _merged_into,
    Taken: _taken,
    Assigned: _assigned,
    PresenceChanged: _presence_changed,
    TimedDue: _look_after_composer,
    ReminderDue: _reminder_due,
    DepartmentDue: _department_due,
}


# --- Steps, each on the caller's own copy -------------------------------------------------------


def _move(ticket: TicketState, by: Step) -> None:
    ticket.stage = step(ticket.phase, by).shown
    if ticket.stage is not TicketStage.COLLECTING:
        ticket.paused_at = None  # nobody is asked, so no time is running that could pause


def _close(ticket: TicketState, by: Step) -> None:
    _move(ticket, by)
    ticket.status = Status.CLOSED
    ticket.wake_at = None


def _set_status(ticket: TicketState, status: Status, facts: Facts) -> None:
    """Open or pending. What was due while the ticket waited for the customer is due so much later."""
    ticket.status = status
    if status is not Status.OPEN or ticket.paused_at is None:
        return
    ticket.paused_at = None
    for department in ticket.departments:
        due = facts.due.get(department.label)
        if department.state is DepartmentState.ASKED and department.due_at is not None and due is not None:
            _replace(ticket, department.model_copy(update={"due_at": due.due_at, "remind_at": due.remind_at}))


def _written(ticket: TicketState, event: BaseEvent, facts: Facts) -> None:
    """Note who wrote last. A caller's clock may only date the message."""
    ticket.last_author = event.author
    ticket.last_message_at = min(event.at or facts.now, facts.now)
    ticket.wrote_at = facts.now


def _replace(ticket: TicketState, department: Department) -> None:
    """Put a department into its place, or at the end."""
    if ticket.department(department.label) is None:
        ticket.departments = (*ticket.departments, department)
    else:
        ticket.departments = tuple(
            department if one.label == department.label else one for one in ticket.departments
        )


def _add_labels(ticket: TicketState, labels: Iterable[str]) -> None:
    ticket.labels = labelled(ticket.labels, labels)


def _tell(staff: Iterable[str | None], reason: str) -> Told:
    told = people(staff)
    return (Tell(staff=told, reason=reason),) if told else ()


def _tell_somebody(staff: Iterable[str | None], reason: str, facts: Facts) -> Told:
    """Tell the first of these who still works here; where nobody does, everyone, for somebody has to act."""
    return _tell([_still_here(staff, facts)], reason) or (Tell(everyone=True, reason=reason),)


def _still_here(staff: Iterable[str | None], facts: Facts) -> str | None:
    return next((one for one in people(staff) if facts.person(one) is not None), None)


def _tell_departments(labels: Iterable[str], reason: str) -> Told:
    told = tuple(labels)
    return (Tell(departments=told, reason=reason),) if told else ()
