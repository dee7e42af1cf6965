"""The stages of a ticket, as a table.

    triage      nobody is asked: somebody has to look at it
    collecting  departments are asked, and the ticket waits for the last of them
    composing   all have answered: the composer turns their notes into one reply
    answered    the reply was sent
    closed      final; a later message of the customer opens the ticket anew

What a department does is not part of this table: ``baton.model.ticket.answering`` knows whether the last
one has answered.

Source: section 4 of the design.
"""

from __future__ import annotations

from enum import Enum, StrEnum

from baton.contract import TicketStage
from baton.model.machine import Row, Steps, same, to


class Stage(Enum):
    """The stages, and the time before the first event."""

    NONE = "none"
    TRIAGE = TicketStage.TRIAGE.value
    COLLECTING = TicketStage.COLLECTING.value
    COMPOSING = TicketStage.COMPOSING.value
    ANSWERED = TicketStage.ANSWERED.value
    CLOSED = TicketStage.CLOSED.value

    @staticmethod
    def of(stage: TicketStage | None) -> Stage:
        return Stage.NONE if stage is None else Stage(stage.value)

    @property
    def shown(self) -> TicketStage | None:
        return None if self is Stage.NONE else TicketStage(self.value)


class Step(StrEnum):
    """What can move a ticket, or be recorded by it."""

    OPEN = "open"
    """The first event of a ticket."""
    ASK = "ask"
    """A department is asked."""
    JOIN = "join"
    """Nobody is asked any more, and somebody has answered."""
    RETURN = "return"
    """Nobody is asked any more, and nobody has answered."""
    REPLY = "reply"
    CUSTOMER_MESSAGE = "customer_message"
    CLOSE = "close"
    FORCE_CLOSE = "force_close"
    MERGE = "merge"
    RECORD = "record"
    """Anything that a living ticket takes without moving."""


OPEN_STAGES = (Stage.TRIAGE, Stage.COLLECTING, Stage.COMPOSING, Stage.ANSWERED)
UNFINISHED = (Stage.COLLECTING, Stage.COMPOSING)
"""Closing now would pass over somebody."""


def _reopened(source: Stage) -> Stage:
    return Stage.TRIAGE if source is Stage.ANSWERED else source


TABLE: tuple[Row[Stage, Step], ...] = (
    #   step                    from                          to
    Row(Step.OPEN, (Stage.NONE,), to(Stage.TRIAGE)),
    Row(Step.ASK, OPEN_STAGES, to(Stage.COLLECTING)),
    Row(Step.JOIN, (Stage.COLLECTING,), to(Stage.COMPOSING)),
    Row(Step.RETURN, (Stage.COLLECTING,), to(Stage.TRIAGE)),
    Row(Step.REPLY, (Stage.TRIAGE, Stage.COLLECTING, Stage.COMPOSING), to(Stage.ANSWERED)),
    Row(Step.CUSTOMER_MESSAGE, OPEN_STAGES, _reopened),
    Row(Step.CLOSE, (Stage.TRIAGE, Stage.ANSWERED), to(Stage.CLOSED)),
    Row(Step.FORCE_CLOSE, OPEN_STAGES, to(Stage.CLOSED)),
    Row(Step.MERGE, OPEN_STAGES, to(Stage.CLOSED)),
    Row(Step.RECORD, OPEN_STAGES, same),
)


def _why_not(stage: Stage, step: Step) -> str:
    if stage is Stage.NONE:
        return f"{step} needs a ticket, and there is none yet: a message, a template or a label begins it"
    if stage is Stage.CLOSED:
        return f"{step}: the ticket is closed, which is final; only its customer's message opens it again"
    sent = ": it was sent. Write a message, or ask a department again" if step is Step.REPLY else ""
    return f"{step} is not possible while the ticket is in {stage.value}{sent}"


_STEPS = Steps(TABLE, Stage, Stage.NONE, _why_not)

step = _STEPS.step
allows = _STEPS.allows


def diagram() -> str:
    """The stages as a Mermaid state diagram, drawn from the table."""
    labels: dict[tuple[str, str], dict[str, None]] = {}
    for row in TABLE:
        for source in row.sources:
            start, end = source, row.dest(source)
            if start is not end:
                key = ("[*]" if start is Stage.NONE else start.value, end.value)
                labels.setdefault(key, {})[row.trigger.value] = None
    lines = ["stateDiagram-v2", "    direction LR"]
    lines += [f"    {start} --> {end} : {', '.join(steps)}" for (start, end), steps in labels.items()]
    lines += [f"    {Stage.CLOSED.value} --> [*]"]
    return "\n".join(lines) + "\n"
