"""Reads what is new in RT, and what was before: a page of transactions, then what they need to be understood.

For a page there is one call for its transactions, one for their tickets, one for the parts of its messages,
and one for the text of each message; users are asked for once.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace
from datetime import datetime

from baton.contract import Assigned, Event, LabelsChanged, Status, StatusSet
from helpdesks.outside.adapter import Change, Changes, Difference, HeardThere
from helpdesks.rt.client import PAGE, RtClient
from helpdesks.rt.cursor import Cursor
from helpdesks.rt.fields import Queues
from helpdesks.rt.inbound import Around, event_id, heard
from helpdesks.rt.mapping import ITSELF, NOBODY, RtMapping
from helpdesks.rt.texts import read_texts
from helpdesks.rt.tickets import RtTicket, Tickets, shown
from helpdesks.rt.transactions import MESSAGES, Transaction, Transactions
from helpdesks.rt.users import RtUser, Users, acting, person_of

_MOST_BEFORE = 100
"""Messages that are read of a ticket's past, beside the one that opened it."""


class Feed:
    """What people do in RT. Raises what the client raises."""

    def __init__(self, client: RtClient, mapping: RtMapping, queues: Queues, users: Users) -> None:
        self._client = client
        self._mapping = mapping
        self._queues = queues
        self._users = users
        self.tickets = Tickets(client, users, mapping)

    async def changes(self, cursor: str | None, most: int) -> Changes:
        """What is new since ``cursor``, in order; without one, nothing of before."""
        transactions = await self._transactions()
        if cursor is None:
            read = await transactions.newest(PAGE)
            return Changes((), str(Cursor.behind(_places(read), PAGE)), latest_at=_latest(read))
        at = Cursor.of(cursor)
        read, more = await self._behind(transactions, at, most)
        new = [one for one in read if one.number not in at.known]
        found = await self._heard(new, transactions)
        return Changes(found, str(at.after(_places(read))), more, _latest(read))

    async def history(self, ticket: str) -> Sequence[Event]:
        """The messages and notes of a ticket so far, in order: the first, and the latest `_MOST_BEFORE`."""
        transactions = await self._transactions()
        past = await self._messages_of(transactions, ticket, None)
        around = await self._around(past)
        return [one.event for of in past for one in heard(of, around) if one.event is not None]

    async def _transactions(self) -> Transactions:
        queues = await self._queues.ready()
        labels = dict.fromkeys(queue.labels for queue in queues if queue.labels is not None)
        return Transactions(self._client, self._mapping, tuple(labels))

    async def _behind(
        self, transactions: Transactions, at: Cursor, most: int
    ) -> tuple[Sequence[Transaction], bool]:
        """All that is read again and, of what is new, about as many as wanted; whether there is more."""
        read: list[Transaction] = []
        while True:
            page = await transactions.behind(read[-1].number if read else at.settled)
            read += page
            if len(page) < PAGE:
                return read, False
            if sum(one.number not in at.known for one in read) >= most:
                return read, True

    async def _heard(self, new: Sequence[Transaction], transactions: Transactions) -> Sequence[HeardThere]:
        around = await self._around(new)
        found: list[HeardThere] = []
        for one in new:
            arrived = self._arrives(one, around)
            if arrived:
                found += await self._before(one, transactions)
            found += heard(one, around)
            if arrived or (one.type == "Create" and not self._own(one)):
                found += await self._given(one, around, transactions)
        return found

    def _arrives(self, one: Transaction, around: Around) -> bool:
        """Whether a ticket comes from a queue in which Baton does not work."""
        return one.type == "Set" and one.field == "Queue" and one.old not in around.queues

    async def _before(self, arrival: Transaction, transactions: Transactions) -> Sequence[HeardThere]:
        past = await self._messages_of(transactions, arrival.ticket, arrival.number)
        around = await self._around(past)
        return [one for of in past for one in heard(of, around)]

    async def _messages_of(
        self, transactions: Transactions, ticket: str, before: int | None
    ) -> Sequence[Transaction]:
        found: list[Transaction] = []
        last = 0
        while page := await transactions.of_ticket(ticket, last, before):
            found += (one for one in page if one.type in MESSAGES)
            found = [*found[:1], *found[1:][-_MOST_BEFORE:]]
            last = page[-1].number
        return found

    async def _given(
        self, of: Transaction, around: Around, transactions: Transactions
    ) -> Sequence[HeardThere]:
        """What a ticket had already when it came: RT has a transaction only of what is changed later."""
        ticket = around.tickets.get(of.ticket)
        if ticket is None:
            return ()
        if not _is_plain(shown(ticket, self._mapping).is_now):
            ticket = await self._as_it_came(ticket, of, transactions)
        return _given_events(of, ticket, self._mapping)

    async def _as_it_came(self, ticket: RtTicket, of: Transaction, transactions: Transactions) -> RtTicket:
        """The ticket without what happened to it later, which is taken back, the latest first."""
        later: list[Transaction] = []
        while page := await transactions.of_ticket(of.ticket, later[-1].number if later else of.number):
            later += (one for one in page if one.type not in MESSAGES)
            if len(page) < PAGE:
                break
        around = await self._around(later)
        for one in reversed(later):
            match one.type, one.field:
                case "Status", _:
                    ticket = replace(ticket, status=one.old)
                case "Set", "Owner":
                    user = around.users.get(one.old)
                    ticket = replace(ticket, owner=NOBODY if user is None else user.login)
                case "Set", "Queue":
                    ticket = replace(ticket, queue=around.queues.get(one.old, ""))
                case "CustomField", _:
                    kept = tuple(label for label in ticket.labels if label != one.new)
                    ticket = replace(ticket, labels=(*kept, one.old) if one.old else kept)
                case _:
                    pass
        return ticket

    def _own(self, one: Transaction) -> bool:
        return one.creator.lower() == self._mapping.login.lower()

    async def _around(self, of: Sequence[Transaction]) -> Around:
        """What is needed to understand these transactions."""
        texts = [str(one.number) for one in of if one.type in MESSAGES and not self._own(one)]
        queues = await self._queues.ready()
        return Around(
            mapping=self._mapping,
            tickets=await self.tickets.by_number(one.ticket for one in of),
            users=await self._known(self._strangers(of)),
            queues={queue.number: queue.name for queue in queues},
            texts=await read_texts(self._client, texts),
        )

    def _strangers(self, of: Iterable[Transaction]) -> Iterable[str]:
        """The numbers of users of whom more must be known than the transactions say."""
        for one in of:
            if one.type == "Set" and one.field == "Owner":
                yield one.old
                yield one.new
            elif one.type == "Correspond" and not self._own(one) and self._is_unknown(one.creator):
                yield one.creator_number

    def _is_unknown(self, login: str) -> bool:
        return login != ITSELF and person_of(login, self._mapping) is None

    async def _known(self, numbers: Iterable[str]) -> dict[str, RtUser]:
        found = {number: await self._users.get(number) for number in dict.fromkeys(numbers)}
        return {number: user for number, user in found.items() if user is not None}


def _is_plain(is_now: Change) -> bool:
    """Whether this is how most tickets come: open, of nobody, in no line and without labels."""
    has_any = is_now.get("assignee") or is_now.get("line") or is_now.get("labels")
    return is_now.get("status") is Status.OPEN and not has_any


def _given_events(of: Transaction, ticket: RtTicket, mapping: RtMapping) -> Sequence[HeardThere]:
    is_now = shown(ticket, mapping).is_now
    author = acting(of.creator, of.creator_number, mapping)
    status, line, owner = is_now.get("status"), is_now.get("line"), is_now.get("assignee")
    labels = tuple(sorted(is_now.get("labels", ())))
    given: list[tuple[Event, Difference]] = []
    if line:
        event: Event = Assigned(id=event_id(of, "line"), at=of.at, author=author, line=line)
        given.append((event, Difference(line=line)))
    if owner:
        event = Assigned(id=event_id(of, "owner"), at=of.at, author=author, staff=owner)
        given.append((event, Difference(assignee=owner)))
    if labels:
        event = LabelsChanged(id=event_id(of, "labels"), at=of.at, author=author, add=labels)
        given.append((event, Difference(labels=frozenset(labels))))
    if status not in (None, Status.OPEN):
        event = StatusSet(id=event_id(of, "status"), at=of.at, author=author, status=status)
        given.append((event, Difference(status=status)))
    return [HeardThere(ticket.start(of.ticket), of.ticket, event, shows) for event, shows in given]


def _places(read: Sequence[Transaction]) -> Sequence[tuple[int, datetime]]:
    return [(one.number, one.at) for one in read]


def _latest(read: Sequence[Transaction]) -> datetime | None:
    return max((one.at for one in read), default=None)
