"""The stages of a ticket, as a table.

    triage      nobody is asked: somebody has to look at it
    collecting  departments are asked, and the ticket waits for the last of them
    composing   all have answered: the composer turns their notes into one reply
    answered    the reply was sent
    closed      final; a later message of the customer reopens the ticket

What a department does is not part of this table: ``baton.model.ticket.answering`` knows whether the last
department has answered.

Source: section 4 of the design.
"""

from __future__ import annotations

from enum import StrEnum

from baton.contract import TicketStage
from baton.model.machine import Machine, Row, same, to


class Trigger(StrEnum):
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


OPEN_STAGES = (TicketStage.TRIAGE, TicketStage.COLLECTING, TicketStage.COMPOSING, TicketStage.ANSWERED)
UNFINISHED = (TicketStage.COLLECTING, TicketStage.COMPOSING)
"""Closing now would pass over somebody."""


def _reopened(source: TicketStage | None) -> TicketStage | None:
    return TicketStage.TRIAGE if source is TicketStage.ANSWERED else source


TABLE: tuple[Row[TicketStage | None, Trigger], ...] = (
    #   trigger                 from                          to
    Row(Trigger.OPEN, (None,), to(TicketStage.TRIAGE)),
    Row(Trigger.ASK, OPEN_STAGES, to(TicketStage.COLLECTING)),
    Row(Trigger.JOIN, (TicketStage.COLLECTING,), to(TicketStage.COMPOSING)),
    Row(Trigger.RETURN, (TicketStage.COLLECTING,), to(TicketStage.TRIAGE)),
    Row(Trigger.REPLY, (TicketStage.TRIAGE, *UNFINISHED), to(TicketStage.ANSWERED)),
    Row(Trigger.CUSTOMER_MESSAGE, OPEN_STAGES, _reopened),
    Row(Trigger.CLOSE, (TicketStage.TRIAGE, TicketStage.ANSWERED), to(TicketStage.CLOSED)),
    Row(Trigger.FORCE_CLOSE, OPEN_STAGES, to(TicketStage.CLOSED)),
    Row(Trigger.MERGE, OPEN_STAGES, to(TicketStage.CLOSED)),
    Row(Trigger.RECORD, OPEN_STAGES, same),
)


def _why_not(stage: TicketStage | None, trigger: Trigger, what: str) -> str:
    if stage is None:
        return f"{what} needs a ticket, and there is none yet: a message, a template or a label begins it"
    if stage is TicketStage.CLOSED:
        return f"{what}: the ticket is closed, which is final; only its customer's message opens it again"
    sent = ": it was sent. Write a message, or ask a department again" if trigger is Trigger.REPLY else ""
    return f"{what} is not possible while the ticket is in {stage.value}{sent}"


_MACHINE = Machine(TABLE, (None, *TicketStage), None, _why_not)

after = _MACHINE.after
allows = _MACHINE.allows


def diagram() -> str:
    """The stages as a Mermaid state diagram, drawn from the table."""
    labels: dict[tuple[str, str], dict[str, None]] = {}
    for row in TABLE:
        for source in row.sources:
            start, end = source, row.dest(source)
            if end is not None and start is not end:
                key = ("[*]" if start is None else start.value, end.value)
                labels.setdefault(key, {})[row.trigger.value] = None
    lines = ["stateDiagram-v2", "    direction LR"]
    lines += [f"    {start} --> {end} : {', '.join(triggers)}" for (start, end), triggers in labels.items()]
    lines += [f"    {TicketStage.CLOSED.value} --> [*]"]
    return "\n".join(lines) + "\n"
