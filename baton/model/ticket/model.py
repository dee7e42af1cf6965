"""The ticket: several departments answer side by side, and one person sends one reply. Pure.

``fold`` takes the state before an event, the event and the facts of the decision, and returns the state
after it; ``apply`` does the same for one action of a rule; ``settle`` does both, and counts the prompt.

``lifecycle`` says which trigger a stage allows. What an event does is in the module of its subject:
``messages``, ``asking``, ``answering``, ``reply``, ``closing``, ``hands``, ``clock``.

Source of the rules: section 4 of the design, and the help desk's description of joint replies.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, NamedTuple

from baton.contract import (
    REOPENING_KINDS,
    TICKET_OPENING_KINDS,
    Action,
    AgentMessage,
    Assign,
    Assigned,
    AuthorType,
    BaseEvent,
    ChangeLabels,
    CustomerMessage,
    DeliveryFailed,
    DepartmentAskedAgain,
    DepartmentDeclined,
    DepartmentDue,
    DirectoryChanged,
    End,
    LabelsChanged,
    MergedFrom,
    MergedInto,
    MessageChanged,
    NoteAdded,
    Pin,
    PlaceFreed,
    PresenceChanged,
    ReminderDue,
    ReplySent,
    SendReply,
    SetStatus,
    Status,
    StatusSet,
    SystemMessage,
    Taken,
    Tell,
    TemplateApplied,
    TicketEvent,
    TicketOpened,
    TimedDue,
)
from baton.errors import IllegalTransition
from baton.model.decision import Decision
from baton.model.deeds import note_deed
from baton.model.facts import Facts, people
from baton.model.merging import is_forwarded, may_forward
from baton.model.settlement import Folded, Settlement, Told, before_in, note_times
from baton.model.ticket import answering, asking, clock, closing, hands, leaving, messages, owners, reply
from baton.model.ticket.audience import newly_nobodys
from baton.model.ticket.composer import contributors
from baton.model.ticket.lifecycle import Trigger, after
from baton.model.ticket.moves import set_status
from baton.model.ticket.relabelling import in_present_words, relabelled
from baton.model.ticket.state import TicketState
from baton.model.waiting import note_standing


def _anytime(state: TicketState, event: Any) -> None:
    """Possible wherever the stage allows it."""


class Handling(NamedTuple):
    """What an event of one kind does."""

    trigger: Trigger
    """What the lifecycle must allow."""
    fold: Callable[[TicketState, Any, Facts], Told]
    """Does what the event does, on the caller's own copy, and says who is told."""
    check: Callable[[TicketState, Any], None] = _anytime
    """Raises a ``Refused`` if the event is not possible although the stage allows it."""


def opens(state: TicketState, event: BaseEvent) -> bool:
    """Whether the event begins a ticket, where there is none, or opens a closed one again.

    If that one was merged into another case, what would begin a ticket is forwarded, and so is what belongs
    to a message.
    """
    if state.exists and not state.final:
        return False
    begins = isinstance(event, CustomerMessage) if state.exists else event.kind in TICKET_OPENING_KINDS
    return begins or event.kind in REOPENING_KINDS or may_forward(state, event)


def check(state: TicketState, event: TicketEvent) -> None:
    """Raise a ``Refused`` if the event is not possible now, as far as the ticket alone can tell."""
    if opens(state, event):
        return
    after(state.stage, Trigger.RECORD, event.kind)
    handling = HANDLING[type(event)]
    after(state.stage, handling.trigger, event.kind)
    handling.check(state, in_present_words(state, event))


def named(state: TicketState, event: BaseEvent) -> tuple[str, ...]:
    """The staff about whom a decision must know: everybody whom the ticket or the event names."""
    author = event.author.id if event.author.type is AuthorType.STAFF else None
    staff = event.staff if isinstance(event, Assigned | PresenceChanged) else None
    knowing = owners.known_of(state).contributed if _may_come_back(state, event) else contributors(state)
    told = (one.escalated_to for one in state.departments)
    holders = state.holders.values() if isinstance(event, DirectoryChanged) else ()
    return people(
        [author, staff, state.assignee, state.composer, state.dispatcher, *knowing, *told, *holders]
    )


def _may_come_back(state: TicketState, event: BaseEvent) -> bool:
    """Whether somebody may be needed in place of the owner; only then so many people are looked up."""
    return not state.unfinished and isinstance(
        event, CustomerMessage | PresenceChanged | TimedDue | DeliveryFailed | StatusSet
    )


def labels_named(state: TicketState, event: BaseEvent) -> tuple[str, ...]:
    """The labels that a decision must look up, as they may belong to a department."""
    return people([*(one.label for one in state.departments), *asking.may_ask(event), *_removed(event)])


def _removed(event: BaseEvent) -> tuple[str, ...]:
    return event.remove if isinstance(event, LabelsChanged) else ()


def fold(before: TicketState, event: TicketEvent, facts: Facts) -> Folded[TicketState]:
    """The ticket after ``event``.

    Raises a ``Refused`` if the event is not possible now or its author may not do this, and ``MissingLine``
    if the members of a line are needed and ``facts`` do not have them.
    """
    if (facts.blocked and isinstance(event, CustomerMessage)) or is_forwarded(event, facts):
        check(before, event)
        return Folded(before)
    before = relabelled(before, facts.departments, event)
    event = in_present_words(before, event)
    check(before, event)
    ticket = messages.opened(before, event, facts) if opens(before, event) else before.model_copy()
    told = HANDLING[type(event)].fold(ticket, event, facts)
    told += answering.join(before, ticket, facts)
    if before.exists and before.status is not Status.OPEN:
        told += owners.look_after_owner(ticket, facts)  # it is somebody's turn again
    note_standing(before, ticket, facts)
    note_deed(ticket, event, facts, (ticket.assignee, ticket.composer, ticket.dispatcher))
    return Folded(ticket, told)


def apply(before: TicketState, action: Action, facts: Facts) -> TicketState:
    """The ticket after an action of a rule. Raises a ``Refused`` where it is not possible.

    Actions that do not change the ticket itself (a note, a reply, a notice) leave it as it is. A rule cannot
    force: an action that passes over a department is refused.
    """
    return _applied(before, action, facts).state


def _applied(before: TicketState, action: Action, facts: Facts) -> Folded[TicketState]:
    """Like `apply`, and who must be told of it."""
    after(before.stage, Trigger.RECORD, action.do)
    ticket = before.model_copy()
    told: Told = ()
    match action:
        case Assign():
            told = hands.handed(ticket, action.staff, action.line, facts)
        case SetStatus(status=Status.CLOSED):
            if ticket.unfinished:
                raise closing.passes_over(ticket, "closing by a rule")
            closing.close(ticket, Trigger.CLOSE)
        case SetStatus():
            set_status(ticket, action.status, facts)
        case ChangeLabels():
            told = asking.change_labels(ticket, action.add, action.remove, facts, None)
        case Pin() | End():
            raise IllegalTransition(f"{action.do}: a ticket is neither pinned nor ended; only chats are")
        case _:
            pass
    told += answering.join(before, ticket, facts)
    note_standing(before, ticket, facts)
    return Folded(ticket, told)


def settle(before: TicketState, event: TicketEvent, decision: Decision) -> Settlement[TicketState]:
    """The ticket after an event and everything that the rules did about it: what a workflow folds."""
    folded = fold(before, event, decision.facts)
    ticket, told = folded
    was = before_in(ticket, before)
    for fired in decision.fired:
        for action in fired.actions:
            ticket, more = _applied(ticket, action, decision.facts)
            told += more
    ticket = ticket.model_copy()
    # Only now: a rule may have asked somebody else, and then there is nothing to prompt for.
    reply.prompt(ticket)
    reply.draft(was, ticket, decision)
    note_times(ticket, event, decision)
    rules_tell = any(isinstance(action, Tell) for fired in decision.fired for action in fired.actions)
    if not (told or rules_tell):
        told = newly_nobodys(was, ticket)
    return Settlement(ticket, folded._replace(told=told))


def _recorded(ticket: TicketState, event: Any, facts: Facts) -> Told:
    return ()


HANDLING: Mapping[type[BaseEvent], Handling] = {
    CustomerMessage: Handling(Trigger.CUSTOMER_MESSAGE, messages.customer_message),
    AgentMessage: Handling(Trigger.RECORD, messages.agent_message),
    SystemMessage: Handling(Trigger.RECORD, _recorded),
    MessageChanged: Handling(Trigger.RECORD, messages.message_changed),
    DeliveryFailed: Handling(Trigger.RECORD, messages.delivery_failed),
    TemplateApplied: Handling(Trigger.ASK, asking.template_applied),
    LabelsChanged: Handling(Trigger.RECORD, asking.labels_changed),
    DepartmentAskedAgain: Handling(Trigger.ASK, asking.asked_again, asking.check_asked_again),
    DepartmentDeclined: Handling(Trigger.RECORD, asking.declined, asking.check_declined),
    NoteAdded: Handling(Trigger.RECORD, answering.note_added),
    SendReply: Handling(Trigger.REPLY, reply.reply_sent, reply.check_reply),
    ReplySent: Handling(Trigger.REPLY, reply.reply_sent, reply.check_reply),
    StatusSet: Handling(Trigger.RECORD, closing.status_set, closing.check_status_set),
    MergedInto: Handling(Trigger.MERGE, closing.merged_into),
    MergedFrom: Handling(Trigger.RECORD, messages.merged_from),
    Taken: Handling(Trigger.RECORD, hands.taken),
    Assigned: Handling(Trigger.RECORD, hands.assigned),
    PresenceChanged: Handling(Trigger.RECORD, owners.presence_changed),
    PlaceFreed: Handling(Trigger.RECORD, hands.place_freed),
    DirectoryChanged: Handling(Trigger.RECORD, leaving.directory_changed),
    TicketOpened: Handling(Trigger.RECORD, _recorded),
    TimedDue: Handling(Trigger.RECORD, owners.timed_due),
    ReminderDue: Handling(Trigger.RECORD, clock.reminder_due),
    DepartmentDue: Handling(Trigger.RECORD, clock.department_due),
}
"""Each kind of event that a ticket takes."""
