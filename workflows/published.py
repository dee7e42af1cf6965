"""What operations see of a case: its details in the Temporal UI, and the search attributes that find it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from temporalio import workflow
from temporalio.common import SearchAttributeUpdate

from baton.contract import SEARCH_ATTRIBUTES
from baton.temporal.searchattributes import key_of, searchable


class SearchAttributes:
    """The search attributes of a case. Each change is an action that costs, so only a change is sent."""

    def __init__(self) -> None:
        self._published: dict[str, Any] | None = None

    def publish(self, attributes: Mapping[str, Any]) -> None:
        """Set them to what they should be; ``None`` and empty lists are unset."""
        wanted = {name: searchable(value) for name, value in attributes.items() if value}
        if self._published is None:
            self._published = _present()
        names = sorted(wanted.keys() | self._published.keys())
        changes = [
            _update(name, wanted.get(name)) for name in names if wanted.get(name) != self._published.get(name)
        ]
        if changes:
            workflow.upsert_search_attributes(changes)
            self._published = wanted


def show(details: str) -> None:
    """Show the case in the Temporal UI. The details are kept in memory, and cost nothing."""
    workflow.set_current_details(details)


def _present() -> dict[str, Any]:
    """What the start or the previous run has already set."""
    present = workflow.info().typed_search_attributes
    values = {name: present.get(key_of(name)) for name in SEARCH_ATTRIBUTES}
    return {name: value for name, value in values.items() if value}


def _update(name: str, value: Any) -> SearchAttributeUpdate[Any]:
    key = key_of(name)
    return key.value_unset() if value is None else key.value_set(value)
