"""Who is told what happens to a ticket, besides those to whom an effect is addressed."""

from __future__ import annotations

from collections.abc import Iterable, Set

from baton.contract import Tell, TicketStage
from baton.model.facts import Facts, people
from baton.model.settlement import Told
from baton.model.ticket.state import TicketState


def tell(staff: Iterable[str | None], reason: str) -> Told:
    """Tell each of these once; empty names are skipped."""
    told = people(staff)
    return (Tell(staff=told, reason=reason),) if told else ()


def tell_somebody(staff: Iterable[str | None], reason: str, facts: Facts) -> Told:
    """Tell the first of these who still works here. If nobody does, tell everyone: somebody has to act."""
    return tell([still_here(staff, facts)], reason) or (Tell(everyone=True, reason=reason),)


def tell_composer(ticket: TicketState, reason: str) -> Told:
    """Tell whoever is to write the reply. Where it is nobody's, everyone was prompted, and is told."""
    return tell([ticket.composer or ticket.assignee], reason) or (Tell(everyone=True, reason=reason),)


def tell_dispatcher(ticket: TicketState, reason: str, facts: Facts, *first: str | None) -> Told:
    """Tell the dispatcher, or whoever takes the dispatcher's part; before them, the first who is still here.

    If the dispatcher is gone, those with the role who are there take this part, and otherwise everyone.
    """
    told = tell([still_here([*first, ticket.dispatcher], facts)], reason) or tell(facts.dispatchers, reason)
    return told or (Tell(everyone=True, reason=reason),)


def to_escalate_to(ticket: TicketState, label: str, facts: Facts) -> str | None:
    """Who must know that a department's answer is overdue; if nobody, everyone."""
    asked = facts.departments.get(label)
    if asked is not None and asked.lead is not None:
        return asked.lead
    return still_here([ticket.dispatcher], facts) or next(iter(facts.dispatchers), None)


def deserted(label: str, facts: Facts) -> bool:
    """Whether nobody answers for a department: the directory no longer has it, or nobody belongs to it."""
    asked = facts.departments.get(label)
    return asked is None or asked.deserted


def tell_all(ticket: TicketState, staff: Iterable[str | None], reason: str, facts: Facts) -> Told:
    """Tell all of these who still work here, else the dispatcher, else everyone.

    A ticket that was opened just now and is nobody's concerns everyone.
    """
    told = tell([one for one in people(staff) if facts.person(one) is not None], reason)
    if ticket.opened_at == facts.now and _is_nobodys(ticket):
        return (*told, Tell(everyone=True, reason=reason))
    return told or tell_dispatcher(ticket, reason, facts)


def still_here(staff: Iterable[str | None], facts: Facts) -> str | None:
    """The first of these who still works here."""
    return next((one for one in people(staff) if facts.person(one) is not None), None)


def tell_departments(labels: Iterable[str], reason: str) -> Told:
    told = tuple(labels)
    return (Tell(departments=told, reason=reason),) if told else ()


def tell_of_deserted(ticket: TicketState, labels: Set[str], facts: Facts) -> Told:
    """Tell somebody of a question that nobody can answer: it would wait forever, and nobody would know."""
    gone = [label for label in sorted(labels) if deserted(label, facts)]
    return tell_dispatcher(ticket, f"nobody answers for {', '.join(gone)}", facts) if gone else ()


def newly_nobodys(before: TicketState, ticket: TicketState) -> Told:
    """Everyone, if the ticket has just become nobody's."""
    if _is_nobodys(ticket) and not _is_nobodys(before):
        return (Tell(everyone=True, reason="new"),)
    return ()


def _is_nobodys(ticket: TicketState) -> bool:
    """Whether somebody has to look at the ticket, and nobody is expected to."""
    return ticket.stage is TicketStage.TRIAGE and ticket.assignee is None and ticket.line is None
