"""Whose turn it is when a ticket comes back, and who has it in place of somebody who is away.

As with a chat, somebody of the same line is asked first. Then those who contributed, the latest first; then
the dispatcher. If none of them is there, the ticket is nobody's, and everyone is told.

Source: section 10 of the design.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import NamedTuple

from baton.contract import DepartmentState, Presence, PresenceChanged, Status, TicketStage, TimedDue
from baton.model import staffing
from baton.model.facts import Facts, Previous, people
from baton.model.settlement import Told
from baton.model.ticket import hands
from baton.model.ticket.audience import still_here, tell_somebody
from baton.model.ticket.composer import away, contributors, present
from baton.model.ticket.state import TicketState


class Known(NamedTuple):
    """Who knows a ticket, besides those who have it."""

    contributed: tuple[str, ...] = ()
    """Who wrote notes, the latest first."""
    dispatcher: str | None = None


def known_of(ticket: TicketState) -> Known:
    """Who knows this ticket; also whose notes the customer has had a reply to."""
    return Known(people([*contributors(ticket), *_answered(ticket)]), ticket.dispatcher)


def of_closed(previous: Previous) -> Known:
    """Who knows a ticket that was closed."""
    return Known(previous.contributed, previous.dispatcher)


def _answered(ticket: TicketState) -> Iterable[str | None]:
    answered = [one for one in ticket.departments if one.state is DepartmentState.ANSWERED]
    latest = sorted(answered, key=lambda one: one.answered_at or one.asked_at, reverse=True)
    return (one.answered_by for one in latest)


def presence_changed(ticket: TicketState, event: PresenceChanged, facts: Facts) -> Told:
    """Somebody who comes online takes a ticket from the queue of their line; whoever left is replaced."""
    here = event.presence is Presence.ONLINE and ticket.queue == staffing.line_of(event.staff, facts)
    return (hands.leave_queue(ticket, facts) if here else ()) or _look_after(ticket, facts)


def timed_due(ticket: TicketState, event: TimedDue, facts: Facts) -> Told:
    """Perhaps the line has opened, or somebody's absence counts by now."""
    return hands.leave_queue(ticket, facts) or _look_after(ticket, facts)


def _look_after(ticket: TicketState, facts: Facts) -> Told:
    return hands.look_after_composer(ticket, facts) or look_after_owner(ticket, facts)


def give_back(ticket: TicketState, to: Iterable[str | None], known: Known, facts: Facts) -> None:
    """Give the ticket to the first of these who still works here; if away, to somebody in their place."""
    wanted = people(to)
    staff = still_here(wanted, facts)
    if wanted and (staff is None or away(staff, facts)):
        staff = _in_place_of(ticket, staff or wanted[0], known, facts)
    hands.assign(ticket, staff, None, facts)


def comes_back(ticket: TicketState, to: Iterable[str | None], reason: str, facts: Facts) -> Told:
    """Like `give_back`, and whoever gets the ticket is told that it is their turn; if nobody, everyone."""
    give_back(ticket, to, known_of(ticket), facts)
    return tell_somebody([ticket.assignee], reason, facts)


def look_after_owner(ticket: TicketState, facts: Facts) -> Told:
    """A ticket in triage does not wait for somebody who left, unless it waits for its customer."""
    owner = ticket.assignee
    waits = ticket.stage is TicketStage.TRIAGE and ticket.status is Status.OPEN
    if not waits or owner is None or not away(owner, facts):
        return ()
    return hands.handed(ticket, _in_place_of(ticket, owner, known_of(ticket), facts), None, facts)


def _in_place_of(ticket: TicketState, owner: str, known: Known, facts: Facts) -> str | None:
    line = staffing.line_of(owner, facts) or _last_line_of(owner, ticket)
    colleague = staffing.choose(line, ticket, facts) if line is not None else None
    if colleague is not None:
        return colleague
    contributed = (staff for staff in known.contributed if staff != owner and present(staff, facts))
    dispatcher = known.dispatcher
    if dispatcher is not None and (dispatcher == owner or away(dispatcher, facts)):
        dispatcher = None
    return next(contributed, dispatcher)


def _last_line_of(staff: str, ticket: TicketState) -> str | None:
    """The line of somebody whom the directory no longer knows."""
    return next((line for line, holder in ticket.holders.items() if holder == staff), None)
