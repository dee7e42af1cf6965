"""RT as a desk: writes go out, and each is worded so that RT cannot half mean it.

A status, an owner, a queue and labels are one PUT. RT answers it with 200 and a list of sentences, of which
some may say that a part of it was not done; so whatever is no sentence of success is an error, unless the
ticket shows what was wanted. A custom field that is not there is passed over without a word; whoever writes
reads the ticket again and compares.

A PUT has no room for a marker, and needs none: done twice, it is the same. A message and a note carry their
marker in a custom field of the transaction, and are looked for by it.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from hashlib import sha256

from baton.contract import Status
from baton.errors import DeskRefused
from baton.model.effects import CaseRef
from baton.signs import one_line
from helpdesks.outside.adapter import (
    Capability,
    Change,
    Changes,
    Finding,
    OpenCase,
    OpenCases,
    Saying,
    Shown,
)
from helpdesks.rt.checking import Check
from helpdesks.rt.client import RtClient
from helpdesks.rt.feed import Feed
from helpdesks.rt.fields import Queues
from helpdesks.rt.mapping import NOBODY, RtMapping
from helpdesks.rt.setup import set_up
from helpdesks.rt.tickets import shown
from helpdesks.rt.transactions import quoted
from helpdesks.rt.users import Users

MAPPING = RtMapping

_OPEN_AT_ONCE = 10
_DONE = re.compile(
    r"(Ticket \d+: )?"
    r"(\w+ changed from .* to .*|.* added as a value for .*|.* is no longer a value for custom field .*"
    r"|Ticket deleted|That is (already )?the (current|same) value)",
    re.DOTALL,
)
"""What RT says, in English, if it has done something, or had nothing to do."""


class RtDesk:
    """One RT, as an `Adapter`. Tickets only.

    Args:
        secret: the token or password of the mapping's login.
    """

    name = "rt"
    calls_left = None
    """RT has no limit."""

    def __init__(self, mapping: RtMapping, secret: str) -> None:
        login = mapping.login if mapping.auth == "password" else None
        self._mapping = mapping
        self._secret = secret
        self._client = RtClient(mapping.url, login, secret, mapping.ca_file)
        self._queues = Queues(self._client, mapping)
        self._users = Users(self._client)
        self._feed = Feed(self._client, mapping, self._queues, self._users)

    @property
    def capabilities(self) -> frozenset[Capability]:
        """What it can express: lines only if the mapping gives them queues."""
        lines = {Capability.LINES} if self._mapping.lines else set()
        return frozenset({Capability.UNASSIGN, Capability.LABELS, Capability.NOTES, Capability.MERGE, *lines})

    def desk_id(self, case: CaseRef) -> str | None:
        """A ticket's number in RT is its ID; a chat is nothing that RT has."""
        is_number = case.ticket_id is not None and re.fullmatch(r"[1-9][0-9]{0,17}", case.ticket_id)
        return case.ticket_id if is_number else None

    async def show(self, desk_id: str) -> Shown:
        """The ticket as RT shows it now. Raises ``DeskRefused`` if there is none that Baton may see."""
        ticket = (await self._feed.tickets.by_number([desk_id])).get(desk_id)
        if ticket is None:
            raise DeskRefused(f"RT shows Baton no ticket {desk_id}")
        if ticket.id != desk_id:
            return Shown({}, merged_into=ticket.id)
        return shown(ticket, self._mapping)

    async def change(self, desk_id: str, change: Change, key: str) -> None:
        """Change a ticket, in one call. Raises ``DeskRefused`` with what RT says if it did not do it all."""
        said = await self._client.put(f"ticket/{desk_id}", self._body(change))
        wrong = [sentence for sentence in said if not _DONE.fullmatch(sentence)]
        # It may be said in another language. What is shown is not said in any.
        if wrong and not _is_so(change, await self.show(desk_id)):
            raise DeskRefused(f"RT did not do all of it to the ticket {desk_id}: {_quoted(wrong)}")

    async def say(self, desk_id: str, saying: Saying, key: str) -> None:
        """Send a message to the customer, or write a note, with a marker. Whose it is, RT cannot say."""
        await self._queues.ready()
        way = "correspond" if saying.to_customer else "comment"
        body = {
            "Content": saying.text,
            "ContentType": "text/plain",
            "TxnCustomFields": {self._mapping.marker_field: marker_of(key)},
        }
        await self._client.post(f"ticket/{desk_id}/{way}", body)

    async def has_said(self, desk_id: str, key: str) -> bool:
        """Whether there is a message or note with this marker, also if the ticket was merged since."""
        await self._queues.ready()
        marked = f"CF.{{{self._mapping.marker_field}}} = {quoted(marker_of(key))}"
        query = f"ObjectType = 'RT::Ticket' AND {marked}"
        return bool(await self._client.page("transactions", query, "Type", per_page=1))

    async def changes(self, cursor: str | None, most: int) -> Changes:
        """What happened since ``cursor``, in order; see `Feed`."""
        return await self._feed.changes(cursor, most)

    async def open_cases(self, after: str | None) -> OpenCases:
        """A page of the tickets that are not closed, in the queues in which Baton works."""
        await self._queues.ready()
        queues = " OR ".join(f"Queue = {quoted(queue)}" for queue in self._mapping.all_queues)
        ended = " AND ".join(f"Status != {quoted(status)}" for status in self._mapping.statuses.closed)
        query = f"id > {int(after or 0)} AND ({queues}) AND {ended}"
        found = await self._feed.tickets.matching(query, _OPEN_AT_ONCE)
        cases = [
            OpenCase(
                ticket.start(ticket.id),
                ticket.id,
                shown(ticket, self._mapping),
                await self._feed.history(ticket.id),
            )
            for ticket in found
        ]
        return OpenCases(cases, found[-1].id if len(found) == _OPEN_AT_ONCE else None)

    async def check(self) -> Sequence[Finding]:
        """Whether RT has all that the mapping names, and lets Baton's login do what it must."""
        return await Check(self._client, self._mapping, self._queues, self._secret)()

    async def set_up(self, *, dry_run: bool) -> Sequence[str]:
        """What RT lacks, and what its administrator has to do: its API can make none of it usable."""
        return await set_up(self._queues, self._mapping, dry_run=dry_run)

    async def aclose(self) -> None:
        """Close the connections."""
        await self._client.aclose()

    def _body(self, change: Change) -> dict[str, object]:
        body: dict[str, object] = {}
        if "status" in change:
            body["Status"] = self._mapping.statuses.to_set(Status(change["status"]))
        if "assignee" in change:
            body["Owner"] = self._login(change["assignee"])
        if "line" in change and self._mapping.lines:
            body["Queue"] = self._queue(change["line"])
        if "labels" in change:
            labels = sorted(self._mapping.labels.get(label, label) for label in change["labels"])
            body["CustomFields"] = {self._mapping.labels_field: labels}
        return body

    def _login(self, person: str | None) -> str:
        if person is None:
            return NOBODY
        login = self._mapping.people.get(person)
        if login is None:
            raise DeskRefused(f"{person} has no login in RT: add 'people: {{{person}: …}}' to the mapping")
        return login

    def _queue(self, line: str | None) -> str:
        if line is None:
            return self._mapping.queues[0]
        queue = self._mapping.lines.get(line)
        if queue is None:
            raise DeskRefused(f"{line} has no queue in RT: add 'lines: {{{line}: …}}' to the mapping")
        return queue


def open_desk(mapping: RtMapping, secret: str) -> RtDesk:
    """The RT that a mapping names. Raises ``SettingsError`` if its ``ca_file`` cannot be used."""
    return RtDesk(mapping, secret)


def _is_so(change: Change, now: Shown) -> bool:
    """Whether a ticket shows what it was to be changed to, in all that RT can express."""
    is_now = now.is_now
    return all(is_now.get(name) == value for name, value in change.items() if name in is_now)


def marker_of(key: str) -> str:
    """The marker of what is written with this key: short, and in small letters, because RT compares these."""
    readable = re.sub(r"[^\w:.-]", "_", key, flags=re.ASCII)[:80].lower()
    return f"{readable}#{sha256(key.encode()).hexdigest()[:32]}"


def _quoted(said: Sequence[str]) -> str:
    return one_line("; ".join(said))[:500]
