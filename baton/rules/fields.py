"""The fields that a rule can ask about: what each is called, what is in it, and how it is read.

Some fields belong to chats, some to tickets, most to both; a rule tests those that all its cases have.
One table. The language is made from it, the index reads through it, and what is not in it exists only for
lines, calendars and people by name (`baton.rules.namedfields`).
"""

from __future__ import annotations

from collections.abc import Mapping

from baton.rules.casefields import CASE_TYPE, of_case
from baton.rules.eventfields import of_event, of_ticket_event
from baton.rules.field import Field
from baton.rules.namedfields import named_field
from baton.rules.previousfields import of_previous

FIELDS: Mapping[str, Field] = {
    field.name: field
    for field in (
        CASE_TYPE,
        *of_case("case", ""),
        *of_event(),
        *of_ticket_event(),
        *of_case("before", ", before the event"),
        *of_previous(),
    )
}
"""The fields that every rule file knows."""


def field_named(name: str) -> Field:
    """A field, also one of a line, a calendar or a person by name. Raises ``KeyError`` if there is none."""
    found = FIELDS.get(name) or named_field(name)
    if found is None:
        raise KeyError(name)
    return found
