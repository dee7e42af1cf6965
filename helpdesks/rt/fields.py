"""What Baton needs to know of RT's queues and custom fields before it can read or write: asked for once."""

from __future__ import annotations

from dataclasses import dataclass
from urllib.parse import quote

from baton.errors import HelpDeskUnavailable
from helpdesks.outside.http import NoSuch, Refused
from helpdesks.rt.client import Json, RtClient
from helpdesks.rt.mapping import RtMapping

TO_DO = "`baton desk setup rt` says how to make it"


@dataclass(frozen=True)
class Queue:
    """A queue of RT in which Baton works."""

    number: str
    name: str
    labels: str | None
    """The number of the custom field with the labels of its tickets, if it has one."""
    marker: str | None
    """The number of the custom field with the markers of its transactions, if it has one."""


class Queues:
    """The queues of the mapping. Raises what the client raises."""

    def __init__(self, client: RtClient, mapping: RtMapping) -> None:
        self._client = client
        self._mapping = mapping
        self._ready: tuple[Queue, ...] | None = None

    async def ready(self) -> tuple[Queue, ...]:
        """All of them, with all that Baton needs there.

        Raises ``HelpDeskUnavailable`` if something is missing: without a marker, a message could go out
        twice.
        """
        if self._ready is None:
            found = [await self.read(name) for name in self._mapping.all_queues]
            for queue, name in zip(found, self._mapping.all_queues, strict=True):
                if queue is None:
                    raise HelpDeskUnavailable(f"RT shows Baton no queue {name!r}: {TO_DO}")
                for field, number in self.fields_of(queue).items():
                    if number is None:
                        raise HelpDeskUnavailable(
                            f"RT's queue {name!r} has no custom field {field!r}: {TO_DO}"
                        )
            self._ready = tuple(queue for queue in found if queue is not None)
        return self._ready

    async def read(self, name: str) -> Queue | None:
        """A queue as it is now; None if there is none of this name that Baton may see."""
        try:
            row = await self._client.get(f"queue/{quote(name, safe='')}")
        except (NoSuch, Refused):
            return None
        labels, marker = self._mapping.labels_field, self._mapping.marker_field
        return Queue(
            str(row["id"]),
            str(row.get("Name") or name),
            _numbered(row, "TicketCustomFields", labels),
            _numbered(row, "TicketTransactionCustomFields", marker),
        )

    def fields_of(self, queue: Queue) -> dict[str, str | None]:
        """By the name of each custom field that Baton needs: its number in a queue."""
        return {self._mapping.labels_field: queue.labels, self._mapping.marker_field: queue.marker}


def _numbered(row: Json, kind: str, name: str) -> str | None:
    return next((str(field["id"]) for field in row.get(kind) or () if field["name"] == name), None)
