"""Who writes the consolidated reply.

The person who wrote the last note; if that is not possible, the latest contributor who is there; otherwise
the dispatcher. An account that several people use is never composer: nobody would feel responsible.

Source: section 4 of the design.
"""

from __future__ import annotations

from baton.model.facts import Facts, people
from baton.model.ticket.state import TicketState


def contributors(ticket: TicketState) -> tuple[str, ...]:
    """Who wrote notes for departments that the customer has had no reply to yet, the latest first."""
    return people(reversed(ticket.contributed))


def first_composer(ticket: TicketState, facts: Facts) -> str | None:
    """The composer of a round that is over: whoever contributed last, and is not known to be away.

    Whoever has answered at this very moment is there, whatever their presence says.
    """
    able = [staff for staff in contributors(ticket) if _may_compose(staff, facts)]
    just_now = {staff for staff, at in ticket.noted_at.items() if at == facts.now}
    there = [staff for staff in able if staff in just_now or not away(staff, facts)]
    return next(iter([*there, *_dispatcher(ticket, facts), *able]), None)


def next_composer(ticket: TicketState, facts: Facts) -> str | None:
    """Who writes the reply in place of a composer who is away; the same person if nobody else can."""
    able = [staff for staff in contributors(ticket) if _may_compose(staff, facts)]
    there = [staff for staff in able if staff != ticket.composer and _present(staff, facts)]
    return next(iter([*there, *_dispatcher(ticket, facts)]), ticket.composer)


def away(staff: str, facts: Facts) -> bool:
    """Whether somebody has been away for longer than the grace, in business hours; or has left for good."""
    person = facts.person(staff)
    return person is None or (person.gone_at is not None and person.gone_at <= facts.now)


def _may_compose(staff: str, facts: Facts) -> bool:
    person = facts.person(staff)
    return person is not None and not person.shared


def _present(staff: str, facts: Facts) -> bool:
    person = facts.person(staff)
    return person is not None and person.present


def _dispatcher(ticket: TicketState, facts: Facts) -> list[str]:
    able = ticket.dispatcher is not None and _may_compose(ticket.dispatcher, facts)
    return [ticket.dispatcher] if able and ticket.dispatcher else []
