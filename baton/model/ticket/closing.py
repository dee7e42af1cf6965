"""A ticket's status and its end: closing passes over nobody unless a person forces it and says why."""

from __future__ import annotations

from baton.contract import AuthorType, BaseEvent, MergedInto, Status, StatusSet, TicketStage
from baton.errors import DepartmentsWaiting, InvalidEvent, NotAllowed
from baton.model.facts import Facts
from baton.model.settlement import Told
from baton.model.ticket import asking
from baton.model.ticket.audience import tell_composer
from baton.model.ticket.lifecycle import Trigger
from baton.model.ticket.moves import move, set_status
from baton.model.ticket.state import TicketState


def status_set(ticket: TicketState, event: StatusSet, facts: Facts) -> Told:
    if event.status is not Status.CLOSED:
        set_status(ticket, event.status, facts)
        if event.status is Status.PENDING and ticket.paused_at is None and ticket.asked:
            ticket.paused_at = facts.now
        return ()
    forced = ticket.unfinished
    told = _stop(ticket, event)
    if forced:
        ticket.closed_because = event.reason
    close(ticket, Trigger.FORCE_CLOSE if forced else Trigger.CLOSE)
    return told


def merged_into(ticket: TicketState, event: MergedInto, facts: Facts) -> Told:
    told = _stop(ticket, event)
    ticket.closed_because = f"merged into {event.case}"
    ticket.merged_into = event.case
    close(ticket, Trigger.MERGE)
    return told


def close(ticket: TicketState, by: Trigger) -> None:
    """End the ticket. Raises ``IllegalTransition`` if ``by`` is not possible in this stage."""
    move(ticket, by)
    ticket.status = Status.CLOSED
    ticket.wake_at = None


def check_status_set(state: TicketState, event: StatusSet) -> None:
    """Raise a ``Refused`` if closing would pass over somebody, unless a person forces it with a reason."""
    if event.status is not Status.CLOSED or not state.unfinished:
        return
    if not event.force:
        raise passes_over(state, "closing")
    if event.author.type is not AuthorType.STAFF:
        raise NotAllowed("only a person can close a ticket by force")
    if not event.reason.strip():
        raise InvalidEvent(f"event {event.id!r}: closing by force needs a reason, which is kept")


def passes_over(state: TicketState, what: str) -> DepartmentsWaiting:
    """The refusal of ``what``, which would pass over departments or the composer."""
    if not state.waiting:
        return DepartmentsWaiting(
            f"{what} would pass over the reply that {state.composer or 'nobody yet'} is to write: "
            f"send it, or force it and say why"
        )
    blocked = f" ({_blocked(state)}: withdraw or redirect it)" if state.blocking else ""
    return DepartmentsWaiting(
        f"{what} would pass over {', '.join(state.waiting)}, asked and not yet answered{blocked}: wait, "
        f"withdraw them, or force it and say why"
    )


def _blocked(state: TicketState) -> str:
    """Why no answer will come from some departments."""
    asked = [label for label in state.blocking if label in state.asked]
    declined = [label for label in state.blocking if label not in state.asked]
    return "; ".join(
        [
            *([f"{', '.join(declined)} declined"] if declined else []),
            *([f"nobody answers for {', '.join(asked)}"] if asked else []),
        ]
    )


def _stop(ticket: TicketState, event: BaseEvent) -> Told:
    """Nobody needs to answer, or to write the reply, any more."""
    composes = ticket.stage is TicketStage.COMPOSING and ticket.composer != event.author.id
    return asking.withdraw(ticket, ticket.waiting) + (tell_composer(ticket, "closed") if composes else ())
