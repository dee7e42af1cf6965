"""The chat: folds events and actions into its state. Pure: no clock, no I/O, no randomness.

``fold`` takes the state before an event, the event and the facts of the decision, and returns the
state after it; ``apply`` does the same for one action of a rule. ``lifecycle`` says what is possible;
what an event does is in the module of its subject: ``messages``, ``hands``, ``clock``.

Source of the rules: section 3 of the design, whose table has one row for each branch below.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, NamedTuple

from baton.contract import (
    CHAT_OPENING_KINDS,
    REOPENING_KINDS,
    Action,
    AgentMessage,
    Assign,
    Assigned,
    AuthorType,
    BaseEvent,
    ChangeLabels,
    ChatEnded,
    ChatEvent,
    CustomerMessage,
    DeliveryFailed,
    DirectoryChanged,
    End,
    Idle,
    LabelsChanged,
    MergedFrom,
    MergedInto,
    MessageChanged,
    NoteAdded,
    Pin,
    PlaceFreed,
    PresenceChanged,
    ReplySent,
    SetStatus,
    StatusSet,
    SystemMessage,
    Taken,
    TicketOpened,
    TimedDue,
)
from baton.errors import IllegalTransition
from baton.model.chat import clock, hands, leaving, messages, queue
from baton.model.chat.lifecycle import END_WITH, SET_STATUS, Phase, Trigger, after, allows
from baton.model.chat.moves import end, move
from baton.model.chat.state import ChatState
from baton.model.decision import Decision
from baton.model.deeds import note_deed
from baton.model.facts import Facts, people
from baton.model.labels import labelled
from baton.model.merging import is_forwarded, may_forward
from baton.model.settlement import Folded, Settlement, Told, note_times
from baton.model.waiting import note_standing

Fold = Callable[[ChatState, Any, Facts, Phase], Told]
"""What an event does besides moving the chat; returns who is told. It gets the phase before the move."""


class Handling(NamedTuple):
    """What an event of one kind does."""

    trigger: Trigger | Callable[[Any], Trigger]
    """What it asks the lifecycle to do; a function where that depends on the event."""
    fold: Fold


def trigger_of(event: BaseEvent) -> Trigger:
    """What the event asks the lifecycle to do."""
    trigger = HANDLING[type(event)].trigger
    return trigger if isinstance(trigger, Trigger) else trigger(event)


def check(state: ChatState, event: ChatEvent) -> None:
    """Raise ``IllegalTransition`` if the event is not possible now.

    A message to a chat that is ended and closed is possible: it begins a new one, or is forwarded.
    """
    if not (opens(state, event) or allows(state.phase, trigger_of(event))):
        after(state.phase, trigger_of(event), event.kind)


def opens(state: ChatState, event: ChatEvent) -> bool:
    """Whether the event begins a new chat, where there is none or the last one is final.

    If that one was merged into another case, what would begin a chat is forwarded, and so is what belongs to
    a message.
    """
    begins = event.kind in CHAT_OPENING_KINDS | REOPENING_KINDS or may_forward(state, event)
    return begins and (state.final or not state.exists)


def named(state: ChatState, event: ChatEvent) -> tuple[str, ...]:
    """The staff about whom a decision must know: everybody whom the chat or the event names."""
    author = event.author.id if event.author.type is AuthorType.STAFF else None
    staff = event.staff if isinstance(event, Assigned | PresenceChanged) else None
    holders = state.holders.values() if isinstance(event, DirectoryChanged) else ()
    return people([author, staff, state.assignee, state.pinned_to, state.reserved_for, *holders])


def fold(before: ChatState, event: ChatEvent, facts: Facts) -> Folded[ChatState]:
    """The chat after ``event``.

    Raises ``IllegalTransition`` if the event is not possible now, and ``MissingLine`` if the members
    of a line are needed and ``facts`` do not have them.
    """
    check(before, event)
    if (facts.blocked and isinstance(event, CustomerMessage)) or is_forwarded(event, facts):
        return Folded(before)
    chat = messages.opened(before, event, facts) if opens(before, event) else before.model_copy()
    was = chat.phase
    move(chat, trigger_of(event), event.kind)
    told = HANDLING[type(event)].fold(chat, event, facts, was)
    note_standing(before, chat, facts)
    reserved = chat.reserved_for if chat.offer_until is None else None
    note_deed(chat, event, facts, (chat.assignee, chat.pinned_to, reserved))
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
                end(chat, END_WITH[action.status], action.do)
            elif action.status is not None:
                move(chat, SET_STATUS[action.status], action.do)
        case SetStatus():
            move(chat, SET_STATUS[action.status], action.do)
        case ChangeLabels():
            chat.labels = labelled(chat.labels, action.add, action.remove)
        case _:
            pass
    note_standing(before, chat, facts)
    return chat


def settle(before: ChatState, event: ChatEvent, decision: Decision) -> Settlement[ChatState]:
    """The chat after an event and everything that the rules did about it: what a workflow folds."""
    folded = fold(before, event, decision.facts)
    chat = folded.state
    for fired in decision.fired:
        for action in fired.actions:
            chat = apply(chat, action, decision.facts)
    chat = chat.model_copy()
    note_times(chat, event, decision)
    return Settlement(chat, folded)


def _labels_changed(chat: ChatState, event: LabelsChanged, facts: Facts, was: Phase) -> Told:
    chat.labels = labelled(chat.labels, event.add, event.remove)
    return ()


def _ticket_opened(chat: ChatState, event: TicketOpened, facts: Facts, was: Phase) -> Told:
    messages.link(chat, event.ticket_id)
    return ()


def _merged_into(chat: ChatState, event: MergedInto, facts: Facts, was: Phase) -> Told:
    chat.merged_into = event.case
    return ()


def _recorded(chat: ChatState, event: Any, facts: Facts, was: Phase) -> Told:
    return ()


HANDLING: Mapping[type[BaseEvent], Handling] = {
    CustomerMessage: Handling(Trigger.CUSTOMER_MESSAGE, messages.customer_message),
    AgentMessage: Handling(Trigger.AGENT_MESSAGE, messages.agent_message),
    SystemMessage: Handling(Trigger.RECORD, _recorded),
    MessageChanged: Handling(Trigger.RECORD, _recorded),
    DeliveryFailed: Handling(Trigger.DELIVERY_FAILED, messages.delivery_failed),
    ReplySent: Handling(Trigger.TICKET_REPLY, messages.reply_sent),
    Taken: Handling(Trigger.TAKE, queue.taken),
    Assigned: Handling(Trigger.RECORD, queue.assigned),
    PresenceChanged: Handling(Trigger.RECORD, queue.presence_changed),
    PlaceFreed: Handling(Trigger.RECORD, queue.place_freed),
    DirectoryChanged: Handling(Trigger.RECORD, leaving.directory_changed),
    ChatEnded: Handling(lambda event: END_WITH[event.status], hands.ended),
    StatusSet: Handling(lambda event: SET_STATUS[event.status], _recorded),
    MergedInto: Handling(Trigger.CLOSE_AND_END, _merged_into),
    MergedFrom: Handling(Trigger.MERGED_FROM, messages.merged_from),
    NoteAdded: Handling(Trigger.RECORD, _recorded),
    LabelsChanged: Handling(Trigger.RECORD, _labels_changed),
    TicketOpened: Handling(Trigger.RECORD, _ticket_opened),
    TimedDue: Handling(Trigger.RECORD, clock.timed_due),
    Idle: Handling(Trigger.IDLE, clock.idle),
}
"""Each kind of event that a chat takes."""
