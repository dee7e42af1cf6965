"""The draft of a consolidated reply, rendered from the ticket alone whenever somebody wants to read it.

A draft contains every note, so it is not kept anywhere: not in a decision, not in the state. The state has
its sources (`baton.model.ticket.state.DraftSources`) and the notes.
"""

from __future__ import annotations

import logging
from collections.abc import Iterator, Mapping
from datetime import UTC, tzinfo
from typing import Any
from zoneinfo import ZoneInfo

from baton.model.ticket.state import DraftSources, TicketState
from baton.templates.context import (
    DRAFT_NAMES,
    Answer,
    DepartmentName,
    DraftContext,
    PersonCard,
    TicketCard,
)
from baton.templates.fault import Fault
from baton.templates.rendering import rendered

MAX_DRAFT_LENGTH = 200_000
"""Longest draft, in characters. It is part of a payload, which may have 2 MB."""
CUT = "\n\n[The draft is cut off here. The rest is in the notes of the ticket.]"

BUILT_IN_DRAFT = """\
{% for answer in answers %}
{{ answer.departments | join(", ") }} ({{ answer.author_name }}):
{{ answer.text }}

{% else %}
No department has answered.

{% endfor %}
{% if missing %}
[No answer yet: {{ missing | join(", ") }}]
{% endif %}
"""
"""The draft if neither the template nor the file has one. For the composer, who reads it before sending."""

_log = logging.getLogger("baton.templates")


def drafted(ticket: TicketState) -> str:
    """The draft for the ticket as it is now; empty while there is nothing to draft."""
    if not ticket.draft.round:
        return ""
    named = ticket.sources
    context = DraftContext(
        ticket=TicketCard(id=ticket.ticket_id, customer=ticket.customer, subject=ticket.subject),
        composer=_person(ticket.composer, named) if ticket.composer else None,
        answers=tuple(_answers(ticket)),
        missing=tuple(named.departments.get(label, label) for label in ticket.waiting),
    )
    return draft_text(named.template or "", context, f"ticket {ticket.ticket_id}")


def draft_text(source: str, context: DraftContext, whose: str) -> str:
    """What the composer begins with: rendered from a template's text, or if that is empty, the built-in one.

    Never fails, so that a composer always has a draft: one that cannot be rendered or says nothing is
    replaced by the built-in one, with an error in the log, and one that is too long is cut.

    Args:
        whose: names the text in the log.
    """
    values = draft_values(context)
    if source:
        try:
            if text := rendered(source, values, MAX_DRAFT_LENGTH, CUT):
                return text
            _log.error("The draft of %s says nothing; the built-in one is used.", whose)
        except Fault as fault:
            _log.error("The draft of %s failed, and the built-in one is used: %s", whose, fault)
    return rendered(BUILT_IN_DRAFT, values, MAX_DRAFT_LENGTH, CUT)


def draft_values(context: DraftContext) -> Mapping[str, Any]:
    """What a draft sees."""
    return {name: getattr(context, name) for name in DRAFT_NAMES}


def _answers(ticket: TicketState) -> Iterator[Answer]:
    """Every note that no reply has covered yet, in the order of the departments, each once."""
    found: dict[str, Answer] = {}
    for department in ticket.departments:
        label = department.label
        name = DepartmentName(label=label, name=ticket.sources.departments.get(label, label))
        zone: tzinfo = ZoneInfo(ticket.sources.zones[label]) if label in ticket.sources.zones else UTC
        for note in department.notes:
            if note.round <= ticket.replied_round:
                continue
            earlier = found.get(note.event_id)
            found[note.event_id] = Answer(
                departments=(*(earlier.departments if earlier else ()), name),
                author=note.author.id,
                author_name=_person(note.author.id, ticket.sources).name,
                text=note.text,
                at=note.at.astimezone(zone),
            )
    yield from found.values()


def _person(staff: str, named: DraftSources) -> PersonCard:
    return PersonCard(id=staff, name=named.people.get(staff, staff))
