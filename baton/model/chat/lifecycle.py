"""The lifecycle of a chat, and everything about it that is a state machine.

Theory of operation
-------------------

A chat has two sides that move independently of one another:

    activity   active   somebody is expected to write
               ended    nobody is, for now
    status     open     the company's turn: the customer wrote last
               pending  the customer's turn: staff wrote last
               closed   nobody's turn: the matter is done

*Ended is not closed.* A chat may be closed and still active (the customer is saying thanks), or
ended and open (everybody left, the customer is still waiting: the tab Unanswered). So there are
six phases, and a seventh, "none", before the first message.

Only a message starts a chat or activates an ended one; a ticket's reply and, after a closed chat, a message
that was not delivered or a duplicate that is merged in start one, too. A customer's message makes the status
open, a staff member's makes it pending; ending keeps the status unless a new one is given; setting the
status keeps the activity. A chat that is ended *and* closed is final: no event leaves that phase,
and a later message begins a new chat, which starts again in "none".

Each move is one row of ``TABLE``: the trigger, the phases it may start from, and where it leads. The
tables are data: ``baton.model.machine`` runs them, and the diagram in the documentation is drawn from them.
What they do not allow raises ``IllegalTransition``.

Who has the chat (assignee, pin, reservation) is not part of this machine: see ``baton.model.chat.hands``.

Source of the rules: the help desk's description of support lines, and section 3 of the design.
"""

from __future__ import annotations

from collections.abc import Callable
from enum import Enum, StrEnum

from baton.contract import Activity, Status
from baton.model.machine import Machine, Row, same, to


class Phase(Enum):
    """Activity and status together: the six combinations, and the time before the first message."""

    NONE = "none"
    ACTIVE_OPEN = "active · open"
    ACTIVE_PENDING = "active · pending"
    ACTIVE_CLOSED = "active · closed"
    ENDED_OPEN = "ended · open"
    ENDED_PENDING = "ended · pending"
    ENDED_CLOSED = "ended · closed"

    @property
    def activity(self) -> Activity | None:
        return _PARTS[self][0]

    @property
    def status(self) -> Status | None:
        return _PARTS[self][1]

    @property
    def active(self) -> bool:
        return self.activity is Activity.ACTIVE

    @staticmethod
    def of(activity: Activity | None, status: Status | None) -> Phase:
        """The phase with these two sides. Raises ``KeyError`` for half a phase."""
        return _PHASES[activity, status]


_PARTS: dict[Phase, tuple[Activity | None, Status | None]] = {
    Phase.NONE: (None, None),
    **{Phase(f"{activity} · {status}"): (activity, status) for activity in Activity for status in Status},
}
_PHASES = {parts: phase for phase, parts in _PARTS.items()}

FINAL = Phase.ENDED_CLOSED


class Trigger(StrEnum):
    """What can move a chat, or be recorded by it."""

    CUSTOMER_MESSAGE = "customer_message"
    AGENT_MESSAGE = "agent_message"
    TAKE = "take"
    RESUME = "resume"
    """Somebody has room for a chat that ended while its customer waited."""
    IDLE = "idle"
    END = "end"
    END_OPEN = "end_open"
    END_PENDING = "end_pending"
    END_CLOSED = "end_closed"
    SET_OPEN = "set_open"
    SET_PENDING = "set_pending"
    SET_CLOSED = "set_closed"
    CLOSE_AND_END = "close_and_end"
    RECORD = "record"
    """Anything that a living chat takes without moving: notes, labels, assignments, …"""
    TICKET_REPLY = "ticket_reply"
    """A ticket of this chat sends its reply here. It is the customer's turn; an ended chat stays ended."""
    DELIVERY_FAILED = "delivery_failed"
    MERGED_FROM = "merged_from"
    """The customer of a duplicate writes here from now on."""


NEW = (Phase.NONE,)
ACTIVE = (Phase.ACTIVE_OPEN, Phase.ACTIVE_PENDING, Phase.ACTIVE_CLOSED)
ENDED = (Phase.ENDED_OPEN, Phase.ENDED_PENDING)
UNANSWERED = (Phase.ENDED_OPEN,)
LIVING = ACTIVE + ENDED


def _ended(status: Status | None = None) -> Callable[[Phase], Phase]:
    return lambda source: Phase.of(Activity.ENDED, status or source.status)


def _with(status: Status) -> Callable[[Phase], Phase]:
    return lambda source: Phase.of(source.activity, status)


TABLE: tuple[Row[Phase, Trigger], ...] = (
    #   trigger                    from          to
    Row(Trigger.CUSTOMER_MESSAGE, NEW + LIVING, to(Phase.ACTIVE_OPEN)),
    Row(Trigger.AGENT_MESSAGE, NEW + LIVING, to(Phase.ACTIVE_PENDING)),
    Row(Trigger.TAKE, ACTIVE, same),
    Row(Trigger.TAKE, UNANSWERED, to(Phase.ACTIVE_OPEN)),
    Row(Trigger.RESUME, UNANSWERED, to(Phase.ACTIVE_OPEN)),
    Row(Trigger.IDLE, ACTIVE, _ended()),
    Row(Trigger.END, ACTIVE, _ended()),
    Row(Trigger.END_OPEN, ACTIVE, _ended(Status.OPEN)),
    Row(Trigger.END_PENDING, ACTIVE, _ended(Status.PENDING)),
    Row(Trigger.END_CLOSED, ACTIVE, _ended(Status.CLOSED)),
    Row(Trigger.SET_OPEN, LIVING, _with(Status.OPEN)),
    Row(Trigger.SET_PENDING, LIVING, _with(Status.PENDING)),
    Row(Trigger.SET_CLOSED, LIVING, _with(Status.CLOSED)),
    Row(Trigger.CLOSE_AND_END, LIVING, to(FINAL)),
    Row(Trigger.TICKET_REPLY, NEW, to(Phase.ACTIVE_PENDING)),
    Row(Trigger.TICKET_REPLY, LIVING, _with(Status.PENDING)),
    Row(Trigger.DELIVERY_FAILED, NEW, to(Phase.ACTIVE_OPEN)),
    Row(Trigger.DELIVERY_FAILED, LIVING, _with(Status.OPEN)),
    Row(Trigger.MERGED_FROM, NEW, to(Phase.ACTIVE_OPEN)),
    Row(Trigger.MERGED_FROM, LIVING, same),
    Row(Trigger.RECORD, LIVING, same),
)

SET_STATUS = {status: Trigger(f"set_{status}") for status in Status}
END_WITH: dict[Status | None, Trigger] = {
    None: Trigger.END,
    **{status: Trigger(f"end_{status}") for status in Status},
}


def _why_not(phase: Phase, trigger: Trigger, what: str) -> str:
    if phase is Phase.NONE:
        return f"{what} needs a chat, and there is none: only a message starts one"
    if phase is FINAL:
        return f"{what}: the chat is ended and closed, which is final; only a message starts another"
    return f"{what} is not possible while the chat is {phase.value}; it needs an active chat"


_MACHINE = Machine(TABLE, Phase, Phase.NONE, _why_not)

after = _MACHINE.after
allows = _MACHINE.allows


def diagram() -> str:
    """The lifecycle as a Mermaid state diagram, drawn from the table.

    The six phases with all their arrows would be a knot, so the picture shows the two sides next to
    each other: every arrow is a row of the table seen from one side, and rows that move that side in
    the same way share an arrow.
    """
    lines = ["stateDiagram-v2", "    direction LR", "    [*] --> chat : first message", "    state chat {"]
    lines += [f"        {arrow}" for arrow in _arrows(lambda phase: phase.activity)]
    lines += ["        --"]
    lines += [f"        {arrow}" for arrow in _arrows(lambda phase: phase.status)]
    lines += ["    }", f"    chat --> [*] : {FINAL.value.replace(' · ', ' and ')}"]
    return "\n".join(lines) + "\n"


def _arrows(side: Callable[[Phase], Activity | Status | None]) -> list[str]:
    """The arrows of one side of the machine, those of a new chat first."""
    labels: dict[tuple[str, str], dict[str, None]] = {}
    for row in TABLE:
        for source in row.sources:
            start, end = side(source), side(row.dest(source))
            if end is not None and start is not end:
                labels.setdefault((start.value if start else "[*]", end.value), {})[row.trigger.value] = None
    return [f"{start} --> {end} : {', '.join(triggers)}" for (start, end), triggers in labels.items()]
