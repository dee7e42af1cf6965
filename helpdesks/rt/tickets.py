"""A ticket as RT shows it, read into Baton's words."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from baton.contract import Status, TicketStart
from helpdesks.outside.adapter import Change, Shown
from helpdesks.outside.http import NoSuch, Refused
from helpdesks.rt.client import PAGE, Json, RtClient
from helpdesks.rt.mapping import RtMapping
from helpdesks.rt.users import Users, is_nobody, opaque, person_of

_FIELDS = "Subject,Status,Queue,Owner,Requestor,CustomFields"
_NAMES = {"fields[Queue]": "Name", "fields[Owner]": "Name"}
_LONGEST_SUBJECT = 1000


@dataclass(frozen=True)
class RtTicket:
    """What Baton reads of a ticket, in RT's words."""

    id: str
    """Its number. Another than the one asked for if that ticket was merged into this."""
    subject: str
    status: str
    queue: str
    owner: str
    requestors: tuple[str, ...]
    """The numbers of the users who asked: their logins may be addresses."""
    labels: tuple[str, ...]

    def start(self, desk_id: str) -> TicketStart:
        """The case that Baton has of it."""
        customer = opaque(self.requestors[0]) if self.requestors else f"rt-ticket-{desk_id}"
        return TicketStart(ticket_id=desk_id, customer=customer, subject=self.subject[:_LONGEST_SUBJECT])


class Tickets:
    """RT's tickets. Raises what the client raises."""

    def __init__(self, client: RtClient, users: Users, mapping: RtMapping) -> None:
        self._client = client
        self._users = users
        self._mapping = mapping

    async def by_number(self, numbers: Iterable[str]) -> dict[str, RtTicket]:
        """By the number asked for: the tickets that Baton may see, `PAGE` of them with one call.

        A search finds neither merged nor deleted tickets: each of these costs a call of its own.
        """
        found: dict[str, RtTicket] = {}
        asked = list(dict.fromkeys(numbers))
        for first in range(0, len(asked), PAGE):
            some = asked[first : first + PAGE]
            for ticket in await self.matching(" OR ".join(f"id = {number}" for number in some)):
                found[ticket.id] = ticket
            for number in some:
                if number not in found and (alone := await self._alone(number)) is not None:
                    found[number] = alone
        return found

    async def matching(self, query: str, most: int = PAGE) -> Sequence[RtTicket]:
        """The first tickets that match, lowest number first."""
        fields: dict[str, str | int] = {**_NAMES, "fields[Requestor]": "id", "per_page": most}
        return [self._read(row) for row in await self._client.page("tickets", query, _FIELDS, **fields)]

    async def _alone(self, number: str) -> RtTicket | None:
        try:
            row = await self._client.get(f"ticket/{number}", **_NAMES)
        except (NoSuch, Refused):
            return None
        # This way RT gives no numbers of requestors.
        users = [await self._users.get(str(one["id"])) for one in row.get("Requestor") or ()]
        return self._read({**row, "Requestor": [{"id": user.id} for user in users if user is not None]})

    def _read(self, row: Json) -> RtTicket:
        fields: dict[str, Any] = {one["name"]: one["values"] for one in row.get("CustomFields") or ()}
        return RtTicket(
            id=str(row["id"]),
            subject=str(row.get("Subject") or ""),
            status=str(row["Status"]),
            queue=str(row["Queue"]["Name"]),
            owner=str(row["Owner"]["Name"]),
            requestors=tuple(str(one["id"]) for one in row.get("Requestor") or ()),
            labels=tuple(map(str, fields.get(self._mapping.labels_field, ()))),
        )


def shown(ticket: RtTicket, mapping: RtMapping) -> Shown:
    """What a ticket shows, in Baton's words. A status that the mapping does not name is left out."""
    is_now, foreign = Change(), {}
    status = status_of(ticket.status, mapping)
    if status is None:
        foreign["status"] = ticket.status
    else:
        is_now["status"] = status
    is_now["assignee"] = person_of(ticket.owner, mapping)
    if is_now["assignee"] is None and not is_nobody(ticket.owner):
        foreign["assignee"] = ticket.owner
    if mapping.lines:
        is_now["line"] = mapping.lines_there.get(ticket.queue)
    if ticket.queue not in mapping.all_queues:
        foreign["line"] = ticket.queue
    is_now["labels"] = frozenset(mapping.label_of(label) for label in ticket.labels)
    return Shown(is_now, foreign)


def status_of(status: str, mapping: RtMapping) -> Status | None:
    """Baton's status; None if the mapping does not name RT's."""
    return mapping.statuses.there.get(status.lower())
