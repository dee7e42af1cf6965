"""The fields of events."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from operator import attrgetter
from typing import Any

from baton.contract import (
    MESSAGE_KINDS,
    AuthorType,
    DepartmentState,
    Status,
)
from baton.model.ticket.state import TicketState
from baton.rules.field import Field, Sort, author_id, of_person
from baton.rules.scene import CHANGING_KINDS, TICKETS, Scene


def _in_event(name: str) -> Callable[[Scene], Any]:
    """Read a field that not every kind of event has, without asking pydantic for a missing one."""
    return lambda scene: scene.event.__dict__.get(name)


def of_event() -> Iterator[Field]:
    def author(scene: Scene) -> str | None:
        return author_id(scene.event.author)

    def staff_author(scene: Scene) -> str | None:
        who = scene.event.author
        return who.id if who.type is AuthorType.STAFF else None

    yield Field(
        "event.kind", Sort.CHOICE, "What happened.", attrgetter("event.kind"), tuple(sorted(CHANGING_KINDS))
    )
    yield Field("event.author", Sort.STAFF, "The member of staff who did it.", author)
    yield Field(
        "event.author.type",
        Sort.CHOICE,
        "Whether customer, staff or system did it.",
        attrgetter("event.author.type"),
        tuple(AuthorType),
    )
    yield from of_person("event.author", "the member of staff who did it", staff_author)
    yield Field(
        "event.text",
        Sort.TEXT,
        "The text of a message, a note or a reply.",
        lambda scene: scene.event.__dict__.get("text") or None,
        kinds=MESSAGE_KINDS | {"note_added", "send_reply", "reply_sent"},
    )
    yield Field(
        "event.status",
        Sort.CHOICE,
        "The status that was set, also while ending, or with a reply.",
        _in_event("status"),
        tuple(Status),
        kinds=frozenset({"status_set", "chat_ended", "send_reply"}),
    )
    assigned = frozenset({"assigned"})
    yield Field(
        "event.staff",
        Sort.STAFF,
        "To whom the case was transferred by hand.",
        _in_event("staff"),
        kinds=assigned,
    )
    yield Field(
        "event.line",
        Sort.LINE,
        "To which line it was transferred by hand.",
        _in_event("line"),
        kinds=assigned,
    )
    labelled = frozenset({"labels_changed"})
    yield Field(
        "event.added_labels",
        Sort.LABEL,
        "The labels that this event has put on the case.",
        lambda scene: _beyond(scene, scene.folded.labels, scene.before.labels),
        kinds=labelled,
    )
    yield Field(
        "event.removed_labels",
        Sort.LABEL,
        "The labels that this event has taken off the case.",
        lambda scene: _beyond(scene, scene.before.labels, scene.folded.labels),
        kinds=labelled,
    )


def of_ticket_event() -> Iterator[Field]:
    """The fields that only events of tickets have."""
    yield Field(
        "event.answered_labels",
        Sort.LABEL,
        "The labels of the departments that have answered by this very event.",
        _answered,
        kinds=_ANSWERING,
        of=TICKETS,
        of_departments=True,
    )
    yield Field(
        "event.label",
        Sort.LABEL,
        "The label of the department that the event is about.",
        _label("label"),
        kinds=frozenset(
            {"department_declined", "department_asked_again", "note_added", "reminder_due", "department_due"}
        ),
        of=TICKETS,
        of_departments=True,
    )
    yield Field(
        "event.to",
        Sort.LABEL,
        "The label of the department to which another has declined.",
        _label("to"),
        kinds=frozenset({"department_declined"}),
        of=TICKETS,
        of_departments=True,
    )
    yield Field(
        "event.template",
        Sort.TEXT,
        "The template that was applied.",
        _in_event("template"),
        kinds=frozenset({"template_applied"}),
        of=TICKETS,
    )
    yield Field(
        "event.forced",
        Sort.FLAG,
        "Whether a status or a reply was forced, over departments that are asked.",
        _in_event("force"),
        kinds=frozenset({"status_set", "send_reply"}),
        of=TICKETS,
    )


_ANSWERING = frozenset({"note_added", "send_reply", "reply_sent"})
"""Kinds by which a department can answer. Source: section 4 of the design."""


def _answered(scene: Scene) -> tuple[str, ...]:
    """The departments that had not answered before the event, and have now."""
    before, now = scene.before, scene.folded
    if not (isinstance(before, TicketState) and isinstance(now, TicketState)):
        return ()
    if scene.event.kind not in _ANSWERING:  # no other event has the field, whatever the states are
        return ()
    earlier = {one.label for one in before.departments if one.state is DepartmentState.ANSWERED}
    return tuple(
        one.label
        for one in now.departments
        if one.state is DepartmentState.ANSWERED and one.label not in earlier
    )


def _beyond(scene: Scene, labels: tuple[str, ...], others: tuple[str, ...]) -> tuple[str, ...]:
    """The labels that only the first have. No other event has the fields, whatever the states are."""
    if scene.event.kind != "labels_changed":
        return ()
    return tuple(label for label in labels if label not in others)


def _label(name: str) -> Callable[[Scene], tuple[str, ...]]:
    """A single label, read like all labels: as any number of them."""

    def read(scene: Scene) -> tuple[str, ...]:
        label = scene.event.__dict__.get(name)
        return (label,) if label else ()

    return read
