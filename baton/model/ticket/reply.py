"""The one reply of a round: when it is drafted and prompted, who may send it, and what it completes."""

from __future__ import annotations

from baton.contract import Draft, ReplySent, SendReply, Status, TicketStage
from baton.errors import NotAllowed
from baton.model.decision import Decision
from baton.model.facts import Facts
from baton.model.settlement import Told
from baton.model.ticket import answering, asking, closing, hands
from baton.model.ticket.audience import tell
from baton.model.ticket.composer import contributors
from baton.model.ticket.lifecycle import Trigger
from baton.model.ticket.moves import move, put
from baton.model.ticket.roles import is_dispatcher, is_shared, own_labels
from baton.model.ticket.state import TicketState
from baton.model.waiting import note_answer, note_message


def check_reply(state: TicketState, event: SendReply | ReplySent) -> None:
    """Raise ``DepartmentsWaiting`` if the reply would pass over several departments and is not forced."""
    if state.stage is TicketStage.COLLECTING and len(state.waiting) > 1 and not _forced(event):
        raise closing.passes_over(state, "the reply")


def reply_sent(ticket: TicketState, event: SendReply | ReplySent, facts: Facts) -> Told:
    """The one reply of a round."""
    author = event.author.id
    dispatches = is_dispatcher(ticket, author, facts)
    told: Told = ()
    if ticket.stage is TicketStage.COLLECTING:
        last = ticket.waiting[0] if len(ticket.waiting) == 1 and not ticket.blocking else None
        if last is not None and last in own_labels(ticket, event.author, facts):
            department = ticket.department(last)
            assert department is not None, "it is waited for"
            put(ticket, answering.as_answered(department, author, facts))
            if not is_shared(author, facts):
                hands.compose(ticket, author, facts)
        elif _forced(event) and dispatches:
            told = asking.withdraw(ticket, ticket.waiting)
        elif _forced(event):
            raise NotAllowed(f"{author} cannot force the reply: only the dispatcher can")
        else:
            raise closing.passes_over(ticket, "the reply")
    elif not (dispatches or author in (ticket.composer, ticket.assignee)):
        if isinstance(event, SendReply):
            raise NotAllowed(
                f"{author} cannot send the reply: {ticket.composer or ticket.assignee or 'nobody'} is to "
                f"write it, or the dispatcher"
            )
        # The customer has it already: refusing the event would only lead to a second reply.
        told = tell([ticket.composer], f"{author} has sent the reply")
    if ticket.stage is TicketStage.TRIAGE:
        told += note_answer(ticket, author)  # nobody was asked: it is an answer like any other message
    move(ticket, Trigger.REPLY)
    ticket.replies += 1
    ticket.replied_round = max(ticket.round, ticket.noted_round)
    ticket.contributed = ()
    ticket.noted_at = {}
    ticket.draft = Draft()
    note_message(ticket, event, facts)
    if ticket.composer is None and not is_shared(author, facts):
        ticket.composer = author
    ticket.status = (event.status if isinstance(event, SendReply) else None) or Status.PENDING
    if ticket.status is Status.CLOSED:
        closing.close(ticket, Trigger.CLOSE)
    return told


def _forced(event: SendReply | ReplySent) -> bool:
    return isinstance(event, SendReply) and event.force


def prompt(ticket: TicketState) -> None:
    """Count the prompt of a round that is over."""
    if ticket.stage is TicketStage.COMPOSING and ticket.prompted_round < ticket.round:
        ticket.prompted_round = ticket.round
        ticket.prompts += 1


def draft(before: TicketState, ticket: TicketState, decision: Decision) -> None:
    """Note that the reply is drafted again, if it must be, from which sources, and for whom."""
    if needs_draft(before, ticket):
        was_stale = before.draft.stale and before.draft.round == ticket.round
        stale = was_stale or ticket.stale_round == ticket.round
        ticket.draft = Draft(round=ticket.round, at=decision.facts.now, stale=stale)
    if decision.sources is not None:
        ticket.sources = ticket.sources.with_(decision.sources)
    if ticket.draft.round:
        ticket.draft = ticket.draft.model_copy(
            update={"composer": ticket.composer, "final": ticket.stage is TicketStage.COMPOSING}
        )


def needs_draft(before: TicketState, after: TicketState) -> bool:
    """Whether the reply must be drafted again: for the composer, or for the last department that is asked."""
    if after.stage is TicketStage.COMPOSING:
        # The draft may be signed.
        same = before.stage is TicketStage.COMPOSING and before.composer == after.composer
        return not same or _notes(before) != _notes(after)
    if after.stage is TicketStage.COLLECTING and len(after.waiting) == 1 and contributors(after):
        return len(before.waiting) != 1 or _notes(before) != _notes(after)
    return False


def _notes(ticket: TicketState) -> list[int]:
    return [one.note_count for one in ticket.departments]
