"""RT's transactions, as they are read: which kinds, of which tickets, and whose."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from helpdesks.rt.client import Json, RtClient
from helpdesks.rt.mapping import RtMapping

_FIELDS = "Type,Field,OldValue,NewValue,Creator,Created,ObjectId"
_CREATOR = {"fields[Creator]": "id,Name"}
MESSAGES = ("Create", "Correspond", "Comment")
"""Transactions with a text."""


@dataclass(frozen=True)
class Transaction:
    """One thing that happened to a ticket."""

    number: int
    ticket: str
    """The number that the ticket had then, also if it was merged into another since."""
    type: str
    field: str
    """What was changed; a custom field by its number."""
    old: str
    new: str
    creator: str
    """The login of whoever did it, and in `creator_number` the number."""
    creator_number: str
    at: datetime


class Transactions:
    """Reads transactions of the queues in which Baton works. Raises what the client raises."""

    def __init__(self, client: RtClient, mapping: RtMapping, labels_fields: Sequence[str]) -> None:
        self._client = client
        queues = " OR ".join(f"TicketQueue = {quoted(queue)}" for queue in mapping.all_queues)
        # Whatever else there is would only fill pages, such as a record of each mail.
        kinds = " OR ".join(
            (
                *(f"Type = '{kind}'" for kind in (*MESSAGES, "Status")),
                "(Type = 'Set' AND (Field = 'Owner' OR Field = 'Queue'))",
                *(f"(Type = 'CustomField' AND Field = {quoted(field)})" for field in labels_fields),
                "(Type = 'AddLink' AND Field = 'MergedInto')",
            )
        )
        # RT looks for what Baton may see before it makes a page only if the search is for tickets.
        self._ours = f"ObjectType = 'RT::Ticket' AND ({queues}) AND ({kinds})"

    async def behind(self, number: int) -> Sequence[Transaction]:
        """A page of those with a higher number, in order."""
        return await self._page(f"id > {number} AND {self._ours}")

    async def newest(self, most: int) -> Sequence[Transaction]:
        """The last ones, in order."""
        found = await self._page(f"id > 0 AND {self._ours}", order="DESC", per_page=most)
        return found[::-1]

    async def of_ticket(self, ticket: str, behind: int, before: int | None = None) -> Sequence[Transaction]:
        """A page of those of one ticket with a number above ``behind``, and below ``before``."""
        until = "" if before is None else f" AND id < {before}"
        return await self._page(f"id > {behind}{until} AND ObjectId = {ticket} AND {self._ours}")

    async def _page(self, query: str, **more: str | int) -> Sequence[Transaction]:
        rows = await self._client.page("transactions", query, _FIELDS, **{**_CREATOR, **more})
        return [_read(row) for row in rows]


def quoted(text: str) -> str:
    """A text as a query of RT has it."""
    return "'" + text.replace("\\", "\\\\").replace("'", "\\'") + "'"


def _read(row: Json) -> Transaction:
    return Transaction(
        number=int(row["id"]),
        ticket=str(row["ObjectId"]),
        type=str(row["Type"]),
        field=str(row.get("Field") or ""),
        old=str(row.get("OldValue") or ""),
        new=str(row.get("NewValue") or ""),
        creator=str(row["Creator"]["Name"]),
        creator_number=str(row["Creator"]["id"]),
        at=datetime.fromisoformat(str(row["Created"]).replace("Z", "+00:00")),
    )
