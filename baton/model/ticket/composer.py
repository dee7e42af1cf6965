"""Who writes the consolidated reply.

The person who wrote the last note; if that is not possible, the latest contributor who is there; otherwise
the dispatcher, if there; otherwise somebody of the same line. An account that several people use is never
composer: nobody would feel responsible.

Source: section 4 of the design.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from baton.model.facts import Facts, people
from baton.model.staffing import choose, line_of
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
    dispatcher = _dispatcher(ticket, facts)
    best = next(iter([*there, *_there(dispatcher, facts)]), None)
    return best or next(iter([*_colleague(able, ticket, facts), *able, *dispatcher]), None)


def next_composer(ticket: TicketState, facts: Facts) -> str | None:
    """Who writes the reply in place of a composer who is away.

    If nobody else can, it is the same person; if that person is gone, any contributor, or else nobody.
    """
    able = [staff for staff in contributors(ticket) if _may_compose(staff, facts)]
    there = [staff for staff in able if staff != ticket.composer and present(staff, facts)]
    best = next(iter([*there, *_there(_dispatcher(ticket, facts), facts)]), None)
    last = [ticket.composer] if ticket.composer and facts.person(ticket.composer) else able
    return best or next(iter([*_colleague(people([ticket.composer]), ticket, facts), *last]), None)


def present_colleague(ticket: TicketState, facts: Facts) -> str | None:
    """The latest contributor who is there, or else the dispatcher, if there."""
    known = people([*contributors(ticket), ticket.dispatcher])
    return next((staff for staff in known if present(staff, facts)), None)


def away(staff: str, facts: Facts) -> bool:
    """Whether somebody has been away for longer than the grace, in business hours; or has left for good."""
    person = facts.person(staff)
    return person is None or (person.gone_at is not None and person.gone_at <= facts.now)


def _may_compose(staff: str, facts: Facts) -> bool:
    person = facts.person(staff)
    return person is not None and not person.shared


def present(staff: str, facts: Facts) -> bool:
    """Whether somebody is known to be there."""
    person = facts.person(staff)
    return person is not None and person.present


def _there(staff: Iterable[str], facts: Facts) -> list[str]:
    return [one for one in staff if not away(one, facts)]


def _colleague(staff: Sequence[str], ticket: TicketState, facts: Facts) -> list[str]:
    """Somebody who is available in the line of the first of these."""
    line = line_of(staff[0], facts) if staff else None
    colleague = choose(line, ticket, facts) if line is not None else None
    return [colleague] if colleague is not None and _may_compose(colleague, facts) else []


def _dispatcher(ticket: TicketState, facts: Facts) -> list[str]:
    able = ticket.dispatcher is not None and _may_compose(ticket.dispatcher, facts)
    return [ticket.dispatcher] if able and ticket.dispatcher else []
