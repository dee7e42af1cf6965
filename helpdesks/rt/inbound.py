"""What people did in RT, as Baton's events: each transaction of a ticket is at most one.

    Create                      the customer's message, no matter who typed it in: it is what is wanted
    Correspond by a requestor   customer_message, also if that is one of the staff
               by one of ours   agent_message
               by other staff   system_message: RT knows them, the directory does not
               by anybody else  customer_message, such as of a colleague who was in copy
    Comment                     note_added, by one of ours or by a program; a command asks departments
    Status                      status_set, if it is another of Baton's
    Set Owner, Set Queue        assigned
    CustomField (labels)        labels_changed
    AddLink MergedInto          merged_into

**The consolidated reply that somebody sends by hand in RT** is a Correspond like any other. Only who has the
ticket's state can tell it from another message: while the reply is being written, or the last department is
asked, an ``agent_message`` of a desk is the reply, and its ``message_id`` makes it a ``reply_sent``; see
docs/tickets.md. So here it is always an ``agent_message`` with a ``message_id``.

What Baton did itself, under its own login, is no event. Nor is what RT does by itself, such as that it opens
a new ticket when somebody answers, unless that changes what the mapping makes of it: then RT is its author.

IDs are made of the transaction's number, such as ``rt:57``, so reading again gives the same events. A
customer is known by the user's number, such as ``rt-user-22``, because a login in RT may be an address.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from baton.contract import (
    AgentMessage,
    Assigned,
    Author,
    AuthorType,
    CustomerMessage,
    Event,
    LabelsChanged,
    MergedInto,
    StatusSet,
    SystemMessage,
    ticket_workflow_id,
)
from helpdesks.outside.adapter import Difference, HeardThere
from helpdesks.outside.asking import noted
from helpdesks.rt.mapping import RtMapping
from helpdesks.rt.texts import Written
from helpdesks.rt.tickets import RtTicket, status_of
from helpdesks.rt.transactions import Transaction
from helpdesks.rt.users import RtUser, acting, customer, is_nobody, person_of

_MERGED = re.compile(r"/ticket/(\d+)$")
_NOTHING = Written()


@dataclass(frozen=True)
class Around:
    """What is known besides the transactions: each by its number in RT."""

    mapping: RtMapping
    tickets: Mapping[str, RtTicket]
    users: Mapping[str, RtUser]
    queues: Mapping[str, str]
    """The names of those in which Baton works."""
    texts: Mapping[str, Written]


def heard(transaction: Transaction, around: Around) -> Sequence[HeardThere]:
    """What somebody did: one thing, or two if a comment asks departments and says something besides."""
    ticket = around.tickets.get(transaction.ticket)
    read = _READERS.get(transaction.type)
    if ticket is None or read is None:
        return ()
    found = read(transaction, ticket, around)
    start = ticket.start(transaction.ticket)
    if transaction.creator.lower() == around.mapping.login.lower():
        shown = [one.shows for one in found if one.shows]
        return [HeardThere(start, transaction.ticket, None, shows, own=True) for shows in shown[:1]]
    return [HeardThere(start, transaction.ticket, one.event, one.shows) for one in found]


@dataclass(frozen=True)
class _Read:
    event: Event | None
    shows: Difference


def _one(event: Event | None, shows: Difference | None = None) -> list[_Read]:
    return [_Read(event, shows or Difference())]


def _create(of: Transaction, ticket: RtTicket, around: Around) -> list[_Read]:
    asked = of.creator_number in ticket.requestors or not ticket.requestors
    whose = of.creator_number if asked else ticket.requestors[0]
    if not ticket.requestors and person_of(of.creator, around.mapping) is not None:
        author = Author(type=AuthorType.CUSTOMER, id=ticket.start(of.ticket).customer)
    else:
        author = customer(whose)
    return _one(CustomerMessage(**_message(of, author, around)))


def _correspond(of: Transaction, ticket: RtTicket, around: Around) -> list[_Read]:
    user = around.users.get(of.creator_number)
    who = acting(of.creator, of.creator_number, around.mapping)
    if of.creator_number in ticket.requestors:
        return _one(CustomerMessage(**_message(of, customer(of.creator_number), around)))
    if who.type is AuthorType.STAFF:
        return _one(AgentMessage(**_message(of, who, around)))
    if user is not None and user.privileged:
        return _one(SystemMessage(**_message(of, who, around)))
    return _one(CustomerMessage(**_message(of, customer(of.creator_number), around)))


def _message(of: Transaction, author: Author, around: Around) -> dict[str, Any]:
    written = around.texts.get(str(of.number), _NOTHING)
    fields: dict[str, Any] = {"id": event_id(of), "at": of.at, "author": author, "message_id": event_id(of)}
    if written.text.strip():  # a message that is reported without its text may have one that is not text
        fields["text"] = written.text
    return {**fields, "attachments": written.files}


def _comment(of: Transaction, ticket: RtTicket, around: Around) -> list[_Read]:
    text = around.texts.get(str(of.number), _NOTHING).text
    said = {"id": event_id(of), "at": of.at, "author": _acting(of, around)}
    found = noted(text, ticket.start(of.ticket), around.mapping, said, event_id(of, "text"))
    return [read for one in found for read in _one(one.event)]


def _status(of: Transaction, ticket: RtTicket, around: Around) -> list[_Read]:
    before, after = status_of(of.old, around.mapping), status_of(of.new, around.mapping)
    if after is None or after is before:
        return []
    event = StatusSet(id=event_id(of), at=of.at, author=_acting(of, around), status=after)
    return _one(event, Difference(status=after))


def _set(of: Transaction, ticket: RtTicket, around: Around) -> list[_Read]:
    return _owner(of, around) if of.field == "Owner" else _queue(of, around)


def _owner(of: Transaction, around: Around) -> list[_Read]:
    user = around.users.get(of.new)
    person = None if user is None else person_of(user.login, around.mapping)
    shows = Difference(assignee=person)
    if person is None and (user is None or not is_nobody(user.login)):
        return _one(None, shows)  # somebody whom Baton does not know has it: no move of Baton's
    return _one(Assigned(id=event_id(of), at=of.at, author=_acting(of, around), staff=person), shows)


def _queue(of: Transaction, around: Around) -> list[_Read]:
    if not around.mapping.lines:
        return []
    line = around.mapping.lines_there.get(around.queues.get(of.new, ""))
    shows = Difference(line=line)
    if line is None:
        return _one(None, shows)
    return _one(Assigned(id=event_id(of), at=of.at, author=_acting(of, around), line=line), shows)


def _labels(of: Transaction, ticket: RtTicket, around: Around) -> list[_Read]:
    added = tuple(around.mapping.label_of(label) for label in (of.new,) if label)
    removed = tuple(around.mapping.label_of(label) for label in (of.old,) if label)
    event = LabelsChanged(id=event_id(of), at=of.at, author=_acting(of, around), add=added, remove=removed)
    return _one(event, Difference(labels_added=frozenset(added), labels_removed=frozenset(removed)))


def _link(of: Transaction, ticket: RtTicket, around: Around) -> list[_Read]:
    found = _MERGED.search(of.new)
    if found is None or found[1] == of.ticket:  # the other ticket has a transaction of the merger, too
        return []
    case = ticket_workflow_id(found[1])
    return _one(MergedInto(id=event_id(of), at=of.at, author=_acting(of, around), case=case))


def _acting(of: Transaction, around: Around) -> Author:
    return acting(of.creator, of.creator_number, around.mapping)


def event_id(of: Transaction, part: str = "") -> str:
    """The ID of the event that a transaction, or a part of it, is."""
    return f"rt:{of.number}:{part}" if part else f"rt:{of.number}"


_READERS: Mapping[str, Callable[[Transaction, RtTicket, Around], list[_Read]]] = {
    "Create": _create,
    "Correspond": _correspond,
    "Comment": _comment,
    "Status": _status,
    "Set": _set,
    "CustomField": _labels,
    "AddLink": _link,
}
