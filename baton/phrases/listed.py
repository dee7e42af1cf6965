"""Cases in lists: in whose hands each is, and how far."""

from __future__ import annotations

from baton.contract import Status, Tab, TicketStage
from baton.desk.api import InboxRow, TicketRow
from baton.phrases import names
from baton.texts import Texts


def holder(chat: InboxRow, texts: Texts) -> str:
    """Who has a chat."""
    if chat.pinned_to or chat.reserved_for or chat.assignee:
        return chat.pinned_to or chat.reserved_for or chat.assignee or ""
    return queue_of(chat.line, texts) or (texts("everyone") if chat.tab is Tab.NEW else "–")


def acting(ticket: TicketRow, texts: Texts) -> str:
    """Who has to act on a ticket."""
    if ticket.stage is TicketStage.COLLECTING:
        return ", ".join(ticket.asked) or ticket.dispatcher or texts("the dispatcher")
    if ticket.stage is TicketStage.COMPOSING:
        return ticket.composer or texts("nobody yet")
    return ticket.assignee or queue_of(ticket.line, texts) or texts("everyone")


def stage(ticket: TicketRow, texts: Texts) -> str:
    """The stage of a ticket, and its status unless that is open."""
    stage, status = texts.of(names.STAGES[ticket.stage]), texts.of(names.STATUSES[ticket.status])
    return stage if ticket.status is Status.OPEN else f"{stage} ({status})"


def queue_of(line: str | None, texts: Texts) -> str:
    """In whose hands a case is that waits for a line; empty if it does not."""
    return texts("queue of {line}").format(line=line) if line else ""
