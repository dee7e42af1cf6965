"""A ticket knows its departments by their keys, and follows when one of them gets another label.

Labels are what people see, name and filter by. So whatever happens next, the ticket first takes over the
labels that the directory has by now. An event may still name a label of before.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TypeVar

from baton.contract import BaseEvent, Department, DirectoryChanged
from baton.model.facts import AskedOf
from baton.model.labels import in_other_words
from baton.model.ticket.state import DraftSources, TicketState

EventT = TypeVar("EventT", bound=BaseEvent)

_NAMING = ("label", "to")
"""The fields of events that name one department."""


def key_of(department: Department, departments: Mapping[str, AskedOf], event: BaseEvent) -> str | None:
    """The key of a department; in a state without keys it is found by its label. None if it is gone."""
    former = event.former_labels if isinstance(event, DirectoryChanged) else {}
    known = departments.get(department.label)
    return department.key or former.get(department.label) or (known.key if known else None)


def relabelled(ticket: TicketState, departments: Mapping[str, AskedOf], event: BaseEvent) -> TicketState:
    """The ticket with keys, and with the labels that its departments have now."""
    keys = {one.label: key_of(one, departments, event) for one in ticket.departments}
    new = renames(ticket, departments, event)
    if not new and all(one.key == keys[one.label] for one in ticket.departments):
        return ticket
    return ticket.model_copy(
        update={
            "departments": tuple(_renamed(one, keys[one.label], new) for one in ticket.departments),
            "labels": in_other_words(ticket.labels, new),
            "sources": _of_the_same(ticket.sources, new),
        }
    )


def renames(ticket: TicketState, departments: Mapping[str, AskedOf], event: BaseEvent) -> Mapping[str, str]:
    """The present label of each department that has another one in the ticket.

    A department that is gone keeps its label, unless the directory has given it to another one.
    """
    present = {asked.key: label for label, asked in departments.items()}
    new = {}
    for one in ticket.departments:
        key = key_of(one, departments, event)
        label = present.get(key) if key is not None else None
        if label is None:
            label = f"{one.label} ({key})" if key is not None and one.label in departments else one.label
        if label != one.label:
            new[one.label] = label
    return new


def in_present_words(ticket: TicketState, event: EventT) -> EventT:
    """The event, with a department's present label where it names a former one."""
    present = {one.label for one in ticket.departments}
    now = {old: one.label for one in ticket.departments for old in one.formerly if old not in present}
    if not now:
        return event
    named = {name: getattr(event, name, None) for name in _NAMING}
    update: dict[str, object] = {name: now[old] for name, old in named.items() if old in now}
    removed: tuple[str, ...] = getattr(event, "remove", ())
    if any(label in now for label in removed):
        update["remove"] = tuple(now.get(label, label) for label in removed)
    return event.model_copy(update=update) if update else event


def _renamed(one: Department, key: str | None, new: Mapping[str, str]) -> Department:
    label = new.get(one.label, one.label)
    formerly = (*(old for old in one.formerly if old != label), *([one.label] if label != one.label else []))
    other = one.declined_to
    return one.model_copy(
        update={
            "key": key,
            "label": label,
            "formerly": tuple(dict.fromkeys(formerly)),
            "declined_to": new.get(other, other) if other else other,
        }
    )


def _of_the_same(sources: DraftSources, new: Mapping[str, str]) -> DraftSources:
    """The sources of the draft: a department without a name was called by its label, and still is."""
    called = {label: sources.departments.get(old, old) for old, label in new.items()}
    return sources.model_copy(
        update={
            "departments": {
                **{label: name for label, name in sources.departments.items() if label not in new},
                **{label: name for label, name in called.items() if name != label},
            },
            "zones": {new.get(label, label): zone for label, zone in sources.zones.items()},
        }
    )
