"""What somebody is to a ticket: a member of its departments, its dispatcher, a shared account."""

from __future__ import annotations

from baton.contract import Author, AuthorType
from baton.model.facts import Facts
from baton.model.ticket.state import TicketState

DISPATCHER_ROLE = "dispatcher"
"""Whoever has this role in the directory may do what the ticket's own dispatcher may."""


def own_labels(ticket: TicketState, author: Author, facts: Facts) -> tuple[str, ...]:
    """The ticket's departments to which the author belongs."""
    person = facts.person(author.id) if author.type is AuthorType.STAFF else None
    if person is None:
        return ()
    return tuple(
        one.label
        for one in ticket.departments
        if one.label in facts.departments and facts.departments[one.label].key in person.departments
    )


def is_shared(staff: str, facts: Facts) -> bool:
    person = facts.person(staff)
    return person is not None and person.shared


def is_dispatcher(ticket: TicketState, staff: str, facts: Facts) -> bool:
    person = facts.person(staff)
    return staff == ticket.dispatcher or (person is not None and DISPATCHER_ROLE in person.roles)
