"""The chat: folds events and actions into its state. Pure: no clock, no I/O, no randomness.

``fold`` takes the state before an event, the event and the facts of the decision, and returns the
state after it; ``apply`` does the same for one action of a rule. ``lifecycle`` says what is possible,
``hands`` moves the chat between people, and this module says which event does what.

Source of the rules: section 3 of the design, whose table has one row for each branch below.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from baton.contract import (
    Action,
    Activity,
    AgentMessage,
    Assign,
    Assigned,
    AuthorType,
    BaseEvent,
    ChangeLabels,
    ChatEnded,
    ChatEvent,
    ChatStart,
    CustomerMessage,
    DeliveryFailed,
    End,
    Idle,
    LabelsChanged,
    Pin,
    Presence,
    PresenceChanged,
    ReplySent,
    SetStatus,
    StatusSet,
    Taken,
    Tell,
    TicketOpened,
    TimedDue,
)
from baton.errors import IllegalTransition
from baton.model import staffing
from baton.model.chat import hands
from baton.model.chat.lifecycle import END_WITH, SET_STATUS, Phase, Trigger, allows, step
from baton.model.chat.state import ChatState
from baton.model.decision import Decision, Facts, Person, people
from baton.model.labels import labelled
from baton.model.settlement import Folded, Settlement, note_times

TRIGGERS: Mapping[str, Trigger] = {
    "customer_message": Trigger.CUSTOMER_MESSAGE,
    "agent_message": Trigger.AGENT_MESSAGE,
    "taken": Trigger.TAKE,
    "idle": Trigger.IDLE,
    "delivery_failed": Trigger.SET_OPEN,
    "merged_into": Trigger.CLOSE_AND_END,
    "reply_sent": Trigger.TICKET_REPLY,
    "system_message": Trigger.RECORD,
    "message_changed": Trigger.RECORD,
    "note_added": Trigger.RECORD,
    "assigned": Trigger.RECORD,
    "labels_changed": Trigger.RECORD,
    "presence_changed": Trigger.RECORD,
    "ticket_opened": Trigger.RECORD,
    "timed_due": Trigger.RECORD,
}
"""The trigger of each kind of event; ``chat_ended`` and ``status_set`` choose theirs by the status."""


def trigger_of(event: BaseEvent) -> Trigger:
    """What the event asks the lifecycle to do."""
    match event:
        case ChatEnded():
            return END_WITH[event.status]
        case StatusSet():
            return SET_STATUS[event.status]
        case _:
            return TRIGGERS[event.kind]  # type: ignore[attr-defined]


def check(state: ChatState, event: ChatEvent) -> None:
    """Raise ``IllegalTransition`` if the event is not possible now.

    A message to a chat that is ended and closed is possible: it begins a new one.
    """
    if not (opens(state, event) or allows(state.phase, trigger_of(event))):
        step(state.phase, trigger_of(event))


def opens(state: ChatState, event: ChatEvent) -> bool:
    """Whether the event begins a new chat: a message, where there is none or the last one is final."""
    return isinstance(event, CustomerMessage | AgentMessage) and (state.final or not state.exists)


def renewed(state: ChatState) -> ChatState:
    """The state before the first message of the chat that follows a final one."""
    return ChatState.before_first(
        ChatStart(channel=state.channel, conversation=state.conversation, customer=state.customer)
    )


def named(state: ChatState, event: ChatEvent) -> tuple[str, ...]:
    """The staff about whom a decision must know: everybody whom the chat or the event names."""
    author = event.author.id if event.author.type is AuthorType.STAFF else None
    staff = event.staff if isinstance(event, Assigned | PresenceChanged) else None
    return people([author, staff, state.assignee, state.pinned_to, state.reserved_for])


def fold(before: ChatState, event: ChatEvent, facts: Facts) -> Folded[ChatState]:
    """The chat after ``event``.

    Raises ``IllegalTransition`` if the event is not possible now, and ``MissingLine`` if the members
    of a line are needed and ``facts`` do not have them.
    """
    check(before, event)
    chat = _opened(before, facts) if opens(before, event) else before.model_copy()
    if facts.blocked and isinstance(event, CustomerMessage):
        return Folded(before)
    was = chat.phase
    _move(chat, trigger_of(event))
    told = _FOLDS.get(type(event), _recorded)(chat, event, facts, was)
    staffing.note_since(before, chat, facts)
    return Folded(chat, told)


def apply(before: ChatState, action: Action, facts: Facts) -> ChatState:
    """The chat after an action of a rule. Raises ``IllegalTransition`` where it is not possible.

    Actions that do not change the chat itself (a note, a reply, a notice) leave it as it is.
    """
    if not before.exists:
        raise IllegalTransition(f"{action.do}: there is no chat; only a message starts one")
    chat = before.model_copy()
    match action:
        case Assign():
            hands.assign(chat, action.staff, action.line, facts, by_hand=False)
        case Pin():
            if not chat.active:
                raise IllegalTransition(
                    f"pin: the chat is {chat.phase.value}, and only an active chat can be pinned"
                )
            person = facts.person(action.staff)
            if person is None or not person.chats:
                raise IllegalTransition(f"pin: {action.staff} does not work with chats")
            hands.pin(chat, action.staff, facts)
        case End():
            if chat.active:
                _end(chat, END_WITH[action.status])
            elif action.status is not None:
                _move(chat, SET_STATUS[action.status])
        case SetStatus():
            _move(chat, SET_STATUS[action.status])
        case ChangeLabels():
            chat.labels = labelled(chat.labels, action.add, action.remove)
        case _:
            pass
    staffing.note_since(before, chat, facts)
    return chat


def settle(before: ChatState, event: ChatEvent, decision: Decision) -> Settlement[ChatState]:
    """The chat after an event and all that the rules did about it: what a workflow folds."""
    folded = fold(before, event, decision.facts)
    chat = folded.state
    for fired in decision.fired:
        for action in fired.actions:
            chat = apply(chat, action, decision.facts)
    chat = chat.model_copy()
    note_times(chat, event, decision)
    return Settlement(chat, folded)


# --- Events, one function for each kind that moves something ------------------------------------


def _opened(before: ChatState, facts: Facts) -> ChatState:
    previous = facts.previous
    chat = renewed(before)
    chat.case_id = facts.case_id or before.case_id
    chat.previous_case = previous.case_id if previous else None
    chat.holders = dict(previous.holders) if previous else {}
    chat.opened_at = facts.now
    return chat


def _customer_message(chat: ChatState, event: CustomerMessage, facts: Facts, was: Phase) -> tuple[Tell, ...]:
    _written(chat, event, facts)
    chat.customer_wrote_at = facts.now
    if was is Phase.NONE:
        hands.offer(chat, facts)
        return ()
    reserved, pinned = chat.reserved_for, chat.pinned_to
    holder = reserved or pinned or chat.assignee
    if holder is None:
        hands.leave_queue(chat, facts)
    elif staffing.is_away(holder, facts):
        hands.replace(chat, holder, facts)
    elif reserved:
        chat.assignee = reserved
        chat.line = staffing.line_of(reserved, facts)
        hands.pin(chat, reserved, facts)
    return ()


def _agent_message(chat: ChatState, event: AgentMessage, facts: Facts, was: Phase) -> tuple[Tell, ...]:
    answered_by = chat.last_author
    _written(chat, event, facts)
    chat.staff_wrote_at = facts.now
    writer, holder = event.author.id, chat.pinned_to or chat.reserved_for
    if was.activity is not Activity.ACTIVE or holder is None or holder == writer:
        if chat.pinned_to != writer:
            hands.take(chat, writer, facts)
        return ()
    person = facts.person(writer) or Person()
    if chat.pinned_to is None:  # reserved for another
        if person.takes_over and person.chats:
            hands.take(chat, writer, facts)
        return ()
    if person.takes_over and staffing.line_of(writer, facts) != staffing.line_of(holder, facts):
        hands.take(chat, writer, facts)
        return ()
    both_replied = (
        answered_by is not None and answered_by.type is AuthorType.STAFF and answered_by.id == holder
    )
    return (Tell(staff=(holder, writer), reason="two replied"),) if both_replied else ()


def _taken(chat: ChatState, event: Taken, facts: Facts, was: Phase) -> tuple[Tell, ...]:
    hands.take(chat, event.author.id, facts)
    return ()


def _ended(chat: ChatState, event: ChatEnded, facts: Facts, was: Phase) -> tuple[Tell, ...]:
    hands.let_go(chat)
    return ()


def _idle(chat: ChatState, event: Idle, facts: Facts, was: Phase) -> tuple[Tell, ...]:
    chat.pinned_to = None
    chat.offer_until = None
    return ()


def _assigned(chat: ChatState, event: Assigned, facts: Facts, was: Phase) -> tuple[Tell, ...]:
    if event.staff:
        hands.assign(chat, event.staff, None, facts, by_hand=True)
    elif event.line:
        hands.assign(chat, staffing.choose(event.line, chat, facts), event.line, facts, by_hand=False)
    else:
        chat.assignee = chat.line = None
        hands.let_go(chat)
    return ()


def _labels_changed(chat: ChatState, event: LabelsChanged, facts: Facts, was: Phase) -> tuple[Tell, ...]:
    chat.labels = labelled(chat.labels, event.add, event.remove)
    return ()


def _delivery_failed(chat: ChatState, event: DeliveryFailed, facts: Facts, was: Phase) -> tuple[Tell, ...]:
    told = people([facts.message_author, chat.assignee])
    return (Tell(staff=told, reason="delivery failed"),) if told else ()


def _presence_changed(chat: ChatState, event: PresenceChanged, facts: Facts, was: Phase) -> tuple[Tell, ...]:
    if event.presence is Presence.ONLINE:
        if chat.line is not None and chat.line == staffing.line_of(event.staff, facts):
            hands.leave_queue(chat, facts)
    else:
        hands.redistribute(chat, facts)
    return ()


def _timed_due(chat: ChatState, event: TimedDue, facts: Facts, was: Phase) -> tuple[Tell, ...]:
    if chat.offer_until is not None and chat.offer_until <= facts.now:
        chat.reserved_for = chat.offer_until = chat.line = None
    hands.redistribute(chat, facts)
    return ()


def _reply_sent(chat: ChatState, event: ReplySent, facts: Facts, was: Phase) -> tuple[Tell, ...]:
    """A ticket's reply takes nothing over; the customer's answer to it finds whoever has the chat."""
    _written(chat, event, facts)
    chat.staff_wrote_at = facts.now
    if chat.assignee is not None and chat.pinned_to is None and not chat.final:
        chat.reserved_for = chat.assignee
    return ()


def _ticket_opened(chat: ChatState, event: TicketOpened, facts: Facts, was: Phase) -> tuple[Tell, ...]:
    chat.ticket_id = event.ticket_id
    return ()


def _recorded(chat: ChatState, event: Any, facts: Facts, was: Phase) -> tuple[Tell, ...]:
    return ()


_FOLDS: Mapping[type[BaseEvent], Callable[[ChatState, Any, Facts, Phase], tuple[Tell, ...]]] = {
    CustomerMessage: _customer_message,
    AgentMessage: _agent_message,
    Taken: _taken,
    ChatEnded: _ended,
    Idle: _idle,
    Assigned: _assigned,
    LabelsChanged: _labels_changed,
    DeliveryFailed: _delivery_failed,
    PresenceChanged: _presence_changed,
    ReplySent: _reply_sent,
    TicketOpened: _ticket_opened,
    TimedDue: _timed_due,
}


# --- Steps, each on the caller's own copy -------------------------------------------------------


def _move(chat: ChatState, trigger: Trigger) -> None:
    phase = step(chat.phase, trigger)
    chat.activity, chat.status = phase.activity, phase.status
    if chat.final:
        hands.let_go(chat)


def _written(chat: ChatState, event: CustomerMessage | AgentMessage | ReplySent, facts: Facts) -> None:
    """Note who wrote last. The idle clock runs by arrival; a caller's clock may only date the message."""
    chat.last_author = event.author
    chat.last_message_at = min(event.at or facts.now, facts.now)
    chat.wrote_at = facts.now
    chat.idle_after = facts.idle_after
    if event.author.type is AuthorType.STAFF:
        chat.offer_until = None


def _end(chat: ChatState, trigger: Trigger) -> None:
    _move(chat, trigger)
    hands.let_go(chat)
