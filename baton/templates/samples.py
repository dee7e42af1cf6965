"""Invented tickets: each text is tried with them before it is accepted, and shown with them to its author."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import UTC, datetime, timedelta

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
    """With and without due times, for all of the departments and for one of them."""
    yield example(template, directory)
    soon = NOW + timedelta(hours=4)
    for due in ((soon,) * len(template.departments), (soon,), ()):
        cards = tuple(
            DepartmentCard.of(key, directory, due[position] if position < len(due) else None)
            for position, key in enumerate(template.departments)
        )
        yield AskContext(ticket=TICKET, dispatcher=DISPATCHER, departments=cards, now=NOW)
        yield AskContext(ticket=WITHOUT_SUBJECT, dispatcher=DISPATCHER, departments=cards[:1], now=NOW)


def answered(departments: Sequence[str], directory: Directory | None) -> Iterator[DraftContext]:
    """All have answered, one for two departments; one has; nobody has; with and without a composer."""
    cards = [DepartmentCard.of(key, directory) for key in departments]
    names = [DepartmentName(label=card.label, name=card.name) for card in cards]
    answers = [_answer(names[:2], 0), *(_answer([name], 1) for name in names[2:])]
    yield DraftContext(ticket=TICKET, composer=SOMEBODY[0], answers=tuple(answers))
    one = (_answer(names[:1], 0),)
    missing = tuple(name.name for name in names)
    yield DraftContext(ticket=WITHOUT_SUBJECT, composer=None, answers=one, missing=missing[1:])
    yield DraftContext(ticket=TICKET, composer=None, answers=(), missing=missing)
    yield DraftContext(ticket=TICKET, composer=SOMEBODY[0], answers=())


def _answer(names: Sequence[DepartmentName], by: int) -> Answer:
    who = SOMEBODY[by]
    text = f"What {' and '.join(map(str, names))} can say about it."
    return Answer(departments=tuple(names), author=who.id, author_name=who.name, text=text, at=NOW)
