"""Invented tickets: each text is tried with them before it is accepted, and shown with them to its author."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import UTC, datetime, timedelta
from itertools import product

from baton.documents.directory import Directory
from baton.templates.context import (
    Answer,
    AskContext,
    DepartmentCard,
    DepartmentName,
    DraftContext,
    PersonCard,
    TicketCard,
)
from baton.templates.language import Template

NOW = datetime(2026, 12, 7, 10, 0, tzinfo=UTC)
"""A Monday."""
TICKET = TicketCard(id="4711", customer="c-7", subject="Questions about my order")
WITHOUT_SUBJECT = TicketCard(id="4711", customer="c-7")
DISPATCHER = PersonCard(id="anna", name="Anna")
SOMEBODY = (PersonCard(id="boris", name="Boris"), PersonCard(id="clara", name="Clara"))


def example(template: Template, directory: Directory | None) -> AskContext:
    """The template applied to a ticket on which no department has been asked yet.

    The due times are those of the template, as if every hour were one of business time.
    """
    cards = (
        DepartmentCard.of(
            key,
            directory,
            NOW + timedelta(hours=template.due[key].answer_within) if key in template.due else None,
        )
        for key in template.departments
    )
    return AskContext(ticket=TICKET, dispatcher=DISPATCHER, departments=tuple(cards), now=NOW)


def asked(template: Template, directory: Directory | None) -> Iterator[AskContext]:
    """The example, and every combination of what may be missing: subject, due times, other departments."""
    yield example(template, directory)
    soon = NOW + timedelta(hours=4)
    every = len(template.departments)
    for due in ({*range(every)}, {0}, {*range(1, every)}, set[int]()):
        cards = tuple(
            DepartmentCard.of(key, directory, soon if position in due else None)
            for position, key in enumerate(template.departments)
        )
        for ticket, here in product((TICKET, WITHOUT_SUBJECT), (cards, cards[:1])):
            yield AskContext(ticket=ticket, dispatcher=DISPATCHER, departments=here, now=NOW)


def answered(departments: Sequence[str], directory: Directory | None) -> Iterator[DraftContext]:
    """Every combination of what may be missing: subject, composer, some answers or all.

    All have answered, one of them for two departments; one has, and others have not; nobody has.
    """
    cards = [DepartmentCard.of(key, directory) for key in departments]
    names = [DepartmentName(label=card.label, name=card.name) for card in cards]
    missing = tuple(name.name for name in names)
    everything = (_answer(names[:2], 0), *(_answer([name], 1) for name in names[2:]))
    one = (_answer(names[:1], 0),)
    rounds = ((everything, ()), (one, missing[1:]), ((), missing), ((), ()))
    for ticket, composer, (answers, still) in product((TICKET, WITHOUT_SUBJECT), (SOMEBODY[0], None), rounds):
        yield DraftContext(ticket=ticket, composer=composer, answers=answers, missing=still)


def _answer(names: Sequence[DepartmentName], by: int) -> Answer:
    who = SOMEBODY[by]
    text = f"What {' and '.join(map(str, names))} can say about it."
    return Answer(departments=tuple(names), author=who.id, author_name=who.name, text=text, at=NOW)
