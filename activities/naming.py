"""Whether an event names only who and what the directory knows."""

from __future__ import annotations

from collections.abc import Iterable

from baton.contract import (
    INTERNAL_KINDS,
    Assigned,
    AuthorType,
    DepartmentDeclined,
    Event,
    LabelsChanged,
    NoteAdded,
    Presence,
    PresenceChanged,
    require_plain,
)
from baton.documents.directory import Directory, unknown_labels
from baton.errors import Refused, UnknownLabel
from baton.model.chat.state import ChatState
from baton.model.ticket.state import TicketState
from baton.wording import did_you_mean


def check_names(before: ChatState | TicketState, event: Event, directory: Directory) -> None:
    """Raise ``Refused`` for an event that names somebody or something that the directory does not know."""
    if event.kind not in INTERNAL_KINDS:
        # A signal gets here without this check: in the workflow, a replay could not judge it differently.
        require_plain(event, _words_of(before) | _words_of(directory))
    try:
        _check_known(before, event, directory)
    except Refused as refusal:
        raise type(refusal)(f"event {event.id!r}: {refusal}") from None


def _check_known(before: ChatState | TicketState, event: Event, directory: Directory) -> None:
    for staff in _staff_in(event):
        directory.require_staff(staff)
    if isinstance(event, Assigned) and event.line:
        directory.require_line(event.line)
    if isinstance(event, LabelsChanged):
        unknown = sorted(set(event.add) - directory.known_labels)
        if unknown:
            raise unknown_labels(unknown, directory.known_labels)
    if isinstance(event, NoteAdded) and event.label and isinstance(before, TicketState):
        # A department that was asked may have left the directory since, or have another label now.
        asked = (label for one in before.departments for label in (one.label, *one.formerly))
        known_labels = {*directory.known_labels, *asked}
        if event.label not in known_labels:
            raise _no_department(event.label, directory)
    if isinstance(event, DepartmentDeclined) and event.to and directory.department_of(event.to) is None:
        raise _no_department(event.to, directory)


def _words_of(known: ChatState | TicketState | Directory) -> set[str]:
    """The IDs and labels that a case or the directory already has, whatever characters they contain."""
    if isinstance(known, Directory):
        return {*known.staff, *known.lines, *known.known_labels}
    words = {value for value in known.__dict__.values() if isinstance(value, str)} | set(known.labels)
    return words | {one.label for one in known.departments} if isinstance(known, TicketState) else words


def _no_department(label: str, directory: Directory) -> UnknownLabel:
    labels = (one.label for one in directory.departments.values())
    return UnknownLabel(f"{label!r} is not the label of a department; {did_you_mean(label, labels)}")


def _staff_in(event: Event) -> Iterable[str]:
    if event.author.type is AuthorType.STAFF:
        yield event.author.id
    if isinstance(event, Assigned) and event.staff:
        yield event.staff
    # Somebody who was removed from the directory has left, and is not unknown.
    if isinstance(event, PresenceChanged) and event.presence is not Presence.OFFLINE:
        yield event.staff
